"""An officer leaves: what lies open on his desk goes over to another, and stays provable."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from httpx2 import Response

from app.commands import handovers
from app.db import accounts
from app.domain.actors import Role
from app.domain.regions import INDONESIA, Region, Tier
from tests.api.test_work_lists import ids, listed
from tests.conftest import Run
from tests.db.copies import a_copy
from tests.registry import LONG_AGO, REASON, Caller, Registry, pointers, refused

R = Role
NOTE = "Operator lama pindah tugas per 1 Desember 2026."


async def hands_over(
    admin: Caller, giver: Caller, receiver: Caller, *, key: str | None = None, note: str = NOTE
) -> Response:
    body = {
        "from_account_id": str(giver.actor.id),
        "to_account_id": str(receiver.actor.id),
        "note": note,
    }
    return await admin.posts("/v1/handovers", body, key=key)


def told(response: Response) -> tuple[int, int, int]:
    assert response.status_code == 201, response.text
    body = response.json()
    return body["moved"], body["remaining"], body["outside"]


@pytest.fixture
async def admin(registry: Registry) -> Caller:
    return await registry.caller(R.REGENCY_ADMIN)


@pytest.fixture
async def leaver(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


@pytest.fixture
async def successor(registry: Registry) -> Caller:
    return await registry.newcomer(R.VILLAGE_OPERATOR)


class TestOpenWork:
    async def test_goes_over_to_the_successor_who_goes_on_with_it(
        self, registry: Registry, admin: Caller, leaver: Caller, successor: Caller
    ):
        open_work = [await registry.proposal(), await registry.proposal("awaiting_regency")]
        ended = await registry.proposal()
        await leaver.takes("withdraw", ended, note="Pindah.")

        response = await hands_over(admin, leaver, successor)

        assert told(response) == (2, 0, 0)
        assert ids(await listed(successor, mine=True)) == ids(open_work)
        assert ids(await listed(leaver, mine=True)) == {ended["id"]}
        for before in open_work:
            after = await successor.reads(before)
            kept = {"state", "waiting_since", "created_by", "content", "open_actions"}
            assert {k: after[k] for k in kept} == {k: before[k] for k in kept}
            assert after["responsible_id"] == str(successor.actor.id)
            assert after["version"] == before["version"] + 1
        drafted = await successor.reads(open_work[0])
        assert (await successor.takes("submit", drafted)).status_code == 201

    async def test_leaves_an_entry_each_that_says_who_what_and_why(
        self, registry: Registry, admin: Caller, leaver: Caller, successor: Caller
    ):
        proposal = await registry.proposal("awaiting_deliberation")

        await hands_over(admin, leaver, successor)

        entry = (await registry.audit_of(proposal["id"]))[-1]
        assert (entry["workflow"], entry["action"]) == ("proposal", "hand_over")
        assert (entry["source"], entry["target"]) == ("awaiting_deliberation",) * 2
        assert (entry["actor_id"], entry["actor_role"]) == (str(admin.actor.id), "regency_admin")
        assert entry["grounds"] == {"note": NOTE}
        both = [str(leaver.actor.id), str(successor.actor.id)]
        assert entry["changes"] == {"/responsible_id": both}
        assert entry["version"] == proposal["version"] + 1

    async def test_goes_on_from_desk_to_desk_and_back(
        self, registry: Registry, admin: Caller, leaver: Caller, successor: Caller
    ):
        proposal = await registry.proposal()
        third = await registry.newcomer(R.REGENCY_OPERATOR)

        assert told(await hands_over(admin, leaver, successor)) == (1, 0, 0)
        assert told(await hands_over(admin, leaver, third)) == (0, 0, 0)
        assert told(await hands_over(admin, successor, third)) == (1, 0, 0)
        assert told(await hands_over(admin, third, leaver)) == (1, 0, 0)

        assert ids(await listed(leaver, mine=True)) == {proposal["id"]}
        desks = [
            e["changes"]["/responsible_id"] for e in (await registry.audit_of(proposal["id"]))[-3:]
        ]
        assert [before for before, _ in desks[1:]] == [after for _, after in desks[:-1]]

    async def test_of_a_village_where_the_successor_has_no_assignment_stays(
        self, registry: Registry, admin: Caller
    ):
        leaver = await registry.caller(R.REGENCY_OPERATOR)
        here = await registry.proposal(by=leaver)
        there = [await proposed_at(registry, leaver, registry.neighbour) for _ in range(2)]
        successor = await registry.newcomer(R.VILLAGE_OPERATOR)

        response = await hands_over(admin, leaver, successor)

        assert told(response) == (1, 0, 2)
        assert ids(await listed(successor, mine=True)) == {here["id"]}
        assert ids(await listed(leaver, mine=True)) == set(there)

    async def test_goes_over_wherever_the_successor_holds_an_assignment(
        self, registry: Registry, admin: Caller
    ):
        leaver = await registry.caller(R.REGENCY_OPERATOR)
        await registry.proposal(by=leaver)
        await proposed_at(registry, leaver, registry.neighbour)
        successor = await at_home_in_the_district(registry)

        assert told(await hands_over(admin, leaver, successor)) == (2, 0, 0)

    async def test_goes_over_in_parts_that_can_be_asked_for_again(
        self,
        registry: Registry,
        admin: Caller,
        leaver: Caller,
        successor: Caller,
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr(handovers, "AT_ONCE", 2)
        for _ in range(3):
            await registry.proposal()

        assert told(await hands_over(admin, leaver, successor)) == (2, 1, 0)
        assert told(await hands_over(admin, leaver, successor)) == (1, 0, 0)
        assert told(await hands_over(admin, leaver, successor)) == (0, 0, 0)

    async def test_goes_over_once_however_often_it_is_sent_with_one_key(
        self, registry: Registry, admin: Caller, leaver: Caller, successor: Caller
    ):
        proposal, key = await registry.proposal(), str(uuid4())

        first = await hands_over(admin, leaver, successor, key=key)
        second = await hands_over(admin, leaver, successor, key=key)
        otherwise = await hands_over(admin, successor, leaver, key=key)

        assert told(first) == told(second) == (1, 0, 0)
        assert refused(otherwise) == (422, "key-used-otherwise")
        assert len(await registry.audit_of(proposal["id"])) == 2

    async def test_goes_to_one_of_two_who_are_named_at_once(
        self, registry: Registry, admin: Caller, leaver: Caller, successor: Caller
    ):
        other = await registry.newcomer(R.VILLAGE_OPERATOR)
        proposals = [await registry.proposal() for _ in range(3)]

        answers = await asyncio.gather(
            *(hands_over(admin, leaver, to) for to in (successor, other))
        )

        assert sum(told(answer)[0] for answer in answers) == 3
        for proposal in proposals:
            assert len(await registry.audit_of(proposal["id"])) == 2

    async def test_is_no_longer_what_was_read_before(
        self, registry: Registry, admin: Caller, leaver: Caller, successor: Caller
    ):
        proposal = await registry.proposal()

        await hands_over(admin, leaver, successor)
        response = await leaver.takes("submit", proposal)

        assert refused(response) == (412, "outdated")
        assert pointers(response) == {"/responsible_id"}

    async def test_names_nobody_to_the_administrator(
        self, registry: Registry, admin: Caller, leaver: Caller, successor: Caller
    ):
        proposal = await registry.proposal()

        response = await hands_over(admin, leaver, successor)

        assert set(response.json()) == {"moved", "remaining", "outside"}
        assert proposal["household_id"] not in response.text
        noted = "SELECT count(*) FROM access_entry WHERE actor_id = $1"
        [(entries,)] = await registry.runs(noted, admin.actor.id)
        assert entries == 0


class TestAuthorship:
    async def test_is_not_handed_over(self, registry: Registry, admin: Caller, successor: Caller):
        """Who drafted and submitted it decides on it as little as before."""
        author = await registry.newcomer(R.REGENCY_VERIFIER)
        operator = await registry.also(author, R.VILLAGE_OPERATOR)
        registry.known[R.VILLAGE_OPERATOR, registry.village] = operator
        proposal = await registry.proposal("awaiting_regency")

        assert told(await hands_over(admin, operator, successor)) == (1, 0, 0)
        proposal = await author.reads(proposal)

        assert proposal["responsible_id"] == str(successor.actor.id)
        assert proposal["open_actions"] == []
        assert refused(await author.takes("approve", proposal)) == (403, "own-work")

    async def test_does_not_come_with_the_desk(
        self, registry: Registry, admin: Caller, leaver: Caller
    ):
        """Whoever takes over did not write it; he may decide on it in his other office."""
        both = await registry.newcomer(R.REGENCY_VERIFIER)
        await registry.proposal("awaiting_regency")

        await hands_over(admin, leaver, await registry.also(both, R.VILLAGE_OPERATOR))
        [proposal] = await listed(both, mine=True)
        response = await both.takes("return", proposal, target="drafted", **REASON)

        assert response.status_code == 201, response.text


async def proposed_at(registry: Registry, operator: Caller, village: Region) -> str:
    """The id of a proposal that a regency's operator drafted for that village."""
    neighbours = await registry.caller(R.VILLAGE_OPERATOR, over=village)
    household = await registry.household(by=neighbours)
    response = await operator.posts(
        "/v1/proposals", {"kind": "new_family", "household_id": household["id"]}
    )
    assert response.status_code == 201, response.text
    proposal_id: str = response.json()["id"]
    return proposal_id


