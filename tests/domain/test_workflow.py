"""The engine: what a table must be to be a workflow, and what is read off it."""

from enum import StrEnum
from uuid import uuid4

import pytest

from app.domain.actors import Actor, Role
from app.domain.diagrams import as_markdown, as_mermaid
from app.domain.facts import Fact
from app.domain.regions import Region
from app.domain.workflow import Ground, GroundsMissing, Transition, Workflow


class Light(StrEnum):
    GREEN = "green"
    RED = "red"


class Turn(StrEnum):
    SET_UP = "set_up"
    STOP = "stop"


AUDITOR, HEAD = frozenset({Role.AUDITOR}), frozenset({Role.VILLAGE_HEAD})
G, D, T = Light.GREEN, Light.RED, Turn


def lights(*rows: Transition[Light, Turn], chosen: tuple[Turn, ...] = ()) -> Workflow[Light, Turn]:
    return Workflow("light", initial=G, begun=(T.SET_UP, HEAD), transitions=rows, chosen=chosen)


class TestTwoRowsThatCouldBothApplyAreRefused:
    def test_when_they_are_the_same_but_for_the_target(self):
        with pytest.raises(ValueError, match="two rows for stop from green"):
            lights(Transition(T.STOP, G, D, HEAD), Transition(T.STOP, G, G, HEAD))

    def test_when_only_one_of_them_asks_for_a_fact(self):
        with pytest.raises(ValueError, match="two rows"):
            lights(
                Transition(T.STOP, G, D, HEAD),
                Transition(T.STOP, G, G, HEAD, when=Fact.DISTRICT_CHECKS),
            )

    def test_when_both_facts_may_hold_at_once(self):
        with pytest.raises(ValueError, match="two rows"):
            lights(
                Transition(T.STOP, G, D, HEAD, when=Fact.DISTRICT_CHECKS),
                Transition(T.STOP, G, G, HEAD, when=Fact.OWN_WORK),
            )

    def test_when_a_named_target_stands_twice(self):
        with pytest.raises(ValueError, match="two rows"):
            lights(Transition(T.STOP, G, D, HEAD), Transition(T.STOP, G, D, HEAD), chosen=(T.STOP,))

    def test_but_not_when_they_are_alternatives_or_other_peoples_or_named(self):
        assert lights(
            Transition(T.STOP, G, D, HEAD, when=Fact.DISTRICT_CHECKS),
            Transition(T.STOP, G, G, HEAD, when=Fact.DISTRICT_FORWARDS),
        )
        assert lights(Transition(T.STOP, G, D, HEAD), Transition(T.STOP, G, G, AUDITOR))
        assert lights(
            Transition(T.STOP, G, D, HEAD), Transition(T.STOP, G, G, HEAD), chosen=(T.STOP,)
        )


def test_empty_grounds_are_no_grounds():
    table = lights(Transition(T.STOP, G, D, HEAD, needs=frozenset({Ground.NOTE})))
    head = Actor(uuid4(), Role.VILLAGE_HEAD, Region("3672011001"))

    with pytest.raises(GroundsMissing):
        table.step(G, T.STOP, by=head, grounds={Ground.NOTE: ""})


def test_the_diagram_and_the_table_show_every_row():
    table = lights(
        Transition(
            T.STOP, G, D, HEAD, when=Fact.DISTRICT_CHECKS, unless=Fact.OWN_WORK, law="Art. 1"
        )
    )

    assert as_mermaid(table).splitlines() == [
        "stateDiagram-v2",
        "    [*] --> green: set_up",
        "    green --> red: stop",
        "    red --> [*]",
    ]
    assert as_markdown(table).splitlines()[2:] == [
        "| set_up |  | green | village_head | | | |",
        "| stop | green | red | village_head |  | district_checks, not own_work | Art. 1 |",
    ]
