"""What is received ends, goes on with another payee, or goes on again: three kinds of proposals."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI

from app.domain.actors import Role
from app.domain.calendar import today
from app.domain.recipients import month_of, months_later
from tests.api.test_moves import Move
from tests.conftest import registry_of
from tests.contract import Promise
from tests.grants import (
    all_proposed,
    drafts,
    food,
    proposed,
    recipients_of,
    registered,
    several_registered,
    submitted,
)
from tests.registry import DECREE, Caller, Places, Registry, pointers, refused

R = Role
NEXT_MONTH = months_later(month_of(today()), 1)
VISIT = {"type": "visit_report", "note": "Kunjungan bersama RT."}
WELL_OFF = {"reason": "no_longer_poor", "effective_on": str(today()), "evidence": [VISIT]}
LETTER = {
    "facility_name": "RSUD Kota Cilegon",
    "letter_number": "445/118/RSUD/2026",
    "letter_date": str(today()),
}
SWITCHED_ON = {
    "card_number": "0001234567890",
    "ended_on": str(today()),
    "health": {"ground": "chronic_illness", **LETTER},
}


@pytest.fixture(scope="module")
async def registry(app: FastAPI, promise: Promise, places: Places) -> AsyncIterator[Registry]:
    """One regency for all of these: nothing here counts what lies in it."""
    async with registry_of(app, promise, *next(places.regencies)) as registry:
        yield registry


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


async def receiving(registry: Registry) -> AsyncIterator[dict[str, Any]]:
    """Families with SEMBAKO, a few at a time; the son has PBI."""
    while True:
        households = await several_registered(registry, 4)
        await all_proposed(registry, "programme", [(each, food(each)) for each in households])
        insured = [(each, {"programme": "PBI_JK"}) for each in households]
        await all_proposed(registry, "programme", insured, person=1)
        for each in households:
            yield each


async def no_longer_insured(
    registry: Registry, families: AsyncIterator[dict[str, Any]]
) -> AsyncIterator[dict[str, Any]]:
    """Of those, a few at a time, whose son's PBI has ended."""
    gone = {"reason": "not_found", "effective_on": str(today()), "evidence": [VISIT]}
    while True:
        households = [await anext(families) for _ in range(4)]
        asked = [(each, gone) for each in households]
        await all_proposed(registry, "ineligibility", asked, person=1)
        for each in households:
            yield each


@pytest.fixture(scope="module")
def families(registry: Registry) -> AsyncIterator[dict[str, Any]]:
    return receiving(registry)


@pytest.fixture(scope="module")
def ended_families(
    registry: Registry, families: AsyncIterator[dict[str, Any]]
) -> AsyncIterator[dict[str, Any]]:
    return no_longer_insured(registry, families)


