"""Proposing a programme (usulan bansos): who may be proposed, and what follows when determined."""

from datetime import date
from typing import Any

import pytest

from app.domain.actors import Role
from app.domain.calendar import today
from app.domain.recipients import month_of, months_later
from tests.grants import drafts, food, proposed, recipients_of, registered, submitted
from tests.registry import Caller, Registry, pointers, refused

R = Role
NEXT_MONTH = str(months_later(month_of(today()), 1))


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


@pytest.fixture
async def household(registry: Registry) -> dict[str, Any]:
    return await registered(registry)


def codes(response: Any) -> set[tuple[str, str]]:  # noqa: ANN401
    return {(error["pointer"], error["code"]) for error in response.json()["errors"]}


class TestTheProgrammes:
    async def test_are_told_with_who_holds_a_grant_and_what_is_warned_of(self, operator: Caller):
        items = (await operator.gets("/v1/programmes")).json()["items"]
        told = {each["code"]: each for each in items}

        proposable = {code for code, each in told.items() if each["proposable"]}
        assert proposable == {"PKH", "SEMBAKO", "PBI_JK", "ATENSI"}
        assert (told["PKH"]["unit"], told["PBI_JK"]["unit"]) == ("family", "person")
        assert (told["PKH"]["decile_max"], told["SEMBAKO"]["decile_max"]) == (4, 5)
        assert {each["group"] for each in told["PKH"]["components"]} == {
            "health",
            "education",
            "welfare",
        }
        assert told["PBI_JK"]["reactivation"]["within_months"] == 6
        assert (await operator.gets("/v1/programmes/PKH")).json() == told["PKH"]
        unknown = await operator.gets("/v1/programmes/PKHX")
        assert refused(unknown) == (404, "programme-not-found")


