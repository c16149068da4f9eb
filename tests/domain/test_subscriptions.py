"""When a message comes again, and what a list of events stands for."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domain.subscriptions import told_of, wait

DAY = timedelta(days=1)


@given(st.uuids(), st.integers(1, 30))
def test_the_waits_grow_to_a_day_and_a_little_more(message: UUID, attempts: int):
    waits = [wait(number, message) for number in range(1, attempts + 1)]

    assert timedelta(seconds=5) <= waits[0] <= timedelta(seconds=5.5)
    assert all(one < other for one, other in pairwise(waits[:9]))
    assert max(waits) <= DAY * 1.1


@given(st.uuids(), st.floats(0, 1e9))
def test_a_receiver_is_heeded_but_not_for_more_than_a_day(message: UUID, asked: float):
    found = wait(1, message, asked)

    assert min(timedelta(seconds=asked), DAY) <= found <= DAY


def test_a_star_is_all_that_becomes_of_a_resource():
    assert told_of(["members.*", "households.left", "households.left"]) == [
        "households.left",
        *(f"members.{change}" for change in ("created", "changed", "arrived", "left", "removed")),
    ]
