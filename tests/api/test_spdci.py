"""The exchange by SPDCI: who is found, what is told of him, whose word is taken, where it goes."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.commands import spdci_notifying
from app.commands.courier import Courier
from app.commands.envelopes import ENVELOPES
from app.commands.spdci_callbacks import CallbackNotTaken, NotTakenYet
from app.commands.sweeping import sweep
from app.domain.actors import Role
from app.domain.agreements import FieldGroup
from app.domain.regions import Tier
from app.domain.spdci.canonical import canonical
from app.domain.subscriptions import Form
from app.signatures import is_signed
from tests.conftest import registry_of
from tests.contract import Promise
from tests.receiver import Receiver, receiving
from tests.registry import Places, Registry, a_member, a_nik, refused
from tests.spdci.exchange import (
    AT,
    SENDER,
    Json,
    Partner,
    a_partner,
    a_search,
    a_status,
    a_subscription,
    an_ending,
    an_id,
    compared,
    envelope,
    expression,
    header,
    idtype,
    is_answer,
    is_callback,
    jwk,
    predicate,
    sealed,
)

SEARCH, SYNC_SEARCH = "/registry/search", "/registry/sync/search"
SYNC_STATUS = "/registry/sync/txn/status"
PATHS = [
    SEARCH,
    SYNC_SEARCH,
    "/registry/txn/status",
    SYNC_STATUS,
    "/registry/subscribe",
    "/registry/unsubscribe",
]
# What a field group gives of a member; nothing else in the record depends on the agreement.
TOLD_BY = {
    FieldGroup.IDENTITY: {"demographic_info", "related_person", "marital_status"},
    FieldGroup.SURVEY: set(),
    FieldGroup.HEALTH: {"is_disabled", "disability_info"},
    FieldGroup.PROGRAMMES: {"additional_attributes"},
}
ALWAYS = {"@context", "@id", "@type", "member_identifier", "last_updated"}
GRANTS = [each for n in (1, 2, 3, 4) for each in combinations(FieldGroup, n)]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def partner(app: FastAPI, regency: Registry, receiver: Receiver) -> Partner:
    return await a_partner(app, regency, receiver)


def rejected(item: Json) -> str:
    assert item["status"] == "rjct", item
    assert item["status_reason_message"]
    assert "data" not in item
    return str(item["status_reason_code"])


def errors(response: Any) -> tuple[int, str]:  # noqa: ANN401 - a response
    return response.status_code, response.json()["errors"][0]["code"]


@dataclass
class Settled:
    """A household of three that is registered, and a partner of its regency."""

    registry: Registry
    partner: Partner
    family: Json


@pytest.fixture(scope="module")
async def settled(app: FastAPI, promise: Promise, places: Places) -> AsyncIterator[Settled]:
    async with (
        receiving() as receiver,
        registry_of(app, promise, *next(places.regencies)) as registry,
    ):
        partner = await a_partner(app, registry, receiver)
        yield Settled(registry, partner, await a_family(registry))


async def a_family(registry: Registry) -> Json:
    people = [
        ("Suparman", date(1970, 2, 1), {}),
        ("Rohmah", date(1974, 5, 9), {"sex": 2, "relation_to_household_head": 2}),
        (
            "Wagiman",
            date(2012, 7, 20),
            {"marital_status": 1, "relation_to_household_head": 3},
        ),
    ]
    return await registry.registered(
        *(
            a_member(
                registry.village,
                number=number,
                name=name,
                birth_date=str(born),
                nik=a_nik(registry.village, born=born, woman="sex" in more),
                relation_to_family_head=more.get("relation_to_household_head", 1),
                **more,
            )
            for number, (name, born, more) in enumerate(people, 1)
        )
    )


class TestWhoIsFound:
    async def test_by_each_identifier_and_as_person_or_household(self, settled: Settled):
        partner, family = settled.partner, settled.family
        child = family["members"][2]
        card = family["families"][0]["card_number"]

        (person,) = await partner.finds(idtype("UIN", child["nik"]))
        (household,) = await partner.finds(idtype("KK", card))
        by_dtks = await partner.finds(
            idtype("DTKS", family["dtks_id"]) | {"response_entity": "Group"}
        )

        assert person["demographic_info"]["name"]["given_name"] == "Wagiman"
        assert person["demographic_info"]["identifier"][0]["identifier_value"] == child["nik"]
        assert person["related_person"][0]["relationship_type"] == "CHILD"
        assert (household["group_size"], len(household["member_list"])) == (3, 3)
        assert household["group_head_info"]["demographic_info"]["name"]["given_name"] == "Suparman"
        assert [each["marital_status"] for each in household["member_list"]] == ["M", "M", "S"]
        assert by_dtks == [household]

    @pytest.mark.parametrize(
        ("criteria", "names"),
        [
            (predicate(compared("age", "lt", "25")), ["Wagiman"]),
            (predicate(compared("sex", "eq", "female")), ["Rohmah"]),
            (
                predicate(compared("gender", "eq", "m"), "and", compared("yob", "ge", 2000)),
                ["Wagiman"],
            ),
            (predicate(compared("age", "ge", 0), "not", compared("sex", "eq", "m")), ["Rohmah"]),
            (
                predicate(compared("dob", "le", "1970-02-01"), "or", compared("age", "lt", 25)),
                ["Suparman", "Wagiman"],
            ),
            (expression({"marital_status": "S"}, "Member"), ["Wagiman"]),
            (expression({"$not": {"birth_date": {"$gt": "1971-01-01"}}}, "Member"), ["Suparman"]),
            (
                expression({"group_size": {"$gte": 3, "$lte": 3}}, "Member"),
                ["Suparman", "Rohmah", "Wagiman"],
            ),
            (expression({"group_size": {"$lt": 3}}, "Member"), []),
            (expression({"programme": "PKH"}, "Member"), []),
            (expression({"last_updated": {"$lt": "2020-01-01"}}, "Member"), []),
        ],
    )
    async def test_by_what_is_known_of_them(
        self, settled: Settled, criteria: Json, names: list[str]
    ):
        ordered = {"sort": [{"attribute_name": "birth_date", "sort_order": "asc"}]}

        found = await settled.partner.finds(criteria | ordered)

        assert [each["demographic_info"]["name"]["given_name"] for each in found] == names

    async def test_page_by_page_in_the_order_that_is_asked_for(self, settled: Settled):
        village = settled.registry.village
        everybody = predicate(compared("location", "eq", village.code))
        last = everybody | {
            "sort": [{"attribute_name": "birth_date", "sort_order": "desc"}],
            "pagination": {"page_size": "2", "page_number": 2},
        }

        (item,) = await settled.partner.searches(last)

        assert item["pagination"] == {"page_size": 2, "page_number": 2, "total_count": 3}
        (oldest,) = item["data"]["reg_records"]
        assert oldest["demographic_info"]["birth_date"] == "1970-02-01T00:00:00Z"

    async def test_nobody_of_another_region_whatever_is_asked(
        self, app: FastAPI, receiver: Receiver, settled: Settled
    ):
        """A number there is, and one there is not, are answered alike: nobody is found."""
        regency, family = settled.registry, settled.family
        outside = regency.elsewhere.at(Tier.PROVINCE)
        stranger = await a_partner(app, regency, receiver, over=outside)
        asked = [
            idtype("UIN", family["members"][2]["nik"]),
            idtype("UIN", a_nik(regency.village)),
            idtype("DTKS", family["members"][0]["dtks_id"]),
            idtype("KK", family["families"][0]["card_number"]),
            predicate(compared("location", "eq", regency.village.code)),
        ]

        items = await stranger.searches(*asked)

        told = [(each["status"], each["data"]["reg_records"]) for each in items]
        assert told == [("succ", [])] * 5
        assert len({json.dumps(each["pagination"]) for each in items}) == 1

    async def test_each_look_stands_in_the_access_log_with_its_purpose(
        self, app: FastAPI, receiver: Receiver, settled: Settled
    ):
        regency, family = settled.registry, settled.family
        partner = await a_partner(app, regency, receiver)
        consent = {"consent": {"purpose": {"code": "service", "text": "Bantuan pangan"}}}
        child = family["members"][2]

        await partner.finds(idtype("UIN", child["nik"]) | consent)
        await partner.finds(idtype("UIN", a_nik(regency.village)))

        rows = await regency.runs(
            "SELECT purpose, operation, agreement, subjects FROM access_entry WHERE actor_id = $1",
            partner.machine.actor.id,
        )
        ((purpose, operation, agreement, subjects),) = [tuple(row.values()) for row in rows]
        assert (purpose, operation, subjects) == ("service", "search_now", [UUID(child["id"])])
        assert agreement.endswith("/PKS/2026")

    async def test_what_cannot_be_asked_is_rejected_request_by_request(self, settled: Settled):
        right = predicate(compared("age", "lt", 25))
        items = await settled.partner.searches(
            right,
            idtype("BRN", "1"),
            predicate(compared("poverty_score", "lt", 5)),
            predicate(compared("sex", "gt", "male")),
            predicate(compared("birth_date", "lt", "kemarin")),
            expression({"$where": "1=1"}),
            expression({"nik": {"$regex": ".*"}}),
            expression({"age": {}}),
            {"query_type": "predicate", "query": [{"expression1": {}}]},
            expression({"$and": [{"$or": [{"$not": {"$and": [{"age": 1}]}}]}]}),
            right | {"sort": [{"attribute_name": "sex"}]},
            right | {"response_entity": "Programme"},
            predicate(compared("location", "eq", "central_region")),
        )

        criteria = "rjct.search_criteria.invalid"
        assert items[0]["status"] == "succ"
        assert [rejected(each) for each in items[1:]] == [
            *[criteria] * 9, "rjct.sort.invalid", criteria, criteria,
        ]  # fmt: skip


class TestWhatIsTold:
    async def test_follows_the_agreement_and_nothing_is_searched_by_beyond_it(
        self, app: FastAPI, regency: Registry, receiver: Receiver
    ):
        household = await regency.registered()
        nik = household["members"][0]["nik"]
        by_id = idtype("DTKS", household["members"][0]["dtks_id"])
        group = idtype("DTKS", household["dtks_id"]) | {"response_entity": "Group"}
        asked_by = {
            FieldGroup.IDENTITY: [idtype("UIN", nik), predicate(compared("age", "gt", 1))],
            FieldGroup.PROGRAMMES: [predicate(compared("programme", "eq", "PKH"))],
        }
        for fields in GRANTS:
            machine = await a_partner(app, regency, receiver, fields=fields)

            (member,) = await machine.finds(by_id)
            (told,) = await machine.finds(group)

            given = set().union(*(TOLD_BY[each] for each in fields))
            assert member.keys() <= ALWAYS | given, fields
            assert ("demographic_info" in member) is (FieldGroup.IDENTITY in fields)
            assert ("is_disabled" in member) is (FieldGroup.HEALTH in fields)
            answers = told.get("additional_attributes", [])
            assert bool(answers) is bool({FieldGroup.SURVEY, FieldGroup.PROGRAMMES} & {*fields})
            if FieldGroup.IDENTITY not in fields:
                said = json.dumps([member, told])
                assert not any(each in said for each in (nik, "Budi", "Sunan", "106.0558"))
            for group_of, criteria in asked_by.items():
                for item in await machine.searches(*criteria):
                    code = None if item["status"] == "succ" else rejected(item)
                    expected = None if group_of in fields else "rjct.search_criteria.invalid"
                    assert code == expected, (fields, criteria)

    @pytest.mark.parametrize("path", PATHS)
    async def test_nothing_once_the_agreement_is_over_or_was_never_there(
        self, app: FastAPI, regency: Registry, receiver: Receiver, path: str
    ):
        region = regency.village.at(Tier.REGENCY)
        late = Partner(
            app, regency, await regency.machine(region, number="7/PKS/2025", expires=-1), receiver
        )
        never = Partner(app, regency, await regency.machine(region, ()), receiver)

        over, none = await late.sends(path, a_search()), await never.sends(path, a_search())

        assert errors(over) == (403, "rjct.agreement_expired")
        assert "7/PKS/2025" in over.json()["errors"][0]["message"]
        assert errors(none) == (403, "rjct.reads_nobody")
        is_answer(path, over)

    async def test_to_machines_alone(self, regency: Registry):
        analyst = await regency.caller(Role.MINISTRY_ANALYST)

        response = await analyst.posts(SYNC_SEARCH, a_search())

        assert errors(response) == (403, "rjct.no_exchange")
        is_answer(SYNC_SEARCH, response)


class TestASignature:
    async def test_of_ours_is_checked_with_the_published_key(
        self, regency: Registry, partner: Partner
    ):
        keys = (await regency.http.get("/.well-known/jwks.json")).json()["keys"]
        now = (await partner.sends(SYNC_SEARCH, a_search())).json()
        refusal = (await partner.sends(SEARCH, {})).json()
        correlation = await partner.is_acknowledged(SEARCH, a_search())
        await partner.is_called_back(correlation)
        later = json.loads(partner.receiver.got[-1].body)

        for body in (now, refusal, later):
            content = {name: value for name, value in body.items() if name != "signature"}
            shuffled = json.loads(json.dumps(content, indent=3, sort_keys=True))
            assert is_signed(body["signature"], canonical(shuffled), keys)
            assert jwt.get_unverified_header(body["signature"])["typ"] == "spdci+jws"
            assert not is_signed(body["signature"], canonical({**content, "more": 1}), keys)

    async def test_of_a_partner_is_asked_for_once_a_key_is_registered(self, partner: Partner):
        key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        await partner.registers(jwk(key))
        message = a_search()
        signed = sealed(message, key)
        altered = json.loads(json.dumps(signed).replace("TEST-001", "TEST-002"))

        right = await partner.sends(SYNC_SEARCH, json.loads(json.dumps(signed, sort_keys=True)))
        wrong = [
            await partner.sends(SYNC_SEARCH, each)
            for each in (message, altered, sealed(message, other), signed | {"signature": "a..b"})
        ]

        assert right.status_code == 200, right.text
        assert {errors(each) for each in wrong} == {(401, "rjct.signature.invalid")}
        for each in wrong:
            is_answer(SYNC_SEARCH, each)

    async def test_that_cannot_be_checked_is_not_taken_for_none(self, partner: Partner):
        signed = sealed(a_search(), Ed25519PrivateKey.generate())

        assert errors(await partner.sends(SEARCH, signed)) == (401, "rjct.signature.invalid")
        for none in (None, "", "unsigned-stub", "Signature: ... Base64(signing content)"):
            response = await partner.sends(SEARCH, a_search() | {"signature": none})
            assert response.status_code == 202, (none, response.text)

    async def test_names_the_sender_that_is_registered(self, partner: Partner):
        message = a_search() | {"header": header("search", sender_id="lain.example")}

        assert errors(await partner.sends(SEARCH, message)) == (403, "rjct.sender_id.invalid")


class TestAnAnswerThatComesLater:
    async def test_goes_to_the_registered_address_and_nowhere_else(
        self, regency: Registry, partner: Partner
    ):
        nik = (await regency.registered())["members"][0]["nik"]
        message = a_search(idtype("UIN", nik), idtype("UIN", a_nik(regency.village)))
        assert "attacker.example" in message["header"]["sender_uri"]

        correlation = await partner.is_acknowledged(SEARCH, message)
        got = await partner.is_called_back(correlation)

        first, second = got["message"]["search_response"]
        assert got["path"] == "/hook/registry/on-search"
        assert got["header"]["receiver_id"] == SENDER
        assert (first["pagination"]["total_count"], second["pagination"]["total_count"]) == (1, 0)
        assert (await partner.machine.gets(f"/v1/spdci-requests/{correlation}")).json()[
            "requests"
        ] == 2

    async def test_is_not_promised_without_one(self, partner: Partner):
        await partner.registers(callback=False)

        assert errors(await partner.sends(SEARCH, a_search())) == (400, "rjct.sender_uri.invalid")
        assert (await partner.sends(SYNC_SEARCH, a_search())).status_code == 200

    async def test_is_one_for_the_same_message_and_none_for_a_reference_used_otherwise(
        self, partner: Partner
    ):
        message = a_search(predicate(compared("age", "lt", 25)))
        again = envelope("search", message["message"])  # another message_id, the same question
        other = json.loads(json.dumps(again).replace('"25"', "26").replace("25", "26"))

        first = await partner.is_acknowledged(SEARCH, message)
        second = await partner.is_acknowledged(SEARCH, again)
        third = await partner.sends(SEARCH, other)
        await partner.is_called_back(first)
        fourth = await partner.is_acknowledged(SEARCH, again)

        assert first == second == fourth
        assert errors(third) == (400, "rjct.reference_id.duplicate")
        rows = await partner.registry.runs(
            "SELECT count(*) FROM job WHERE subject_id = $1", UUID(first)
        )
        assert rows[0]["count"] == 1

    async def test_is_another_question_in_another_region_of_the_same_machine(
        self, partner: Partner
    ):
        """What was asked from within the one region is not there for the other."""
        district = partner.registry.village.at(Tier.DISTRICT)
        elsewhere = await partner.registry.also(partner.machine, Role.INTEGRATION, over=district)
        message = a_search()

        answers = [await each.posts(SYNC_SEARCH, message) for each in (partner.machine, elsewhere)]

        assert [each.status_code for each in answers] == [200, 200]
        assert [each.json()["header"]["status"] for each in answers] == ["succ", "succ"]

    async def test_is_tried_thrice_and_can_be_fetched_where_it_was_not_taken(
        self, regency: Registry, partner: Partner
    ):
        nik = (await regency.registered())["members"][0]["nik"]
        partner.receiver.will("500 Oh\r\n\r\n")
        correlation = await partner.is_acknowledged(SEARCH, a_search(idtype("UIN", nik)))
        asked = a_status("correlation_id", correlation)

        for _ in range(2):
            with pytest.raises(NotTakenYet):
                await partner.worked(correlation)
            before = await partner.sends(SYNC_STATUS, asked)
        with pytest.raises(CallbackNotTaken):
            await partner.worked(correlation)
        assert _of(before)[0]["status"] == "pdng"

        (told,) = _of(await partner.sends(SYNC_STATUS, asked))
        assert told["data"]["reg_records"][0]["@type"] == "Member"

    async def test_is_asked_after_by_its_sender_alone_and_for_a_week(
        self, app: FastAPI, regency: Registry, receiver: Receiver, partner: Partner
    ):
        message = a_search()
        transaction = message["message"]["transaction_id"]
        reference = message["message"]["search_request"][0]["reference_id"]
        await partner.sends(SYNC_SEARCH, message)
        other = await a_partner(app, regency, receiver)
        ways = [
            a_status("transaction_id", transaction),
            a_status("reference_id_list", [reference, "lain"]),
        ]

        for way in ways:
            (mine,) = _of(await partner.sends(SYNC_STATUS, way))
            (theirs,) = _of(await other.sends(SYNC_STATUS, way))
            assert (mine["reference_id"], mine["status"]) == (reference, "succ")
            assert rejected(theirs) == "rjct.reference_id.invalid"

        await regency.runs(
            "UPDATE spdci_request SET received_at = now() - interval '8 days' "
            "WHERE account_id = $1",
            partner.machine.actor.id,
        )
        await sweep(app.state.database, app.state.storage)
        (gone,) = _of(await partner.sends(SYNC_STATUS, ways[0]))
        assert rejected(gone) == "rjct.reference_id.invalid"


def _of(response: Any) -> list[Json]:  # noqa: ANN401 - a response
    body = is_answer(SYNC_STATUS, response)
    found: list[Json] = body["message"]["txnstatus_response"]["txn_status"]["search_response"]
    return found


class TestSubscribing:
    async def test_by_region_until_it_is_given_up_again(
        self, app: FastAPI, regency: Registry, partner: Partner
    ):
        here = {"type": "location", "value": regency.village.code}
        correlation = await partner.is_acknowledged(
            "/registry/subscribe", a_subscription(filter=here)
        )
        told = await partner.is_called_back(correlation)
        (item,) = told["message"]["subscribe_response"]
        code = item["subscriptions"][0]["code"]
        mine = (await partner.machine.gets(f"/v1/subscriptions/{code}")).json()
        assert (mine["form"], mine["region_code"]) == ("spdci", regency.village.code)
        assert mine["url"].endswith("/hook/registry/notify")

        household = await regency.registered()
        courier = Courier(app.state.database, app.state.webhooks)
        events: list[Json] = []
        while not events:
            before = len(partner.receiver.got)
            await courier.deliver(UUID(code))
            for got in partner.receiver.got[before:]:
                body = json.loads(got.body)
                is_callback("notify", body)
                events += body["message"]["notify_event"]
        keys = (await regency.http.get("/.well-known/jwks.json")).json()["keys"]
        content = {name: value for name, value in body.items() if name != "signature"}
        assert is_signed(body["signature"], canonical(content), keys)
        record = events[0]["data"]["reg_records"]
        assert events[0]["data"]["reg_event_type"] == "REGISTER"
        assert record["@id"] == f"urn:uuid:{household['members'][0]['id']}"

        correlation = await partner.is_acknowledged("/registry/unsubscribe", an_ending(code))
        ended = await partner.is_called_back(correlation)
        assert ended["message"]["subscription_status"] == [{"code": code, "status": "unsubscribe"}]
        assert (await partner.machine.gets(f"/v1/subscriptions/{code}")).json()["state"] == "ended"

    @pytest.mark.parametrize(
        ("criteria", "code"),
        [
            ({"reg_event_type": "spdci-common:RegistryEventType:LiveBirth"}, "notify_types"),
            ({"notify_record_type": "Programme"}, "notify_details"),
            ({"filter": {"type": "UIN", "value": "TEST-001"}}, "notify_details"),
            ({"filter": {"type": "location", "value": "11"}}, "notify_details"),
        ],
    )
    async def test_to_what_there_is_alone(self, partner: Partner, criteria: Json, code: str):
        message = a_subscription(**criteria)

        correlation = await partner.is_acknowledged("/registry/subscribe", message)
        told = await partner.is_called_back(correlation)

        (item,) = told["message"]["subscribe_response"]
        assert rejected(item) == f"rjct.{code}.invalid"
        assert told["header"]["status"] == "rjct"

    async def test_of_another_is_not_given_up(
        self, app: FastAPI, regency: Registry, receiver: Receiver, partner: Partner
    ):
        correlation = await partner.is_acknowledged("/registry/subscribe", a_subscription())
        told = await partner.is_called_back(correlation)
        code = told["message"]["subscribe_response"][0]["subscriptions"][0]["code"]
        other = await a_partner(app, regency, receiver)

        correlation = await other.is_acknowledged("/registry/unsubscribe", an_ending(code))
        ended = await other.is_called_back(correlation)

        assert ended["message"]["status_reason_code"] == "rjct.subscription_code.invalid"
        assert (await partner.machine.gets(f"/v1/subscriptions/{code}")).json()["state"] == "active"

    def test_has_its_own_form_of_a_message(self):
        assert ENVELOPES[Form.SPDCI] is spdci_notifying.notify


# The requests that the standard publishes as examples, by what is peculiar in each.
PUBLISHED = [
    expression({"$and": [{"poverty_score": {"$lt": 5}}]}) | {"response_entity": "Group"},
    expression({"$and": [{"household_size": {"$lt": 5}}]}, "HouseHold")
    | {"response_entity": "Household", "sort": [{"attribute_name": "household_size"}]},
    {
        "query_type": "expression",
        "query": [
            {
                "seq_num": 1,
                "expression1": compared("age", "lt", "25"),
                "condition": "and",
                "expression2": compared("birth_date", "gt", "1950-01-01"),
                "expression3": compared("gender", "eq", "m"),
            }
        ],
    },
]


@pytest.mark.parametrize("criteria", PUBLISHED)
@pytest.mark.parametrize("spelled", ["header", "headers"])
async def test_the_published_examples_are_read(partner: Partner, criteria: Json, spelled: str):
    """None of them fits the published schema: empty ids and URIs, numbers as text."""
    request = {"reference_id": "", "timestamp": AT, "locale": "EN/GB", "search_criteria": criteria}
    criteria |= {"version": "1.0.0", "reg_event_type": "SEARCH", "consent": "", "authorize": ""}
    odd = header("search", sender_uri="", total_count="1", meta="", is_msg_encrypted=False)
    message = {
        "signature": 'Signature:  namespace="dci", signature="Base64(signing content)',
        spelled: odd,
        "message": {"transaction_id": "", "search_request": [request]},
    }

    response = await partner.sends(SYNC_SEARCH, message)

    assert response.status_code == 200, response.text
    (item,) = is_answer(SYNC_SEARCH, response)["message"]["search_response"]
    assert (item["status"] == "rjct") is ("poverty_score" in json.dumps(criteria))


# --- anything at all

NAMES = """header message signature action version message_ts total_count transaction_id
reference_id search_request search_criteria query_type query type value expression sort pagination
locale timestamp subscription_codes txnstatus_request attribute_type attribute_value $and $or nik
page_size subscribe_request subscribe_criteria filter attribute_name operator"""
KEYS = st.sampled_from(NAMES.split())
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["\x00", "\ud800", "1e999", AT, "$eq", "UIN", "predicate", "expression"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(), inner, max_size=5)
    ),
    max_leaves=12,
)
SORTED = {"sort": [{"attribute_name": "nik", "sort_order": "asc"}], "pagination": {"page_size": 1}}
RIGHT = st.sampled_from(
    [
        (a_search(predicate(compared("age", "lt", 25))), SYNC_SEARCH),
        (a_search(expression({"$and": [{"group_size": {"$lt": 5}}]})), SYNC_SEARCH),
        (a_search(idtype("UIN", "1") | SORTED), SEARCH),
        (a_status("reference_id_list", ["a"]), SYNC_STATUS),
        (a_subscription(filter={"type": "location", "value": "11"}), "/registry/subscribe"),
        (an_ending(an_id()), "/registry/unsubscribe"),
    ]
)


def places_in(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401
    inside = list(value.items() if isinstance(value, dict) else enumerate(value or ()))
    found = [(*at, key) for key, _ in inside]
    for key, each in inside:
        found += places_in(each, (*at, key)) if isinstance(each, dict | list) else []
    return found


@st.composite
def nearly_right(draw: st.DrawFn) -> Any:  # noqa: ANN401
    """A right message, and one place of it that is something else, or is gone."""
    message, path = json.loads(json.dumps(draw(RIGHT)))
    *road, last = draw(st.sampled_from(places_in(message)))
    inside = message
    for step in road:
        inside = inside[step]
    if draw(st.booleans()):
        inside[last] = draw(ANYTHING)
    else:
        del inside[last]
    return message, path


@settings(
    max_examples=250,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(asked=nearly_right() | st.tuples(ANYTHING, st.sampled_from(PATHS)))
@example(asked=(a_search(idtype("UIN", "\x00")), SYNC_SEARCH))
@example(asked=(a_search(idtype("UIN", "\ud800")), SEARCH))
@example(asked=(a_search(idtype("UIN", 10**900)), SEARCH))
@example(asked=(a_search(predicate(compared("age", "lt", 2.5e300))), SYNC_SEARCH))
@example(asked=(a_search(predicate(compared("birth_date", "lt", "0000-00-00"))), SYNC_SEARCH))
@example(asked=(a_search(expression({"group_size": {"$in": [{}]}})), SYNC_SEARCH))
@example(asked=(a_search(response_entity=[]), SYNC_SEARCH))
@example(asked=(envelope("search", {"transaction_id": "t"}) | {"header": []}, SEARCH))
async def test_whatever_is_sent_is_answered_as_the_standard_has_it(
    partner: Partner, asked: tuple[object, str]
):
    message, path = asked
    response = await partner.machine.http.post(
        path,
        content=json.dumps(message),
        headers=partner.machine.headers | {"Content-Type": "application/json"},
    )

    assert response.status_code in {200, 202, 400, 401, 403}, response.text
    body = is_answer(path, response)
    if response.status_code >= 400:
        assert body["errors"][0]["code"].startswith("rjct.")


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"content": b"{", "kind": "text/plain"}, 415, "err.request.bad"),
        ({"content": b"[" + b"1," * 600_000 + b"1]"}, 413, "err.request.bad"),
        ({"content": b"{"}, 400, "rjct.message.invalid"),
        ({"content": b"{}", "path": "/registry/disburse"}, 404, "err.request.not_found"),
    ],
)
async def test_what_is_no_message_is_answered_as_gateways_do(
    settled: Settled, sent: dict[str, Any], status: int, code: str
):
    machine = settled.partner.machine
    kind = {"Content-Type": sent.get("kind", "application/json")}

    response = await machine.http.post(
        sent.get("path", SEARCH), content=sent["content"], headers=machine.headers | kind
    )

    assert errors(response) == (status, code)
    assert response.headers["content-type"] == "application/json"
    assert int(response.headers["content-length"]) == len(response.content)


class TestAPartner:
    PATH = "/v1/accounts/{}/spdci-partner"

    async def test_is_entered_by_whoever_answers_for_the_account(
        self, regency: Registry, receiver: Receiver
    ):
        machine = await regency.machine(regency.village.at(Tier.REGENCY))
        admin = await regency.caller(Role.MINISTRY_ADMIN)
        operator = await regency.caller(Role.REGENCY_OPERATOR)
        path = self.PATH.format(machine.actor.id)
        key = jwk(Ed25519PrivateKey.generate())
        terms = {"sender_id": SENDER, "callback_uri": receiver.url, "keys": [key]}

        assert refused(await admin.gets(path)) == (404, "partner-not-found")
        assert refused(await operator.puts(path, terms, version=1))[0] == 403
        assert refused(await machine.gets(path))[0] == 403
        entered = await admin.puts(path, terms, version=1)

        assert entered.status_code == 200, entered.text
        assert entered.json()["keys"] == [key]
        assert (await admin.gets(path)).json() == entered.json()
        assert refused(await admin.puts(path, terms, version=1))[0] == 412
        (told,) = await regency.runs(
            "SELECT action, changes FROM audit_entry WHERE subject_id = $1 "
            "ORDER BY id DESC LIMIT 1",
            machine.actor.id,
        )
        assert told["action"] == "set_partner"
        assert '"keys":1' in told["changes"].replace(" ", "")

    @pytest.mark.parametrize(
        ("terms", "code"),
        [
            ({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}]}, "key-not-usable"),
            ({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}, "key-not-usable"),
            ({"keys": [{"kty": "OKP", "crv": "Ed25519", "d": "x", "x": "A"}]}, "malformed"),
            ({"callback_uri": "http://169.254.169.254/latest"}, "target-refused"),
            ({"callback_uri": "https://10.0.0.8/registry"}, "target-refused"),
            ({"callback_uri": "file:///etc/passwd"}, "target-refused"),
            ({"callback_uri": "https://spmis.example/registry?to=1"}, "target-refused"),
        ],
    )
    async def test_gives_public_keys_and_an_address_in_the_open(
        self, regency: Registry, terms: Json, code: str
    ):
        machine = await regency.machine(regency.village.at(Tier.REGENCY))
        admin = await regency.caller(Role.MINISTRY_ADMIN)
        path = self.PATH.format(machine.actor.id)

        response = await admin.puts(path, {"sender_id": SENDER, **terms}, version=1)

        assert refused(response) == (422, code)

    async def test_sees_its_own_messages_only(
        self, app: FastAPI, regency: Registry, receiver: Receiver, partner: Partner
    ):
        other = await a_partner(app, regency, receiver)
        correlation = await partner.is_acknowledged(SEARCH, a_search())

        for machine, id_ in ((other.machine, correlation), (partner.machine, str(uuid4()))):
            response = await machine.gets(f"/v1/spdci-requests/{id_}")
            assert refused(response) == (404, "exchange-not-found")