class TestAProgramme:
    async def test_shows_what_is_had_beside_what_is_proposed(
        self, registry: Registry, household: dict[str, Any]
    ):
        mother = household["members"][0]

        proposal = await proposed(
            registry, "programme", household, food(household), state="awaiting_deliberation"
        )

        assert proposal["now"] == {"recipients": []}
        assert proposal["proposed"] == {
            "programme": "SEMBAKO",
            "period_from": str(month_of(today())),
            "payee_id": mother["id"],
            "payee_name": "Siti Aminah",
        }
        assert proposal["content"]["subject"]["family_id"] == household["families"][0]["id"]

    async def test_makes_the_family_a_candidate_when_it_is_determined(
        self, registry: Registry, household: dict[str, Any]
    ):
        asks = food(household, period=NEXT_MONTH)
        proposal = await proposed(registry, "programme", household, asks)

        [recipient] = await recipients_of(registry, household)
        assert (recipient["programme"], recipient["state"]) == ("SEMBAKO", "candidate")
        assert (recipient["period_from"], recipient["period_to"]) == (NEXT_MONTH, None)
        assert (recipient["name"], recipient["payee_name"]) == ("Siti Aminah", "Siti Aminah")
        assert (recipient["unit"], recipient["proposal_id"]) == ("family", proposal["id"])
        [entry] = await registry.audit_of(recipient["id"])
        assert (entry["workflow"], entry["action"]) == ("recipient", "admit")
        assert entry["changes"]["/programme"] == [None, "SEMBAKO"]

    async def test_is_the_familys_or_a_persons_by_its_unit(
        self, operator: Caller, household: dict[str, Any]
    ):
        for_one = await drafts(operator, "programme", household, food(household), person=1)
        for_all = await drafts(operator, "programme", household, {"programme": "PBI_JK"})

        assert refused(for_one) == refused(for_all) == (422, "asks-not-accepted")
        assert codes(for_one) == {("/family_id", "family_needed")}
        assert codes(for_all) == {("/member_id", "person_needed")}

    async def test_is_for_whom_the_registry_has_and_of_those_that_are_proposed_today(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        drafted = await registry.household(by=operator)

        early = await drafts(operator, "programme", drafted, food(drafted))
        ended = await drafts(operator, "programme", household, food(household, programme="BST"))

        assert codes(early) == {("/family_id", "not_registered")}
        assert codes(ended) == {("/asks/programme", "not_proposable")}

    @pytest.mark.parametrize(("person", "code"), [(None, "missing"), (2, "too_young")])
    async def test_is_paid_to_a_grown_up(
        self, operator: Caller, household: dict[str, Any], person: int | None, code: str
    ):
        payee = None if person is None else household["members"][person]["id"]

        response = await submitted(
            operator, "programme", household, food(household, payee_id=payee)
        )

        assert refused(response) == (422, "asks-not-accepted")
        assert codes(response) == {("/asks/payee_id", code)}

    async def test_names_nobody_of_another_household(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        stranger = (await registered(registry))["members"][0]["id"]
        path = {"kind": "programme", "household_id": household["id"]}

        paid = await drafts(operator, "programme", household, food(household, payee_id=stranger))
        asks = {"programme": "PBI_JK"}
        given = await operator.posts("/v1/proposals", {**path, "member_id": stranger, "asks": asks})

        assert refused(paid) == refused(given) == (404, "member-not-found")

    async def test_begins_in_a_month_to_come(self, operator: Caller, household: dict[str, Any]):
        last = str(months_later(month_of(today()), -1))

        late = await submitted(operator, "programme", household, food(household, period=last))
        odd = await drafts(operator, "programme", household, food(household, period="2026-12-02"))

        assert codes(late) == {("/asks/period", "period_passed")}
        assert (refused(odd)[0], pointers(odd)) == (422, {"/asks/period"})

    async def test_warns_of_what_speaks_against_it_and_lets_it_go_on(
        self, registry: Registry, household: dict[str, Any]
    ):
        """The sheet's younger child is not at school, and nobody is old, pregnant or disabled."""
        asks = food(household, programme="PKH")

        proposal = await proposed(
            registry, "programme", household, asks, state="awaiting_deliberation"
        )

        told = {each["rule"] for each in proposal["content"]["doubts"]}
        assert "decile_unknown" in told
        assert "public_employee" not in told


class TestASecondProgramme:
    async def test_of_a_family_in_one_period_is_refused_and_the_first_is_shown(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        first = await proposed(
            registry, "programme", household, food(household), state="awaiting_deliberation"
        )

        response = await submitted(
            operator, "programme", household, food(household, programme="PKH")
        )

        assert refused(response) == (409, "second-programme")
        [error] = response.json()["errors"]
        assert first["id"] in error["detail"]
        assert "SEMBAKO" in error["detail"]
        assert "menunggu musyawarah" in error["detail"]

    async def test_is_refused_in_that_period_for_good_and_open_in_another(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        await proposed(registry, "programme", household, food(household))
        again = food(household, programme="PKH")

        same = await submitted(operator, "programme", household, again)
        later = await submitted(operator, "programme", household, {**again, "period": NEXT_MONTH})

        assert refused(same) == (409, "second-programme")
        assert later.status_code == 201

    async def test_is_open_again_where_the_first_was_withdrawn(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        first = await proposed(
            registry, "programme", household, food(household), state="awaiting_deliberation"
        )
        await operator.takes("withdraw", first, note="Salah program.")

        again = food(household, programme="PKH")
        assert (await submitted(operator, "programme", household, again)).status_code == 201

    async def test_of_the_kind_that_the_family_has_is_refused_whatever_the_period(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        await proposed(registry, "programme", household, food(household))

        response = await submitted(
            operator, "programme", household, food(household, period=NEXT_MONTH)
        )

        assert refused(response) == (409, "recipient-already")

    async def test_per_person_takes_no_familys_place(
        self, registry: Registry, operator: Caller, household: dict[str, Any]
    ):
        await proposed(registry, "programme", household, food(household))
        pbi = {"programme": "PBI_JK"}

        mother = await submitted(operator, "programme", household, pbi, person=0)
        son = await submitted(operator, "programme", household, pbi, person=1)
        twice = await submitted(operator, "programme", household, pbi, person=0)

        assert (mother.status_code, son.status_code) == (201, 201)
        assert refused(twice) == (409, "second-programme")


class TestBetweenSubmissionAndDetermination:
    async def test_the_payee_may_have_left_the_card_and_then_it_says_so(
        self, registry: Registry, household: dict[str, Any]
    ):
        proposal = await proposed(
            registry, "programme", household, food(household), state="awaiting_determination"
        )
        payee = household["members"][0]["id"]
        await registry.runs("UPDATE member SET family_id = NULL WHERE id = $1", payee)
        determiner = await registry.caller(R.MINISTRY_DETERMINER)

        response = await determiner.takes(
            "approve", proposal, decree_number="186/HUK/2026", decree_date="2026-11-20"
        )

        assert refused(response) == (409, "recipient-changed")
        assert pointers(response) == {"/asks/payee_id"}
        assert await recipients_of(registry, household) == []


class TestTheRecipientsOfARegion:
    @pytest.fixture
    async def recipient(self, registry: Registry, household: dict[str, Any]) -> dict[str, Any]:
        await proposed(registry, "programme", household, food(household))
        [recipient] = await recipients_of(registry, household)
        return recipient

    async def test_are_listed_by_programme_and_state(
        self, operator: Caller, recipient: dict[str, Any]
    ):
        async def listed(**asked: str) -> list[dict[str, Any]]:
            response = await operator.gets("/v1/recipients", params=asked)
            assert response.status_code == 200, response.text
            return response.json()["items"]

        assert await listed() == await listed(programme="SEMBAKO", state="candidate") == [recipient]
        assert await listed(programme="PKH") == await listed(state="ended") == []
        read = await operator.gets(f"/v1/recipients/{recipient['id']}")
        assert (read.json(), read.headers["etag"]) == (recipient, '"1"')

    async def test_are_nobody_elses(self, registry: Registry, recipient: dict[str, Any]):
        stranger = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)

        assert (await stranger.gets("/v1/recipients")).json()["items"] == []
        response = await stranger.gets(f"/v1/recipients/{recipient['id']}")
        assert refused(response) == (404, "recipient-not-found")

    @pytest.mark.parametrize("role", [R.CIVIL_REGISTRY_OFFICER, R.AUDITOR])
    async def test_are_not_for_who_reads_no_programmes(
        self, registry: Registry, household: dict[str, Any], recipient: dict[str, Any], role: Role
    ):
        reader = await registry.caller(role)

        assert refused(await reader.gets("/v1/recipients")) == (403, "reads-no-programmes")
        response = await reader.gets(f"/v1/recipients/{recipient['id']}")
        assert refused(response) == (403, "reads-no-programmes")
        told = (await reader.gets(f"/v1/households/{household['id']}")).json()
        assert told["recipients"] is None
        read = await reader.gets(f"/v1/proposals/{recipient['proposal_id']}")
        assert read.status_code == 200, read.text
        proposal = read.json()
        shown = [proposal[part] for part in ("asks", "now", "proposed", "content")]
        assert shown == [None] * 4
        told = await reader.gets("/v1/audit", params={"subject_id": recipient["id"]})
        assert "SEMBAKO" not in told.text

    async def test_leave_a_trace_with_everybody_named(
        self, registry: Registry, operator: Caller, recipient: dict[str, Any]
    ):
        await operator.gets("/v1/recipients")

        [seen] = await registry.runs(
            "SELECT subjects FROM access_entry WHERE actor_id = $1 AND operation = $2",
            operator.actor.id,
            "list_recipients",
        )
        assert {str(each) for each in seen["subjects"]} == {
            recipient["household_id"],
            recipient["payee_id"],
        }


def test_a_month_later_is_the_same_day_or_the_last_there_is():
    assert months_later(date(2026, 8, 31), 6) == date(2027, 2, 28)
