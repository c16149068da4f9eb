"""Whoever follows a region has its changes posted to an address of his: all of them, and no other.

The receiver here checks what comes with the library of Standard Webhooks, as any other would.
"""

import asyncio
import json
import re
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx2 import Response
from standardwebhooks import Webhook, WebhookVerificationError

from app.commands.courier import Courier
from app.commands.job_work import Worker
from app.db.audit import record
from app.db.tables.subscriptions import Subscription, WebhookDelivery
from app.domain.actors import Role
from app.domain.agreements import FieldGroup
from app.domain.extracts.columns import NEEDED, Resource, columns_of, shown
from app.domain.regions import INDONESIA, Region, Tier
from app.domain.sight import granted
from app.domain.subscriptions import MOST_OPEN, SUBSCRIPTIONS, Form, MessageKind
from app.stores import storage_of
from tests.following import all_is_told
from tests.receiver import Got, Receiver, receiving
from tests.registry import Caller, Registry, pointers, refused

R = Role
PATH = "/v1/subscriptions"
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "webhooks.md"
PATIENCE = 20  # seconds; others' transactions that are open keep what came after them back


@dataclass
class Follower:
    """A machine, its subscription, the server it has, and the courier of the service."""

    registry: Registry
    caller: Caller
    receiver: Receiver
    courier: Courier
    subscription: dict[str, Any] = field(default_factory=dict)
    secret: str = ""

    async def subscribes(self, **changes: Any) -> Response:  # noqa: ANN401
        wanted = {"url": self.receiver.url, "events": ["proposals.*"], **changes}
        response = await self.caller.posts(PATH, wanted)
        if response.status_code == 201:
            self.subscription, self.secret = response.json(), response.json()["secret"]
        return response

    @property
    def path(self) -> str:
        return f"{PATH}/{self.subscription['id']}"

    async def reads(self) -> dict[str, Any]:
        response = await self.caller.gets(self.path)
        assert response.status_code == 200, response.text
        return response.json()

    async def takes(self, action: str, **more: Any) -> Response:  # noqa: ANN401
        version = (await self.reads())["version"]
        return await self.caller.posts(
            f"{self.path}/steps", {"action": action, **more}, version=version
        )

    async def log(self) -> list[dict[str, Any]]:
        response = await self.caller.gets(f"{self.path}/deliveries")
        assert response.status_code == 200, response.text
        return response.json()["items"]

    async def carried(self) -> None:
        """All that can be sent now is sent."""
        while await self.courier.deliver(UUID(self.subscription["id"])):
            pass

    async def told_of(self, *ids: str) -> None:
        """Until these are told of, one way or another."""
        async with asyncio.timeout(PATIENCE):
            while not {*ids} <= {each["id"] for each in self.items()}:
                await self.carried()
                await asyncio.sleep(0.02)

    async def tried(self, times: int) -> list[Got]:
        async with asyncio.timeout(PATIENCE):
            while len(self.receiver.got) < times:
                await self.carried()
                await asyncio.sleep(0.02)
        return self.receiver.got

    async def comes_due(self, **past: timedelta) -> None:
        """The time of the next attempt has come; and what else is said to lie in the past."""
        past = {"next_attempt_at": timedelta(0), **past}
        said = ", ".join(f"{column} = now() - ${n}::interval" for n, column in enumerate(past, 2))
        await self.registry.runs(
            f"UPDATE subscription SET {said} WHERE id = $1",  # noqa: S608
            UUID(self.subscription["id"]),
            *past.values(),
        )

    def messages(self) -> Iterator[dict[str, Any]]:
        """As the receiver takes them: verified, and each once."""
        known: set[str] = set()
        for got in self.receiver.got:
            said = Webhook(self.secret).verify(got.body, got.headers)
            if got.headers["webhook-id"] not in known:
                yield said
            known.add(got.headers["webhook-id"])

    def items(self) -> list[dict[str, Any]]:
        return [item for each in self.messages() for item in each["data"].get("items", [])]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def courier(app: FastAPI) -> Courier:
    return Courier(app.state.database, app.state.webhooks)


@pytest.fixture
async def follower(registry: Registry, receiver: Receiver, courier: Courier) -> Follower:
    """Of the test's own district, active from now on."""
    machine = await registry.machine(registry.village.at(Tier.DISTRICT))
    follower = Follower(registry, machine, receiver, courier)
    response = await follower.subscribes()
    assert response.status_code == 201, response.text
    return follower


