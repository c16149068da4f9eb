"""A machine reads under its agreement: what that gives, while it is in force, and nothing else."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.commands.agreements import as_of_now, end
from app.db import agreements
from app.db.sessions import Database
from app.domain.actors import Role
from app.domain.agreement_terms import AgreementAction
from app.domain.agreements import AgreementExpired, FieldGroup
from app.domain.appointments import CONSOLE
from app.domain.calendar import today
from app.domain.jobs import AskerGone
from app.domain.regions import INDONESIA, Region, Tier
from app.domain.sight import ReadsNobody, sight_of
from app.domain.workflow import Ground
from tests.api.door import a_house, clock_at
from tests.conftest import registry_of
from tests.contract import Promise, routes_of
from tests.grants import a_family, a_household, food, proposed, recipients_of
from tests.registry import Caller, Places, Registry, a_nik, an_answer_sheet, pointers, refused

GROUPS = tuple(FieldGroup)
GRANTS = [frozenset(each) for n in range(1, 5) for each in combinations(GROUPS, n)]
Json = dict[str, Any]


def terms(machine: Caller, **changes: Any) -> Json:  # noqa: ANN401
    """An agreement of today, as an admin enters it."""
    sent = {
        "account_id": str(machine.actor.id),
        "number": "045/PKS/2026",
        "purpose": "Penyaluran bantuan provinsi",
        "fields": ["identity", "programmes"],
        "begins_on": str(today() - timedelta(days=2)),
        "expires_on": str(today() + timedelta(days=200)),
    }
    return sent | changes


class TestEnteringAnAgreement:
    """POST /v1/agreements, by whoever answers for the machine's account."""

    @pytest.fixture
    async def machine(self, regency: Registry) -> Caller:
        return await regency.machine(regency.village.at(Tier.REGENCY), fields=())

    @pytest.fixture
    async def admin(self, regency: Registry) -> Caller:
        return await regency.caller(Role.REGENCY_ADMIN)

    async def test_from_then_on_the_machine_reads_what_it_gives(
        self, machine: Caller, admin: Caller
    ):
        entered = await admin.posts("/v1/agreements", terms(machine))
        assert entered.status_code == 201, entered.text
        assert (await admin.gets(entered.headers["location"])).json() == entered.json()
        assert entered.json()["in_force"]
        [entry] = (await admin.gets("/v1/audit?workflow=agreement")).json()["items"]
        assert entry["changes"]["/fields"] == [None, ["identity", "programmes"]]

        told = (await machine.gets("/v1/me")).json()
        assert told["agreement"]["number"] == "045/PKS/2026"
        assert told["agreement"]["fields"] == ["identity", "programmes"]
        assert told["reads"]["identity"] == "clear"
        assert told["reads"]["survey"] == "hidden"
        assert (await machine.gets("/v1/recipients")).status_code == 200

    async def test_it_lies_where_the_account_is_at_home(
        self, regency: Registry, machine: Caller, admin: Caller
    ):
        number = (await admin.posts("/v1/agreements", terms(machine))).json()["number"]
        other = await regency.caller(Role.REGENCY_ADMIN, over=regency.elsewhere.at(Tier.REGENCY))

        listed = (await admin.gets("/v1/agreements?in_force=true")).json()["items"]
        assert [each["number"] for each in listed] == [number]
        assert (await other.gets("/v1/agreements")).json()["items"] == []
        foreign = await other.posts("/v1/agreements", terms(machine, number="046/PKS/2026"))
        assert refused(foreign) == (404, "account-not-found")

    async def test_nobody_else_enters_or_reads_one(self, regency: Registry, machine: Caller):
        operator = await regency.caller(Role.REGENCY_OPERATOR)
        assert refused(await operator.posts("/v1/agreements", terms(machine)))[0] == 403
        assert refused(await operator.gets("/v1/agreements"))[0] == 403
        assert refused(await machine.posts("/v1/agreements", terms(machine)))[0] == 403

    async def test_people_read_by_their_role(self, regency: Registry, admin: Caller):
        operator = await regency.caller(Role.REGENCY_OPERATOR)
        response = await admin.posts("/v1/agreements", terms(operator))
        assert refused(response) == (422, "not-a-machine")

    @pytest.mark.parametrize(
        ("wrong", "where"),
        [
            ({"expires_on": str(today() - timedelta(days=5))}, "/expires_on"),
            ({"begins_on": "2020-01-01", "expires_on": "2020-12-31"}, "/expires_on"),
            ({"begins_on": "2026-01-01", "expires_on": "2031-01-02"}, "/expires_on"),
            ({"begins_on": "2024-02-29", "expires_on": "2029-03-01"}, "/expires_on"),
            ({"fields": ["identity", "health"]}, "/fields"),
            ({"fields": []}, "/fields"),
            ({"fields": ["identity", "identity"]}, "/fields"),
            ({"number": ""}, "/number"),
        ],
    )
    async def test_terms_that_fit_no_agreement(
        self, machine: Caller, admin: Caller, wrong: Json, where: str
    ):
        response = await admin.posts("/v1/agreements", terms(machine, **wrong))
        assert response.status_code == 422
        assert pointers(response) == {where}

    async def test_on_any_day_there_is_one(self, machine: Caller, admin: Caller):
        await admin.posts("/v1/agreements", terms(machine))
        last = today() + timedelta(days=200)
        renewal = {
            "number": "046/PKS/2026",
            "begins_on": str(last),
            "expires_on": str(last + timedelta(days=300)),
        }
        response = await admin.posts("/v1/agreements", terms(machine, **renewal))
        assert refused(response) == (409, "agreements-overlap")
        assert "045/PKS/2026" in response.json()["detail"]

        renewal["begins_on"] = str(last + timedelta(days=1))
        response = await admin.posts("/v1/agreements", terms(machine, **renewal))
        assert response.status_code == 201, response.text
        assert not response.json()["in_force"]
        told = (await machine.gets("/v1/me")).json()["agreement"]
        assert told["number"] == "045/PKS/2026"

    async def test_a_number_is_open_once(self, regency: Registry, machine: Caller, admin: Caller):
        other = await regency.machine(regency.village.at(Tier.REGENCY), fields=())
        await admin.posts("/v1/agreements", terms(machine))
        response = await admin.posts("/v1/agreements", terms(other))
        assert refused(response) == (409, "agreement-number-taken")