@pytest.fixture
async def household(families: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    """A family with SEMBAKO; its son has PBI."""
    return await anext(families)


async def states_of(registry: Registry, household: dict[str, Any]) -> dict[str, str]:
    found = await recipients_of(registry, household)
    return {each["programme"]: each["state"] for each in found}


class TestIneligibility:
    async def test_of_a_family_ends_all_that_it_and_its_members_have(
        self, registry: Registry, household: dict[str, Any]
    ):
        proposal = await proposed(registry, "ineligibility", household, WELL_OFF)

        ended = await recipients_of(registry, household)
        assert {each["programme"] for each in ended} == {"SEMBAKO", "PBI_JK"}
        for each in ended:
            assert (each["state"], each["end_reason"]) == ("ended", "no_longer_poor")
            assert (each["period_to"], each["ended_on"]) == (str(NEXT_MONTH), str(today()))
            *_, entry = await registry.audit_of(each["id"])
            assert entry["changes"]["/period_to"] == [None, str(NEXT_MONTH)]
        assert {each["state"] for each in proposal["now"]["recipients"]} == {"candidate"}
        assert {each["state"] for each in proposal["proposed"]["recipients"]} == {"ended"}

    async def test_may_be_of_one_programme_and_the_rest_goes_on(
        self, registry: Registry, household: dict[str, Any]
    ):
        await proposed(
            registry, "ineligibility", household, {**WELL_OFF, "programmes": ["SEMBAKO"]}
        )

        assert await states_of(registry, household) == {"SEMBAKO": "ended", "PBI_JK": "candidate"}

    async def test_leaves_the_registry_alone_whatever_the_reason_and_says_so(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        dead = {"reason": "deceased", "effective_on": str(today())}

        proposal = await proposed(registry, "ineligibility", household, dead, person=1)

        assert await states_of(registry, household) == {"SEMBAKO": "candidate", "PBI_JK": "ended"}
        assert [each["rule"] for each in proposal["content"]["doubts"]] == ["removal_too"]
        read = (await operator.gets(f"/v1/households/{household['id']}")).json()
        assert {member["state"] for member in read["members"]} == {"registered"}

    async def test_gives_a_reason_of_the_list_that_fits_with_its_date_and_evidence(
        self, operator: Caller, household: dict[str, Any]
    ):
        async def asked(**changes: Any) -> set[str]:  # noqa: ANN401
            response = await submitted(operator, "ineligibility", household, changes, person=1)
            assert refused(response) == (422, "asks-not-accepted")
            return pointers(response)

        assert await asked() == {"/asks/reason"}
        assert await asked(reason="prelist_error", effective_on=str(today())) == {
            "/asks/reason",
        }
        assert await asked(**WELL_OFF) == {"/asks/reason"}  # of a family, not of one
        assert await asked(reason="company_owner") == {
            "/asks/reason",
            "/asks/effective_on",
            "/asks/evidence",
        }

    async def test_is_of_what_is_received(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        nobody = await registered(registry)

        nothing = await drafts(operator, "ineligibility", nobody, WELL_OFF)
        other = await submitted(
            operator, "ineligibility", household, {**WELL_OFF, "programmes": ["SEMBAKO", "PKH"]}
        )

        assert refused(nothing) == (409, "nothing-received")
        assert (refused(other)[0], pointers(other)) == (422, {"/asks/programmes/1"})

    async def test_is_open_once_for_each_recipient(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        first = await proposed(
            registry, "ineligibility", household, WELL_OFF, state="awaiting_deliberation"
        )

        response = await submitted(operator, "ineligibility", household, WELL_OFF)

        assert refused(response) == (409, "asked-already")
        assert first["id"] in response.json()["errors"][0]["detail"]


class TestAChangeOfPayee:
    async def test_pays_another_of_the_family_and_keeps_before_and_after(
        self, registry: Registry, household: dict[str, Any]
    ):
        mother, son, _ = household["members"]
        asks = {"programme": "SEMBAKO", "new_payee_id": son["id"]}

        proposal = await proposed(registry, "payee_change", household, asks)

        assert (proposal["now"]["payee_name"], proposal["proposed"]["payee_name"]) == (
            "Siti Aminah",
            "Agus Salim",
        )
        [paid] = [e for e in await recipients_of(registry, household) if e["payee_id"]]
        assert (paid["payee_id"], paid["state"]) == (son["id"], "candidate")
        *_, entry = await registry.audit_of(paid["id"])
        assert entry["changes"] == {"/payee_id": [mother["id"], son["id"]]}

    @pytest.mark.parametrize(("person", "code"), [(0, "payee_already"), (2, "too_young")])
    async def test_is_to_somebody_else_who_is_grown_up(
        self, operator: Caller, household: dict[str, Any], person: int, code: str
    ):
        asks = {"programme": "SEMBAKO", "new_payee_id": household["members"][person]["id"]}

        response = await submitted(operator, "payee_change", household, asks)

        assert refused(response) == (422, "asks-not-accepted")
        [error] = response.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/asks/new_payee_id", code)

    async def test_is_of_an_aid_that_still_runs(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        asks = {"programme": "SEMBAKO", "new_payee_id": household["members"][1]["id"]}
        never = await drafts(operator, "payee_change", household, {**asks, "programme": "PKH"})
        await proposed(registry, "ineligibility", household, WELL_OFF)

        ended = await drafts(operator, "payee_change", household, asks)

        assert refused(never) == refused(ended) == (409, "not-a-recipient")

    async def test_is_refused_where_it_ended_meanwhile(
        self, registry: Registry, household: dict[str, Any]
    ):
        asks = {"programme": "SEMBAKO", "new_payee_id": household["members"][1]["id"]}
        change = await proposed(
            registry, "payee_change", household, asks, state="awaiting_determination"
        )
        await proposed(registry, "ineligibility", household, WELL_OFF)
        determiner = await registry.caller(R.MINISTRY_DETERMINER)

        response = await determiner.takes("approve", change, **DECREE)

        assert refused(response) == (409, "recipient-changed")
        assert pointers(response) == {"/now/recipients/0/state"}
        [paid] = [e for e in await recipients_of(registry, household) if e["payee_id"]]
        assert paid["payee_id"] == household["members"][0]["id"]


class TestAReactivation:
    @pytest.fixture
    async def switched_off(self, ended_families: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
        return await anext(ended_families)

    async def ended(self, registry: Registry, household: dict[str, Any], on: date) -> None:
        """As if the determination had been then."""
        await registry.runs(
            "UPDATE recipient SET period_from = $2, period_to = $2, ended_on = $2 "
            "WHERE household_id = $1 AND programme = 'PBI_JK'",
            household["id"],
            on,
        )

    async def test_puts_on_again_what_ended_a_short_while_ago(
        self, registry: Registry, switched_off: dict[str, Any]
    ):
        await proposed(registry, "pbi_reactivation", switched_off, SWITCHED_ON, person=1)

        found = await recipients_of(registry, switched_off)
        [pbi] = [each for each in found if each["programme"] == "PBI_JK"]
        assert (pbi["state"], pbi["period_to"], pbi["end_reason"]) == ("reactivated", None, None)
        assert pbi["period_from"] == str(month_of(today()))
        actions = [entry["action"] for entry in await registry.audit_of(pbi["id"])]
        assert actions == ["admit", "end", "reactivate"]

    async def test_is_in_time_until_six_months_have_gone(
        self, registry: Registry, operator: Caller, switched_off: dict[str, Any]
    ):
        """What ended in the month that was six months ago ended too long ago; a month later not."""
        months_ago = {months: months_later(month_of(today()), -months) for months in (5, 6)}

        await self.ended(registry, switched_off, months_ago[6])
        late = await drafts(operator, "pbi_reactivation", switched_off, SWITCHED_ON, person=1)
        await self.ended(registry, switched_off, months_ago[5])
        in_time = await drafts(operator, "pbi_reactivation", switched_off, SWITCHED_ON, person=1)

        assert refused(late) == (409, "ended-too-long-ago")
        assert "PBI_JK" in late.json()["detail"]
        assert in_time.status_code == 201

    async def test_is_of_a_pbi_that_has_ended(self, operator: Caller, household: dict[str, Any]):
        runs = await drafts(operator, "pbi_reactivation", household, SWITCHED_ON, person=1)
        never = await drafts(operator, "pbi_reactivation", household, SWITCHED_ON, person=0)

        assert refused(runs) == (409, "recipient-already")
        assert refused(never) == (409, "not-a-recipient")

    @pytest.mark.parametrize(
        ("ground", "wanting"),
        [
            (None, {"card_number", "ended_on", "health/ground"}),
            ("medical_emergency", {"health/facility_name", "health/letter_number"}),
            ("other", {"health/note"}),
        ],
    )
    async def test_says_why_by_whose_letter_and_for_which_card(
        self, operator: Caller, switched_off: dict[str, Any], ground: str | None, wanting: set[str]
    ):
        asks = {**SWITCHED_ON, "health": {"ground": ground, "letter_date": str(today())}}

        response = await submitted(
            operator, "pbi_reactivation", switched_off, asks if ground else {}, person=1
        )

        assert refused(response) == (422, "asks-not-accepted")
        assert pointers(response) == {f"/asks/{each}" for each in wanting}

    async def test_goes_before_the_others_where_it_is_an_emergency(
        self, operator: Caller, switched_off: dict[str, Any]
    ):
        emergency = {**SWITCHED_ON, "health": {"ground": "medical_emergency", **LETTER}}
        draft = await drafts(operator, "pbi_reactivation", switched_off, emergency, person=1)
        await operator.takes("submit", draft.json())

        response = await operator.gets("/v1/proposals", params={"urgent": True})

        urgent = {line["id"]: line["urgent"] for line in response.json()["items"]}
        assert draft.json()["id"] in urgent
        assert set(urgent.values()) == {True}

    async def test_tells_of_health_those_who_read_of_it_and_the_audit_nobody(
        self, registry: Registry, operator: Caller, switched_off: dict[str, Any]
    ):
        draft = (
            await drafts(operator, "pbi_reactivation", switched_off, SWITCHED_ON, person=1)
        ).json()
        note = {"ground": "other", "note": "Cuci darah dua kali seminggu."}
        changes = {"kind": "pbi_reactivation", "asks": {**SWITCHED_ON, "health": note}}
        path = f"/v1/proposals/{draft['id']}"
        assert (await operator.patches(path, changes)).status_code == 200
        await operator.takes("submit", draft, version=2)
        district = await registry.caller(R.DISTRICT_OFFICER)
        verifier = await registry.caller(R.REGENCY_VERIFIER)

        hidden, shown = [(await each.gets(path)).json() for each in (district, verifier)]

        assert shown["asks"]["health"] == shown["content"]["health"] == note
        assert shown["asks"]["card_number"] == "0001234567890"
        for part in ("asks", "content"):
            assert "health" not in hidden[part]
        assert hidden["asks"]["card_number"] == "0001************"
        kept = await registry.runs(
            "SELECT changes FROM audit_entry WHERE subject_id = $1", draft["id"]
        )
        assert not any("Cuci darah" in each["changes"] for each in kept)
        assert not any("chronic" in each["changes"] for each in kept)


class TestAMove:
    async def test_of_all_takes_along_what_they_receive(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        there = await registry.caller(R.VILLAGE_OPERATOR, over=registry.elsewhere)

        after = await Move(registry, operator, there).moved(household, 1, 3, 3)

        assert await recipients_of(registry, household) == []
        received = {each["programme"]: each for each in after["recipients"]}
        assert received["SEMBAKO"]["family_id"] == after["families"][0]["id"]
        assert received["PBI_JK"]["member_id"] == household["members"][1]["id"]
        for each in received.values():
            assert (each["state"], each["version"]) == ("candidate", 2)
        entries = await registry.audit_of(received["PBI_JK"]["id"])
        [entry] = [each for each in entries if each["action"] == "relocate"]
        assert entry["changes"]["/household_id"] == [household["id"], after["id"]]