async def a_subscription(registry: Registry, by: Caller, village: Region) -> UUID:
    """Of his, as it would lie in that village; with a delivery in its log, due now."""
    row = Subscription(
        scope_code=village.first,
        created_by=by.actor.id,
        role=R.REGENCY_OPERATOR,
        asker_region_code=village.at(Tier.REGENCY).code,
        region_code=village.code,
        url="https://hook.example/",
        events=["members.*"],
        form=Form.STANDARD,
        secret=b"",
        after="7.0",
    )
    delivery = WebhookDelivery(
        scope_code=village.first,
        subscription_id=row.id,
        message_id=row.id,
        kind=MessageKind.PING,
        attempt=1,
        items=0,
        bytes=0,
        status=200,
        milliseconds=5,
    )
    async with registry.database.transaction(INDONESIA) as session:
        await record(session, row, SUBSCRIPTIONS.begin(by=row.asker))
        session.add(delivery)
    return row.id


async def submitted(registry: Registry, village: Region | None = None) -> str:
    """Drafted and submitted, and both can be told of: in one message."""
    by = await registry.caller(R.VILLAGE_OPERATOR, over=village or registry.village)
    proposal = await registry.proposal("awaiting_deliberation", by=by)
    await all_is_told(registry)
    return proposal["id"]