class TestWhatIsBelieved:
    async def test_is_looked_up_again_after_thirty_seconds(
        self, database: Database, registry: Registry
    ):
        hand = [0.0]
        async with a_house(database, clock=clock_at(hand)) as house:
            machine = await house.officer(Role.INTEGRATION, registry.village.at(Tier.REGENCY))
            agreement = await registry.agrees(machine, ["identity"])
            assert (await machine.asks()).json()["agreement"]["number"] == agreement.number
            note = {Ground.NOTE: "Kerja sama berakhir."}
            async with database.transaction(INDONESIA) as session:
                found = await agreements.find(session, agreement.id, within=INDONESIA)
                await end(session, found, AgreementAction.END, by=CONSOLE, grounds=note)

            hand[0] += 30

            assert (await machine.asks()).json()["agreement"] is None


class TestWhileNoneIsInForce:
    """Whatever is read of people, a machine is refused it, and told which agreement it is."""

    PLACES = ("/v1/households", "/v1/recipients", "/v1/proposals", "/v1/audit")

    @pytest.mark.parametrize(("begins", "expires"), [(-400, -1), (1, 30)])
    async def test_the_answer_names_its_number_and_its_days(
        self, registry: Registry, begins: int, expires: int
    ):
        machine = await registry.machine(
            registry.village.at(Tier.REGENCY), number="7/PKS/2025", begins=begins, expires=expires
        )
        for place in self.PLACES:
            response = await machine.gets(place)
            assert refused(response) == (403, "agreement-expired"), place
            assert response.json()["number"] == "7/PKS/2025"
            assert response.json()["expires_on"] in response.json()["detail"]
        told = (await machine.gets("/v1/me")).json()
        assert not told["agreement"]["in_force"]
        assert told["reads"]["identity"] == "hidden"

    async def test_without_any_it_reads_nobody(self, registry: Registry):
        machine = await registry.machine(registry.village.at(Tier.REGENCY), fields=())
        for place in self.PLACES[:3]:
            assert refused(await machine.gets(place)) == (403, "reads-nobody"), place

    async def test_an_ended_one_is_none_as_soon_as_it_is_looked_up(self, regency: Registry):
        home = regency.village.at(Tier.REGENCY)
        machine = await regency.machine(home)
        admin = await regency.caller(Role.REGENCY_ADMIN)
        [agreement] = (await admin.gets("/v1/agreements")).json()["items"]
        path = f"/v1/agreements/{agreement['id']}/steps"
        step = {"action": "end", "grounds": {"note": "Kerja sama berakhir."}}
        assert (await admin.posts(path, step, version=1)).status_code == 201
        assert refused(await machine.gets("/v1/households")) == (403, "reads-nobody")
        assert refused(await admin.posts(path, step, version=2)) == (409, "action-not-open")