async def at_home_in_the_district(registry: Registry, **period: datetime) -> Caller:
    """An operator of two villages."""
    async with registry.database.transaction(INDONESIA) as session:
        account = await accounts.open_account(
            session,
            username=f"petugas.{uuid4().hex[:12]}",
            display_name="Petugas",
            password_hash="!",
            role=R.VILLAGE_OPERATOR,
            region=registry.village,
            home=registry.village.at(Tier.DISTRICT),
            **{"from_": LONG_AGO, **period},
        )
        await accounts.assign(
            session,
            account,
            role=R.VILLAGE_OPERATOR,
            region=registry.neighbour,
            **{"from_": LONG_AGO, **period},
        )
    actor = (await registry.newcomer(R.VILLAGE_OPERATOR)).actor
    return registry.as_(type(actor)(account.id, actor.role, registry.village))


class TestIsRefused:
    @pytest.mark.parametrize("role", [R.VILLAGE_OPERATOR, R.REGENCY_VERIFIER, R.AUDITOR])
    async def test_to_whoever_administers_nothing(
        self, registry: Registry, leaver: Caller, successor: Caller, role: Role
    ):
        over = registry.village.at(Tier.REGENCY) if role is R.AUDITOR else None
        stranger = await registry.newcomer(role, over=over)

        response = await hands_over(stranger, leaver, successor)

        assert refused(response) == (403, "role-may-not")

    async def test_as_not_found_for_accounts_of_another_regency(
        self, registry: Registry, admin: Caller, leaver: Caller, successor: Caller
    ):
        foreign = await registry.newcomer(R.VILLAGE_OPERATOR, over=registry.elsewhere)
        await registry.proposal()

        for giver, receiver in ((foreign, successor), (leaver, foreign)):
            response = await hands_over(admin, giver, receiver)
            assert refused(response) == (404, "account-not-found")

    async def test_to_and_from_one_account(self, admin: Caller, leaver: Caller):
        response = await hands_over(admin, leaver, leaver)

        assert refused(response) == (422, "handed-to-himself")
        assert pointers(response) == {"/to_account_id"}

    @pytest.mark.parametrize("role", [R.VILLAGE_HEAD, R.ENUMERATOR, R.REGENCY_VERIFIER])
    async def test_for_a_receiver_who_proposes_nothing(
        self, registry: Registry, admin: Caller, leaver: Caller, role: Role
    ):
        await registry.proposal()

        response = await hands_over(admin, leaver, await registry.newcomer(role))

        assert refused(response) == (409, "takes-nothing-over")

    async def test_for_a_receiver_who_was_dismissed(
        self, registry: Registry, admin: Caller, leaver: Caller, successor: Caller
    ):
        await registry.proposal()
        step = {"action": "dismiss", "grounds": {"note": "pindah"}}
        path = f"/v1/accounts/{successor.actor.id}/steps"
        assert (await admin.posts(path, step, version=1)).status_code == 201

        response = await hands_over(admin, leaver, successor)

        assert refused(response) == (409, "takes-nothing-over")

    @pytest.mark.parametrize("days", [-2, 2], ids=["past", "to come"])
    async def test_for_a_receiver_whose_assignment_is_not_current(
        self, registry: Registry, admin: Caller, leaver: Caller, days: int
    ):
        begins = datetime.now(UTC) + timedelta(days=days)
        period = {"from_": begins, "until": begins + timedelta(days=1)}
        await registry.proposal()

        receiver = await at_home_in_the_district(registry, **period)

        response = await hands_over(admin, leaver, receiver)
        assert refused(response) == (409, "takes-nothing-over")

    @pytest.mark.parametrize("note", ["", " ", "\x00", "x" * 2001])
    async def test_without_a_reason_in_words(
        self, admin: Caller, leaver: Caller, successor: Caller, note: str
    ):
        response = await hands_over(admin, leaver, successor, note=note)

        assert refused(response) == (422, "malformed")
        assert pointers(response) == {"/note"}