class TestAMessage:
    async def test_tells_of_what_changed_signed_for_whoever_has_the_secret(
        self, registry: Registry, follower: Follower
    ):
        proposal = await submitted(registry)

        await follower.told_of(proposal)

        [message] = follower.messages()
        [item] = message["data"]["items"]
        assert (message["type"], item["resource"], item["change"]) == (
            "changes",
            "proposals",
            "created",
        )
        assert item["row"]["village_code"] == registry.village.code
        assert (await follower.reads())["message_id"] is None
        with pytest.raises(WebhookVerificationError):
            Webhook(follower.secret).verify(
                follower.receiver.got[0].body + b" ", follower.receiver.got[0].headers
            )

    async def test_is_checked_by_hand_as_the_documentation_says(
        self, registry: Registry, follower: Follower
    ):
        [code] = re.findall(
            r"```python\n(import base64.+?)```", DOCUMENTATION.read_text(), re.DOTALL
        )
        known: dict[str, Any] = {}
        exec(code, known)  # noqa: S102 - our own words
        await submitted(registry)
        [got] = await follower.tried(1)

        assert known["is_from_siks"](follower.secret, got.headers, got.body)
        assert not known["is_from_siks"](follower.secret, got.headers, got.body + b" ")

    async def test_carries_nothing_of_other_regions_nor_of_what_was_not_asked_for(
        self, registry: Registry, follower: Follower, receiver: Receiver, courier: Courier
    ):
        machine = await registry.machine(registry.village.at(Tier.REGENCY))
        narrow = Follower(registry, machine, receiver, courier)
        await narrow.subscribes(
            events=["proposals.created", "members.left"], region_code=registry.neighbour.code
        )
        outside = [await submitted(registry), await submitted(registry, registry.elsewhere)]
        operator = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)
        inside = await registry.proposal("awaiting_deliberation", by=operator)
        await narrow.told_of(inside["id"])
        await registry.moved_on(inside)
        another = await submitted(registry, registry.neighbour)

        await narrow.told_of(another)

        told = [(each["id"], each["change"]) for each in narrow.items()]
        assert told == [(inside["id"], "created"), (another, "created")]
        assert not {*outside} & {each["id"] for each in narrow.items()}
        read_of = await registry.runs(
            "SELECT DISTINCT unnest(subjects) AS whom FROM access_entry WHERE actor_id = $1",
            machine.actor.id,
        )
        assert len(read_of) == 2, "of others nothing was read"
        assert follower.subscription["region_code"] == registry.village.at(Tier.DISTRICT).code

    async def test_holds_only_what_the_agreement_gives(
        self, registry: Registry, receiver: Receiver, courier: Courier
    ):
        machine = await registry.machine(registry.village.at(Tier.DISTRICT), ["programmes"])
        follower = Follower(registry, machine, receiver, courier)
        await follower.subscribes(events=["households.*", "members.*"])
        household = await registry.registered()

        await follower.told_of(household["id"], household["members"][0]["id"])

        rows = [each["row"] for each in follower.items()]
        names = {name for row in rows if row for name in row}
        assert rows
        assert "programmes" in names
        assert not names & {"name", "nik", "address", "birth_date", "wall"}

    async def test_of_people_stands_in_the_access_log(self, registry: Registry, follower: Follower):
        proposal = await submitted(registry)
        await follower.told_of(proposal)

        entries = await registry.runs(
            "SELECT operation, purpose, agreement FROM access_entry WHERE actor_id = $1",
            follower.caller.actor.id,
        )

        assert {(each["operation"], each["purpose"]) for each in entries} == {
            ("deliver_webhook", "extract")
        }
        assert all(each["agreement"] for each in entries)

    async def test_that_was_taken_is_followed_by_the_next_without_a_gap(
        self, registry: Registry, follower: Follower
    ):
        first = await submitted(registry)
        await follower.told_of(first)
        second = await submitted(registry)
        await follower.told_of(second)

        places = [(each["data"]["after"], each["data"]["next"]) for each in follower.messages()]
        assert [*dict.fromkeys(each["id"] for each in follower.items())] == [first, second]
        assert all(
            [*map(int, ended.split("."))] <= [*map(int, began.split("."))]
            for (_, ended), (began, _) in pairwise(places)
        )

    async def test_holds_as_much_as_fits_into_one(
        self, registry: Registry, follower: Follower, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("app.commands.courier.MOST_BYTES", 10)
        proposals = [await submitted(registry) for _ in range(3)]

        await follower.told_of(*proposals)

        assert {len(each["data"]["items"]) for each in follower.messages()} == {1}
        assert [*dict.fromkeys(each["id"] for each in follower.items())] == proposals

    async def test_under_every_grant_there_is_holds_nothing_else(
        self, registry: Registry, follower: Follower, receiver: Receiver, courier: Courier
    ):
        """Every set of field groups, over a province, while things happen in another one too."""
        began = follower.subscription["after"]
        operator = await registry.caller(R.VILLAGE_OPERATOR, over=registry.elsewhere)
        await registry.proposal("determined", by=operator)
        home = await registry.registered()
        province = registry.village.at(Tier.PROVINCE)
        for number in range(1, len(FieldGroup) + 1):
            for fields in combinations(FieldGroup, number):
                sight = granted(fields)
                given = [each for each in Resource if shown(NEEDED.get(each), sight)]
                receiver.got.clear()
                machine = await registry.machine(province, fields)
                all_of_it = Follower(registry, machine, receiver, courier)
                await all_of_it.subscribes(events=[f"{each}.*" for each in given], after=began)
                await all_of_it.told_of(home["id"])

                for item in all_of_it.items():
                    named = {each.name for each in columns_of(item["resource"], sight)}
                    assert {*item["row"]} <= named, (fields, item["resource"])
                    assert item["row"]["province_code"] == province.code


class TestWhereItIsNotTaken:
    async def test_it_comes_again_under_the_same_id_and_tells_the_same(
        self, registry: Registry, follower: Follower
    ):
        follower.receiver.will("503 Busy\r\nRetry-After: 7200\r\n\r\n", "200 OK\r\n\r\n")
        first = await submitted(registry)
        await follower.tried(1)
        read = await follower.reads()
        later = await submitted(registry)

        await follower.carried()
        assert len(follower.receiver.got) == 1, "not before its time"
        await follower.comes_due()
        await follower.tried(2)

        one, other, *_ = follower.receiver.got
        assert one.headers["webhook-id"] == other.headers["webhook-id"] == read["message_id"]
        [message, *_] = follower.messages()
        again = json.loads(other.body)["data"]
        assert again["next"] == message["data"]["next"]
        assert [each["id"] for each in again["items"]] == [first]
        await follower.told_of(first, later)
        log = await follower.log()
        assert [(each["attempt"], each["status"], each["taken"]) for each in log[:2]] == [
            (1, 503, False),
            (2, 200, True),
        ]

    async def test_retry_after_is_waited_for_and_the_waits_grow(
        self, registry: Registry, follower: Follower
    ):
        follower.receiver.will("503 Busy\r\nRetry-After: 7200\r\n\r\n", "500 No\r\n\r\n")
        await submitted(registry)
        await follower.tried(1)
        waits = [await seconds_to_wait(follower)]
        for times in (2, 3):
            await follower.comes_due()
            await follower.tried(times)
            waits.append(await seconds_to_wait(follower))

        assert 7100 < waits[0] <= 7200
        assert 20 < waits[1] < 35
        assert 100 < waits[2] < 135

    async def test_by_one_others_do_not_wait(
        self, registry: Registry, follower: Follower, courier: Courier
    ):
        follower.receiver.hold.clear()
        async with receiving() as quick:
            machine = await registry.machine(registry.village.at(Tier.DISTRICT))
            other = Follower(registry, machine, quick, courier)
            await other.subscribes()
            await submitted(registry)
            async with asyncio.timeout(2 * PATIENCE):
                while not quick.got:
                    await courier.round()
                    await asyncio.sleep(0.05)
            assert await follower.log() == [], "it is still waited for"
            follower.receiver.hold.set()
            await courier.rest()

    async def test_for_days_the_subscription_is_disabled_and_its_owner_told(
        self, registry: Registry, follower: Follower
    ):
        follower.receiver.will("500 No\r\n\r\n", "500 No\r\n\r\n", "200 OK\r\n\r\n")
        proposal = await submitted(registry)
        await follower.tried(1)
        await follower.comes_due(failing_since=timedelta(days=5, minutes=1))
        await follower.tried(2)

        read = await follower.reads()
        assert (read["state"], read["problem"]["code"]) == ("disabled", "target-failing")
        for reader in (follower.caller, await registry.caller(R.MINISTRY_ADMIN)):
            notices = (await reader.gets("/v1/notices")).json()
            assert read["id"] in [each["subscription_id"] for each in notices["subscriptions"]]
        await follower.comes_due()
        await follower.carried()
        assert len(follower.receiver.got) == 2, "nothing is sent while it is disabled"

        assert (await follower.takes("resume")).status_code == 201
        await follower.told_of(proposal)

    async def test_as_the_receiver_is_gone_it_is_disabled_at_once(
        self, registry: Registry, follower: Follower
    ):
        follower.receiver.will("410 Gone\r\n\r\n")
        await submitted(registry)
        await follower.tried(1)

        read = await follower.reads()
        assert (read["state"], read["problem"]["code"]) == ("disabled", "target-gone")

    async def test_twice_at_once_whoever_comes_late_changes_nothing(
        self, registry: Registry, follower: Follower
    ):
        """As where a courier is thought dead, or dies, between sending and recording."""
        held_up = follower.receiver.hold
        held_up.clear()
        proposal = await submitted(registry)
        late = asyncio.create_task(follower.tried(1))
        await follower.receiver.has_got(1)
        follower.receiver.hold = asyncio.Event()
        follower.receiver.hold.set()
        await follower.comes_due(leased_until=timedelta(seconds=1))
        later = await submitted(registry)
        await follower.told_of(later)
        held_up.set()
        await late
        await follower.carried()

        one, other, *_ = follower.receiver.got
        assert one.headers["webhook-id"] == other.headers["webhook-id"]
        assert [each["id"] for each in follower.items()] == [proposal, later]
        assert [each["attempt"] for each in await follower.log()] == [1, 1, 1]


async def test_a_worker_carries_what_there_is_by_itself(
    registry: Registry, follower: Follower, app: FastAPI
):
    url, storage = str(app.state.settings.database_url), storage_of(app.state.settings)
    async with Worker(url, storage, webhooks=app.state.webhooks).at_work():
        proposal = await submitted(registry)
        await follower.receiver.has_got(1)

    told = follower.items()
    assert {each["id"] for each in told} == {proposal}
    # It may come by between the two steps and tell of each, but of none twice.
    assert len({each["at"] for each in told}) == len(told) <= 2


class TestNobodyIsSentAnything:
    async def test_after_the_agreement_has_expired(self, registry: Registry, follower: Follower):
        proposal = await submitted(registry)
        expiry = "UPDATE agreement SET expires_on = expires_on - $2::int WHERE account_id = $1"
        who = follower.caller.actor.id
        await registry.runs(expiry, who, 310)

        await follower.carried()

        read = await follower.reads()
        assert (read["state"], read["problem"]["code"]) == ("paused", "agreement-expired")
        assert follower.receiver.got == []
        await registry.runs(expiry, who, -310)
        assert (await follower.takes("resume")).status_code == 201
        await follower.told_of(proposal)

    async def test_who_holds_the_assignment_no_more(self, registry: Registry, follower: Follower):
        await submitted(registry)
        await registry.runs(
            "UPDATE assignment SET ends_at = now() WHERE account_id = $1", follower.caller.actor.id
        )

        await follower.carried()

        [row] = await registry.runs(
            "SELECT state, problem FROM subscription WHERE id = $1",
            UUID(follower.subscription["id"]),
        )
        assert row["state"] == "paused"
        assert json.loads(row["problem"])["code"] == "asker-gone"
        assert follower.receiver.got == []

    async def test_with_a_secret_that_the_service_cannot_read(
        self, registry: Registry, follower: Follower
    ):
        await registry.runs(
            r"UPDATE subscription SET secret = '\x00'::bytea || secret WHERE id = $1",
            UUID(follower.subscription["id"]),
        )
        proposal = await submitted(registry)
        async with asyncio.timeout(PATIENCE):
            while (read := await follower.reads())["state"] == "active":
                await follower.carried()

        assert read["problem"]["code"] == "secret-lost"
        told = await follower.caller.posts(f"{follower.path}/secrets", {"overlap_hours": 0})
        follower.secret = told.json()["secret"]
        assert (await follower.takes("resume")).status_code == 201
        await follower.told_of(proposal)

    @pytest.mark.parametrize(
        ("url", "code"),
        [
            ("http://169.254.169.254/latest/meta-data", "target_inside"),
            ("https://10.0.0.1/hook", "target_inside"),
            ("https://user@hook.example/", "target_malformed"),
            ("https://hook.example:25/", "target_port"),
            ("ftp://hook.example/", "target_scheme"),
        ],
    )
    async def test_at_an_address_inside(self, follower: Follower, url: str, code: str):
        for response in (
            await follower.caller.posts(PATH, {"url": url, "events": ["members.*"]}),
            await follower.caller.patches(follower.path, {"url": url}),
        ):
            assert refused(response) == (422, "target-refused")
            assert [(e["pointer"], e["code"]) for e in response.json()["errors"]] == [
                ("/url", code)
            ]


class TestTheOwner:
    async def test_has_what_has_passed_sent_once_more(self, registry: Registry, follower: Follower):
        began = follower.subscription["after"]
        proposal = await submitted(registry)
        await follower.told_of(proposal)

        assert (await follower.takes("replay", after=began)).status_code == 201
        await follower.tried(2)

        one, other = follower.receiver.got
        assert one.headers["webhook-id"] != other.headers["webhook-id"]
        assert [each["id"] for each in follower.items()] == [proposal, proposal]
        ahead = await follower.takes("replay", after="999999999999.0")
        assert refused(ahead) == (422, "cursor-not-fit")
        assert pointers(ahead) == {"/after"}

    async def test_replays_also_while_a_message_is_on_its_way(
        self, registry: Registry, follower: Follower
    ):
        follower.receiver.hold.clear()
        proposal = await submitted(registry)
        sending = asyncio.create_task(follower.tried(1))
        await follower.receiver.has_got(1)
        step = await follower.takes("replay", after=follower.subscription["after"])
        assert step.status_code == 201
        follower.receiver.hold.set()
        await sending

        await follower.tried(2)

        assert [each["id"] for each in follower.items()] == [proposal, proposal]

    async def test_pauses_and_goes_on_where_it_stood(self, registry: Registry, follower: Follower):
        await follower.takes("pause")
        proposal = await submitted(registry)
        await follower.carried()
        assert follower.receiver.got == []

        await follower.takes("resume")
        await follower.told_of(proposal)

    async def test_tries_the_receiver_with_a_ping_even_while_it_is_paused(self, follower: Follower):
        await follower.takes("pause")
        response = await follower.caller.posts(f"{follower.path}/pings", {})
        assert response.status_code == 202, response.text

        await follower.tried(1)

        [message] = follower.messages()
        [got] = follower.receiver.got
        assert (message["type"], message["data"]) == (
            "ping",
            {"subscription_id": follower.subscription["id"]},
        )
        assert got.headers["webhook-id"] == response.json()["message_id"]
        assert [each["kind"] for each in await follower.log()] == ["ping"]

    async def test_changes_the_secret_while_the_former_one_still_serves(
        self, registry: Registry, follower: Follower
    ):
        former = follower.secret
        told = await follower.caller.posts(f"{follower.path}/secrets", {}, key="once")
        again = await follower.caller.posts(f"{follower.path}/secrets", {}, key="once")
        await submitted(registry)
        [got] = await follower.tried(1)

        assert again.json() == {"secret": None}
        for secret in (former, told.json()["secret"]):
            Webhook(secret).verify(got.body, got.headers)
        await follower.comes_due(secret_before_until=timedelta(seconds=1))
        await submitted(registry)
        _, got = await follower.tried(2)
        Webhook(told.json()["secret"]).verify(got.body, got.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(former).verify(got.body, got.headers)

    async def test_is_told_the_secret_once_and_it_is_kept_sealed(
        self, registry: Registry, follower: Follower
    ):
        wanted = {"url": follower.receiver.url, "events": ["members.*"]}
        first = await follower.caller.posts(PATH, wanted, key="the-same")
        again = await follower.caller.posts(PATH, wanted, key="the-same")

        assert first.json()["secret"].startswith("whsec_")
        assert again.json() == {**first.json(), "secret": None}
        assert "secret" not in await follower.reads()
        [row] = await registry.runs(
            "SELECT secret FROM subscription WHERE id = $1", UUID(first.json()["id"])
        )
        assert b64decode(first.json()["secret"].removeprefix("whsec_")) not in row["secret"]

    async def test_alone_sees_it_but_for_who_answers_for_the_accounts(
        self, registry: Registry, follower: Follower
    ):
        other = await registry.machine(registry.village.at(Tier.DISTRICT))
        for path in (follower.path, f"{follower.path}/deliveries"):
            assert refused(await other.gets(path)) == (404, "subscription-not-found")
        assert (await other.gets(PATH)).json()["items"] == []
        admin = await registry.caller(R.REGENCY_ADMIN)
        read = await admin.gets(follower.path)
        actions = [each["action"] for each in read.json()["open_actions"]]
        assert actions == ["pause", "end"]

        step = {"action": "end"}
        ended = await admin.posts(f"{follower.path}/steps", step, version=read.json()["version"])

        assert ended.json()["target"] == "ended"
        pinged = await follower.caller.posts(f"{follower.path}/pings", {})
        assert refused(pinged) == (409, "subscription-ended")


class TestASubscriptionIsRefused:
    async def test_to_a_role_that_reads_nobody(self, registry: Registry, receiver: Receiver):
        admin = await registry.caller(R.REGENCY_ADMIN)
        response = await admin.posts(PATH, {"url": receiver.url, "events": ["members.*"]})
        assert refused(response) == (403, "role-may-not")

    async def test_to_a_machine_without_an_agreement(
        self, registry: Registry, receiver: Receiver, courier: Courier
    ):
        machine = await registry.machine(registry.village.at(Tier.REGENCY), [])
        follower = Follower(registry, machine, receiver, courier)
        assert refused(await follower.subscribes()) == (403, "reads-nobody")

    async def test_over_what_the_agreement_does_not_give(
        self, registry: Registry, receiver: Receiver, courier: Courier
    ):
        machine = await registry.machine(registry.village.at(Tier.REGENCY), ["identity"])
        follower = Follower(registry, machine, receiver, courier)
        refusal = await follower.subscribes(events=["members.*", "recipients.*"])
        assert refused(refusal) == (403, "resource-not-granted")

    async def test_outside_the_region(self, registry: Registry, follower: Follower):
        refusal = await follower.subscribes(region_code=registry.elsewhere.code)
        assert refusal.status_code in {403, 404, 422}

    @pytest.mark.parametrize(
        "changes",
        [
            {"events": []},
            {"events": ["members"]},
            {"events": ["members.created", "accounts.created"]},
            {"after": "1"},
            {"after": "99999999999999999999999.1"},
            {"form": "odd"},
            {"url": "x" * 2000},
            {"description": "\x00"},
        ],
    )
    async def test_where_it_is_malformed(self, follower: Follower, changes: dict[str, Any]):
        assert refused(await follower.subscribes(**changes))[0] == 422

    async def test_where_there_are_many(self, follower: Follower):
        answers = await asyncio.gather(*(follower.subscribes() for _ in range(MOST_OPEN + 3)))

        made = [each for each in answers if each.status_code == 201]
        assert len(made) == MOST_OPEN - 1
        assert refused(await follower.subscribes()) == (409, "too-many-subscriptions")


async def seconds_to_wait(follower: Follower) -> float:
    [row] = await follower.registry.runs(
        "SELECT extract(epoch FROM next_attempt_at - now())::float AS s FROM subscription "
        "WHERE id = $1",
        UUID(follower.subscription["id"]),
    )
    return row["s"]