class TestWorkThatNoTokenComesWith:
    """A job asks under which agreement its asker reads now, whatever stood when he asked."""

    async def test_reads_by_the_agreement_of_now(self, registry: Registry):
        machine = await registry.machine(registry.village.at(Tier.REGENCY), ["survey"])
        assert machine.actor.agreement is None
        standing = await as_of_now(registry.database, machine.actor)
        assert sight_of(standing).survey == "full"
        assert sight_of(standing).identity == "hidden"

    async def test_is_refused_as_a_request_would_be(self, registry: Registry):
        home = registry.village.at(Tier.REGENCY)
        expired = await registry.machine(home, expires=-1)
        without = await registry.machine(home, fields=())
        nobody = replace(without.actor, id=uuid4())
        for actor, refusal in (
            (expired.actor, AgreementExpired),
            (without.actor, ReadsNobody),
            (nobody, AskerGone),
        ):
            with pytest.raises(refusal):
                await as_of_now(registry.database, actor)


# --- what is told, grant by grant


@pytest.fixture(scope="module")
async def town(app: FastAPI, promise: Promise, places: Places) -> AsyncIterator[Registry]:
    async with registry_of(app, promise, *next(places.regencies)) as registry:
        yield registry


@pytest.fixture(scope="module")
async def household(town: Registry) -> Json:
    """With everything that there is to be hidden."""
    operator = await town.caller(Role.VILLAGE_OPERATOR)
    drafted = await town.household(**a_household(town.village, *a_family(town.village)))
    sheet = an_answer_sheet(drafted)
    sheet["answers"]["household"] |= {"electricity_customer_number": "514009876543"}
    sheet["answers"]["rosters"] = {
        "dependants_outside": [
            {
                "name": "Rahmat Perantau",
                "nik": a_nik(town.village),
                "address": "Asrama Melati 7",
                "student_number": "0067891234",
                "school_name": "SMA Negeri 9",
            }
        ],
    }
    response = await operator.posts(f"/v1/households/{drafted['id']}/surveys", sheet)
    assert response.status_code == 201, response.text
    step = {"action": "finish", "grounds": {"note": "Sesuai keadaan."}}
    await operator.posts(f"/v1/surveys/{response.json()['id']}/steps", step, version=1)
    body = {"kind": "new_family", "household_id": drafted["id"]}
    proposal = (await operator.posts("/v1/proposals", body)).json()
    await town.come_as_far_as("determined", proposal)
    whole = await town.home_of(drafted["id"])
    await proposed(town, "programme", whole, food(whole))
    return await town.home_of(drafted["id"])


def told_by(household: Json) -> dict[str, set[str]]:
    """What gives a group of fields away, wherever it stands in an answer."""
    people = household["members"]
    answers = household["survey"]["answers"]
    [dependant] = answers["rosters"]["dependants_outside"]
    of_people = ("name", "nik", "mother_name", "birth_date")
    numbers = {each["card_number"] for each in household["families"]}
    niks = {f"{each['nik'][:4]}****" for each in people}
    return {
        "identity": {each[column] for each in people for column in of_people}
        | {dependant[key] for key in ("name", "nik", "address", "student_number")}
        | {household["address"], "514009876543", "Dewi Lestari", "Budi Santoso"}
        | numbers
        | niks,
        "survey": set(answers["household"]) | {"identity_documents"},
        "health": {"chronic_illness", "disability", "school_participation", "SMA Negeri 9"},
        "programmes": {"SEMBAKO", *answers["participation"], "holds_kks", "payee_name"},
    }