async def test_a_dismissed_officers_work_is_not_lost(
    registry: Registry, admin: Caller, leaver: Caller, successor: Caller
):
    await registry.proposal()
    step = {"action": "dismiss", "grounds": {"note": "pindah"}}
    await admin.posts(f"/v1/accounts/{leaver.actor.id}/steps", step, version=1)

    assert told(await hands_over(admin, leaver, successor)) == (1, 0, 0)


async def test_the_ministry_hands_over_in_every_regency(
    registry: Registry, leaver: Caller, successor: Caller
):
    await registry.proposal()
    admin = await registry.caller(R.MINISTRY_ADMIN)

    assert told(await hands_over(admin, leaver, successor)) == (1, 0, 0)


async def test_a_thousand_go_over_within_a_request_and_the_audit_stays_whole(
    run: Run, database_name: str
):
    async with a_copy(run, f"{database_name}_desk") as copy, copy.registry() as registry:
        leaver, admin = [
            await registry.caller(role) for role in (R.VILLAGE_OPERATOR, R.REGENCY_ADMIN)
        ]
        successor = await registry.newcomer(R.VILLAGE_OPERATOR)
        proposal = await registry.proposal()
        await registry.proposal("awaiting_regency")

        assert told(await hands_over(admin, leaver, successor)) == (2, 0, 0)
        report = await copy.verified()
        await copy.does(MULTIPLIED.format(1_100), UUID(proposal["id"]))
        many = await hands_over(admin, successor, leaver)

        assert report.intact, report
        assert told(many) == (1_000, 102, 0)


# The same draft many times over.
MULTIPLIED = """
WITH made AS (
    INSERT INTO household SELECT (jsonb_populate_record(h, jsonb_build_object(
        'id', gen_random_uuid()))).* FROM household h JOIN proposal p ON p.household_id = h.id,
        generate_series(1, {}) WHERE p.id = $1 RETURNING id
)
INSERT INTO proposal SELECT (jsonb_populate_record(p, jsonb_build_object(
    'id', gen_random_uuid(), 'household_id', made.id))).* FROM proposal p, made WHERE p.id = $1
"""