def places_to_read(app: FastAPI, ids: Json) -> Iterator[str]:
    """Every address that is read, of which we know whose it could be about."""
    for route in routes_of(app):
        if "GET" not in route.methods or not route.path.startswith("/v1/"):
            continue
        named = {part.split(":")[0] for part in _named(route.path)}
        if named <= ids.keys():
            path = route.path
            for part in _named(route.path):
                path = path.replace(f"{{{part}}}", str(ids[part.split(":")[0]]))
            yield path
    yield "/v1/audit?limit=200"


def _named(path: str) -> list[str]:
    return [piece.split("}")[0] for piece in path.split("{")[1:]]


# Public, or of nobody: what they say of questions and programmes is the same for everybody.
OF_NOBODY = ("/v1/codebooks", "/v1/programmes", "/v1/reasons", "/v1/labels", "/v1/import-layouts")


@pytest.fixture(scope="module")
async def ids(town: Registry, household: Json) -> Json:
    [recipient] = await recipients_of(town, household)
    return {
        "household_id": household["id"],
        "member_id": household["members"][0]["id"],
        "family_id": household["families"][0]["id"],
        "survey_id": household["survey"]["id"],
        "recipient_id": recipient["id"],
        "proposal_id": recipient["proposal_id"],
    }


class TestWhatIsTold:
    @pytest.mark.parametrize("grant", GRANTS, ids=lambda each: "+".join(sorted(each)))
    async def test_nothing_outside_the_grant(
        self, app: FastAPI, town: Registry, household: Json, ids: Json, grant: frozenset[FieldGroup]
    ):
        machine = await town.machine(town.village.at(Tier.REGENCY), grant)
        gives = grant - ({FieldGroup.HEALTH} if FieldGroup.SURVEY not in grant else set())
        forbidden = {
            word: group
            for group, words in told_by(household).items()
            for word in words
            if group not in gives
        }
        if FieldGroup.IDENTITY not in grant:
            forbidden["Suparman"] = "identity"  # who chaired the deliberation
        answered = set()
        for path in places_to_read(app, ids):
            if path.startswith(OF_NOBODY):
                continue
            response = await machine.gets(path)
            assert response.status_code < 500, f"{path}: {response.text}"
            answered |= {path} if response.status_code == 200 else set()
            leaked = {word: g for word, g in forbidden.items() if word in response.text}
            assert not leaked, path
        assert len(answered) > 10

    async def test_everything_inside_it(self, town: Registry, household: Json):
        machine = await town.machine(town.village.at(Tier.REGENCY), GROUPS)
        response = await machine.gets(f"/v1/households/{household['id']}")
        missing = {
            word
            for words in told_by(household).values()
            for word in words
            if word not in response.text and "*" not in word
        }
        assert not missing

    @pytest.mark.parametrize("known", ["nik", "name", "dtks_id", "card_number"])
    async def test_without_identity_nobody_is_searched_for(
        self, town: Registry, household: Json, known: str
    ):
        """Or a number could be tried out."""
        machine = await town.machine(
            town.village.at(Tier.REGENCY), ("survey", "health", "programmes")
        )
        whom = household["members"][0] | household["families"][0]
        for what in ("members", "households"):
            response = await machine.posts(f"/v1/{what}/search", {known: whom[known] or "x"})
            assert refused(response) == (403, "searches-nobody")

    async def test_whether_a_nik_is_held_is_told_to_no_machine(
        self, town: Registry, household: Json
    ):
        machine = await town.machine(town.village.at(Tier.REGENCY))
        nik = household["members"][0]["nik"]
        response = await machine.posts("/v1/nik/check", {"nik": nik})
        assert response.json()["held"] is None

    async def test_without_programmes_no_recipients(self, town: Registry, ids: Json):
        machine = await town.machine(town.village.at(Tier.REGENCY), ("identity", "survey"))
        for path in ("/v1/recipients", f"/v1/recipients/{ids['recipient_id']}"):
            assert refused(await machine.gets(path)) == (403, "reads-no-programmes")

    async def test_nothing_of_another_region(self, town: Registry, ids: Json):
        machine = await town.machine(Region("9471"))
        for path in (f"/v1/households/{ids['household_id']}", f"/v1/members/{ids['member_id']}"):
            assert refused(await machine.gets(path))[0] == 404
