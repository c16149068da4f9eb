"""Words for tests: who asks, and what the registry holds when they do. Everything over HTTP."""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count, zip_longest
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from httpx2 import AsyncClient, Response

from app.commands.sign_in import Door
from app.db import accounts
from app.db.audit import record
from app.db.sessions import Database
from app.db.tables.agreements import AgreementRow
from app.domain.actors import TIERS_OF, Actor, Role
from app.domain.agreement_terms import AGREEMENTS
from app.domain.appointments import CONSOLE
from app.domain.regions import INDONESIA, Region, Tier
from tests.files import a_pdf, a_photo
from tests.questionnaire import a_sheet

R = Role
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
WIB = ZoneInfo("Asia/Jakarta")
# Workers share one country: each counts for itself.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
NUMBERS = count(1 + WORKER * 1_200)
NO_PASSWORD = "!"
KEPT_APART = 240  # regencies
ELSEWHERE = (Region("3522012001"), Region("3672011001"))  # far from any test's own place
REJANG_LEBONG = Region("1702")  # where one test opens an account in every village

DELIBERATION: dict[str, Any] = {
    "kind": "musdes",
    "held_on": "2026-11-18",
    "place": "Balai Desa",
    "chair": "Suparman",
    "minutes_number": "470/12/MUSDES/2026",
    "attendance": [
        {"name": "Suparman", "capacity": "village_head"},
        {"name": "Tarmizi", "capacity": "rt_rw"},
        {"name": "Wagiman", "capacity": "village_council", "present": False},
    ],
}
LETTER = {"letter_number": "460/77/DINSOS/2026", "letter_date": "2026-11-19"}
DECREE = {"decree_number": "186/HUK/2026", "decree_date": "2026-11-20"}
REASON = {"reason": "data_incomplete", "note": "Lengkapi alamatnya."}

# The road of a proposal: who does what, with which grounds, while it waits there.
ROAD: dict[str, tuple[Role, str, dict[str, Any]]] = {
    "drafted": (R.VILLAGE_OPERATOR, "submit", {}),
    "awaiting_deliberation": (R.VILLAGE_OPERATOR, "close", {}),  # the deliberation that it is on
    "awaiting_village_head": (R.VILLAGE_HEAD, "approve", {}),
    "awaiting_district": (R.DISTRICT_OFFICER, "approve", {}),
    "awaiting_regency": (R.REGENCY_VERIFIER, "approve", {}),
    "awaiting_endorsement": (R.REGENCY_ENDORSER, "approve", LETTER),
    "awaiting_province": (R.PROVINCE_OFFICER, "approve", {}),
    "awaiting_ministry": (R.MINISTRY_ANALYST, "approve", {}),
    "awaiting_determination": (R.MINISTRY_DETERMINER, "approve", DECREE),
}
VERDICTS = {"approve", "return", "reject", "undo"}
VISITED_ON = date(2026, 11, 10)
ENDINGS = {"finished": "finish", "discarded": "discard"}


def refused(response: Response) -> tuple[int, str]:
    """The status and the stable code of a refusal."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["type"].removeprefix("urn:siks:problem:")


def pointers(response: Response) -> set[str]:
    return {error["pointer"] for error in response.json()["errors"]}


def a_nik(village: Region, *, born: date | None = None, woman: bool = False) -> str:
    """A NIK nobody has, that fits a birth date and a sex."""
    number = next(NUMBERS)
    born = born or birth_date(number)
    day = born.day + 40 if woman else born.day
    serial = number % 9999 + 1
    return f"{village.code[:6]}{day:02d}{born:%m%y}{serial:04d}"


def birth_date(number: int) -> date:
    return date(1960, 1, 1) + timedelta(days=number % 14_000)


def a_member(village: Region, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """A household head with nothing wanting."""
    woman = changes.get("sex", 1) == 2
    born = birth_date(next(NUMBERS))
    member = {
        "id": str(uuid4()),
        "number": 1,
        "name": "Budi Santoso",
        "sex": 1,
        "birth_place": "Cilegon",
        "birth_date": str(born),
        "mother_name": "Rohmah",
        "relation_to_household_head": 1,
        "relation_to_family_head": 1,
        "marital_status": 2,
        "nik": a_nik(village, born=born, woman=woman),
    }
    return {k: v for k, v in {**member, **changes}.items() if v is not ...}


def a_household(village: Region, *members: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """A household of one family, ready to be proposed; of one head where no members are given."""
    household = {
        "id": str(uuid4()),
        "village_code": village.code,
        "address": "Jl. Sunan Demak No. 12",
        "rt": "004",
        "rw": "02",
        "location": {"latitude": -6.0186, "longitude": 106.0558},
        "families": [
            {
                "id": str(uuid4()),
                "number": 1,
                "card_number": f"{village.code[:6]}010120{next(NUMBERS) % 9999 + 1:04d}",
                "members": list(members) or [a_member(village)],
            }
        ],
    }
    return {k: v for k, v in {**household, **changes}.items() if v is not ...}


def a_deliberation(village_code: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """A meeting that has been held, with all that its minutes say."""
    deliberation = {"id": str(uuid4()), "village_code": village_code, **DELIBERATION}
    return {k: v for k, v in {**deliberation, **changes}.items() if v is not ...}


def a_statement(*proposals: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Signed for these proposals of one village."""
    statement = {
        "id": str(uuid4()),
        "village_code": proposals[0]["village_code"],
        "number": "470/15/SPTJM/2026",
        "dated": "2026-11-18",
        "signed_by": {"name": "Suparman", "position": "Kepala Desa"},
        "proposal_ids": [each["id"] for each in proposals],
    }
    return statement | changes


def an_answer_sheet(household: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Everything that is asked of these people, answered on one visit."""
    families = {member["family_id"] for member in household["members"]}
    sheet = {
        "id": str(uuid4()),
        "surveyed_on": str(VISITED_ON),
        "enumerator_name": "Dewi Lestari",
        "respondent_name": "Budi Santoso",
        "outcome": 1,
        "answers": a_sheet(household["members"], on=VISITED_ON, families=len(families)),
    }
    return {k: v for k, v in {**sheet, **changes}.items() if v is not ...}


@dataclass(frozen=True)
class Caller:
    """Somebody with a token, asking over HTTP."""

    http: AsyncClient
    actor: Actor
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def gets(self, path: str, **more: Any) -> Response:  # noqa: ANN401
        headers = self.headers | more.pop("headers", {})
        return await self.http.get(path, headers=headers, **more)

    async def posts(
        self,
        path: str,
        body: Any,  # noqa: ANN401
        *,
        version: int | None = None,
        key: str | None = None,
        **headers: str,
    ) -> Response:
        return await self._sends("POST", path, body, version=version, key=key, **headers)

    async def sends_file(
        self,
        content: bytes,
        *,
        kind: str = "application/pdf",
        key: str | None = None,
        headers: dict[str, str] | None = None,
        **query: str,
    ) -> Response:
        """A document, sent as it is: `purpose=` and what else is asked of it."""
        sent = self.headers | {"Content-Type": kind} | (headers or {})
        if key is not None:
            sent["Idempotency-Key"] = key
        return await self.http.post("/v1/documents", content=content, params=query, headers=sent)

    async def patches(
        self,
        path: str,
        body: Any,  # noqa: ANN401
        *,
        version: int | None = 1,
    ) -> Response:
        return await self._sends("PATCH", path, body, version=version)

    async def puts(self, path: str, body: Any, *, version: int | None = 0) -> Response:  # noqa: ANN401
        return await self._sends("PUT", path, body, version=version)

    async def _sends(
        self,
        method: str,
        path: str,
        body: Any,  # noqa: ANN401
        *,
        version: int | None,
        key: str | None = None,
        **headers: str,
    ) -> Response:
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        if version is not None:
            sent["If-Match"] = f'"{version}"'
        if key is not None:
            sent["Idempotency-Key"] = key
        return await self.http.request(method, path, json=body, headers=sent)

    async def reads(self, proposal: dict[str, Any]) -> dict[str, Any]:
        response = await self.gets(f"/v1/proposals/{proposal['id']}")
        assert response.status_code == 200, response.text
        return response.json()

    async def takes(
        self,
        action: str,
        proposal: dict[str, Any],
        *,
        target: str | None = None,
        version: int | None = None,
        **grounds: Any,  # noqa: ANN401
    ) -> Response:
        """A step, or a verdict: with the version it was read in."""
        path = f"/v1/proposals/{proposal['id']}"
        version = proposal["version"] if version is None else version
        if action not in VERDICTS:
            body = {"action": action, "grounds": grounds}
            return await self.posts(f"{path}/steps", body, version=version)
        body = {"verdict": action, "grounds": grounds}
        if target:
            body["target"] = target
        return await self.posts(f"{path}/decisions", body, version=version)


@dataclass
class Registry:
    """The service, and a regency of the test's own in which everybody can be found."""

    http: AsyncClient
    database: Database
    door: Door
    village: Region
    neighbour: Region  # another village of the same district
    elsewhere: Region  # a village of another province
    known: dict[tuple[Role, Region], Caller] = field(default_factory=dict)

    def home(self, role: Role) -> Region:
        """Where that role is held around the test's village: at its widest tier."""
        tier = next(tier for tier in Tier if tier in TIERS_OF[role])
        return self.village.at(tier)

    async def caller(self, role: Role, *, over: Region | None = None) -> Caller:
        """Somebody in that role; the same person when asked for twice."""
        region = self.home(role) if over is None else over
        if (role, region) not in self.known:
            self.known[role, region] = await self.newcomer(role, over=region)
        return self.known[role, region]

    async def newcomer(self, role: Role, *, over: Region | None = None) -> Caller:
        region = self.home(role) if over is None else over
        async with self.database.transaction(INDONESIA) as session:
            account = await accounts.open_account(
                session,
                username=f"petugas.{uuid4().hex[:12]}",
                display_name="Petugas",
                password_hash=NO_PASSWORD,
                role=role,
                region=region,
                from_=LONG_AGO,
            )
        return self.as_(Actor(account.id, role, region))

    async def machine(
        self,
        region: Region,
        fields: Collection[str] = ("identity", "survey", "health", "programmes"),
        *,
        number: str | None = None,
        begins: int = -30,
        expires: int = 300,
    ) -> Caller:
        """A machine of that region and its agreement over these groups of fields; of none where
        none are named. It began and expires so many days from today."""
        caller = await self.newcomer(Role.INTEGRATION, over=region)
        if fields:
            await self.agrees(caller, fields, number=number, begins=begins, expires=expires)
        return caller

    async def agrees(
        self,
        machine: Caller,
        fields: Collection[str],
        *,
        number: str | None = None,
        begins: int = -30,
        expires: int = 300,
    ) -> AgreementRow:
        """An agreement for that machine, as its admin may have entered it long ago."""
        today = datetime.now(WIB).date()
        agreement = AgreementRow(
            account_id=machine.actor.id,
            scope_code=machine.actor.region.first,
            number=number or f"{next(NUMBERS):03d}/PKS/2026",
            purpose="Penyaluran bantuan provinsi",
            fields=sorted(fields),
            begins_on=today + timedelta(days=begins),
            expires_on=today + timedelta(days=expires),
            created_by=CONSOLE.id,
        )
        async with self.database.transaction(INDONESIA) as session:
            await record(session, agreement, AGREEMENTS.begin(by=CONSOLE))
        return agreement

    async def also(self, caller: Caller, role: Role, *, over: Region | None = None) -> Caller:
        """The same person in a second role."""
        region = self.home(role) if over is None else over
        async with self.database.transaction(INDONESIA) as session:
            account = await accounts.find(session, caller.actor.id, within=INDONESIA)
            await accounts.assign(session, account, role=role, region=region, from_=LONG_AGO)
        return self.as_(Actor(caller.actor.id, role, region))

    def as_(self, actor: Actor) -> Caller:
        return Caller(self.http, actor, self.door.tokens.issue(actor, session_version=1))

    async def household(self, *, by: Caller | None = None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
        """A household drafted by the village's operator, complete unless said otherwise."""
        by = by or await self.caller(Role.VILLAGE_OPERATOR)
        village = by.actor.region if by.actor.region.tier is Tier.VILLAGE else self.village
        response = await by.posts("/v1/households", a_household(village, **changes))
        assert response.status_code == 201, response.text
        return response.json()

    async def survey(
        self,
        household: dict[str, Any],
        state: str = "finished",
        *,
        by: Caller | None = None,
        **changes: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """A survey of that household with nothing wanting, finished unless said otherwise."""
        by = by or await self.caller(Role.VILLAGE_OPERATOR)
        path = f"/v1/households/{household['id']}/surveys"
        response = await by.posts(path, an_answer_sheet(household, **changes))
        assert response.status_code == 201, response.text
        path = f"/v1/surveys/{response.json()['id']}"
        if state != "drafted":
            step = {"action": ENDINGS[state], "grounds": {"note": "Sesuai keadaan."}}
            response = await by.posts(f"{path}/steps", step, version=1)
            assert response.status_code == 201, response.text
        return (await by.gets(path)).json()

    async def document(
        self,
        purpose: str = "evidence",
        *,
        by: Caller | None = None,
        survey: dict[str, Any] | None = None,
        **query: str,
    ) -> dict[str, Any]:
        """A scan of one empty page; of a visit, which a photo needs, a small picture."""
        by = by or await self.caller(Role.VILLAGE_OPERATOR)
        query["purpose"] = purpose
        if survey is None:
            response = await by.sends_file(a_pdf(), **query)
        else:
            query["survey_id"] = survey["id"]
            response = await by.sends_file(a_photo(), kind="image/jpeg", **query)
        assert response.status_code == 201, response.text
        return response.json()

    async def proposal(
        self,
        state: str = "drafted",
        *,
        by: Caller | None = None,
        **changes: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """A proposal that has come as far as that state, by the hands of everybody before."""
        by = by or await self.caller(Role.VILLAGE_OPERATOR)
        proposal = await self.proposes(by, await self.household(by=by, **changes))
        return await self.come_as_far_as(state, proposal)

    async def come_as_far_as(self, state: str, proposal: dict[str, Any]) -> dict[str, Any]:
        if proposal["state"] == state:
            return proposal
        at = proposal
        while at["state"] != state:
            at = at | await self._next(at)
        return await self._read(proposal)

    async def proposes(self, by: Caller, household: dict[str, Any]) -> dict[str, Any]:
        """A proposal about that household, which has been surveyed; ready to be submitted."""
        await self.survey(household, by=by)
        body = {"kind": "new_family", "household_id": household["id"]}
        response = await by.posts("/v1/proposals", body)
        assert response.status_code == 201, response.text
        return response.json()

    async def deliberation(
        self,
        *proposals: dict[str, Any],
        by: Caller | None = None,
        **changes: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """An open deliberation with nothing wanting but outcomes, and these names on its agenda."""
        by = by or await self.caller(Role.VILLAGE_OPERATOR)
        village = proposals[0]["village_code"] if proposals else self.village.code
        held = a_deliberation(**{"village_code": village, **changes})
        response = await by.posts("/v1/deliberations", held)
        assert response.status_code == 201, response.text
        held = response.json()
        if not proposals:
            return held
        ids = {"proposal_ids": [each["id"] for each in proposals]}
        path = f"/v1/deliberations/{held['id']}"
        response = await by.posts(f"{path}/agenda", ids, version=1)
        assert response.status_code == 200, response.text
        assert all(each["on_agenda"] for each in response.json()["items"]), response.text
        return (await by.gets(path)).json()

    async def deliberated(
        self,
        *proposals: dict[str, Any],
        outcome: str = "eligible",
        by: Caller | None = None,
        scanned: bool = True,
        **said: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """A deliberation that has said so of each of them, closed, its signed minutes attached."""
        by = by or await self.caller(Role.VILLAGE_OPERATOR)
        held = await self.deliberation(*proposals, by=by)
        path = f"/v1/deliberations/{held['id']}"
        items = [{"proposal_id": each["id"], "outcome": outcome, **said} for each in proposals]
        steps: list[dict[str, Any]] = [{"action": "close"}]
        if scanned:
            scan = await self.document("minutes_scan", by=by, region_code=held["village_code"])
            steps.append({"action": "attach_scan", "document_id": scan["id"]})
        response = await by.patches(f"{path}/agenda", {"items": items}, version=held["version"])
        assert response.status_code == 200, response.text
        for version, step in enumerate(steps, held["version"] + 1):
            response = await by.posts(f"{path}/steps", step, version=version)
            assert response.status_code == 201, response.text
        return (await by.gets(path)).json()

    async def registered(self, *members: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
        """A registered household, as its village's operator reads it."""
        household = a_household(self.village, *members, **changes)
        proposal = await self.proposal("determined", **household)
        return await self.home_of(proposal["household_id"])

    async def home_of(self, household_id: str) -> dict[str, Any]:
        operator = await self.caller(Role.VILLAGE_OPERATOR)
        response = await operator.gets(f"/v1/households/{household_id}")
        assert response.status_code == 200, response.text
        return response.json()

    async def asks(
        self,
        kind: str,
        household: dict[str, Any],
        asks: dict[str, Any],
        state: str = "drafted",
        *,
        by: Caller | None = None,
        **about: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """A proposal of that kind about a household, come as far as that state."""
        by = by or await self.caller(Role.VILLAGE_OPERATOR)
        body = {"kind": kind, "household_id": household["id"], "asks": asks, **about}
        response = await by.posts("/v1/proposals", body)
        assert response.status_code == 201, response.text
        return await self.come_as_far_as(state, response.json())

    async def statement(self, *, by: Caller | None = None) -> dict[str, Any]:
        """A new family that goes on by statement (SPTJM); the policy allows it from now on."""
        by = by or await self.caller(Role.VILLAGE_OPERATOR)
        regency = by.actor.region.at(Tier.REGENCY)
        admin = await self.caller(Role.REGENCY_ADMIN, over=regency)
        path = f"/v1/policies/{regency.code}"
        policy = (await admin.gets(path)).json()
        if "new_family" not in policy["statement_kinds"]:
            decided = {
                "district_checks": policy["district_checks"],
                "statement_kinds": [*policy["statement_kinds"], "new_family"],
            }
            response = await admin.puts(path, decided, version=policy["version"])
            assert response.is_success, response.text
        proposal = await self.proposal("awaiting_deliberation", by=by)
        response = await by.posts("/v1/responsibility-statements", a_statement(proposal))
        assert response.status_code == 201, response.text
        return response.json()

    async def moved_on(self, proposal: dict[str, Any]) -> dict[str, Any]:
        """The proposal after whoever it waits for has moved it on."""
        await self._next(proposal)
        return await self._read(proposal)

    async def _next(self, proposal: dict[str, Any]) -> dict[str, Any]:
        """In which state it is after that, and in which version."""
        role, action, grounds = ROAD[proposal["state"]]
        if grounds is DECREE:
            await self.decree_is_open()
        village = Region(proposal["village_code"])
        region = village.at(next(tier for tier in Tier if tier in TIERS_OF[role]))
        caller = await self.caller(role, over=region)
        if proposal["state"] == "awaiting_deliberation":
            await self.deliberated(proposal, by=caller)
            return await self._read(proposal)
        response = await caller.takes(action, proposal, **grounds)
        assert response.status_code == 201, response.text
        entry = response.json()
        return {"state": entry["target"], "version": entry["version"]}

    async def _read(self, proposal: dict[str, Any]) -> dict[str, Any]:
        village = Region(proposal["village_code"])
        reader = await self.caller(Role.VILLAGE_OPERATOR, over=village)
        return await reader.reads(proposal)

    async def all_determined(self, proposals: Sequence[dict[str, Any]]) -> None:
        """Drafts of one village: one deliberation for all, and one decision at each desk."""
        operator = await self.caller(Role.VILLAGE_OPERATOR)
        waiting = [await self.moved_on(each) for each in proposals]
        await self.deliberated(*waiting, by=operator)
        await self.decree_is_open()
        while (state := (await operator.reads(waiting[0]))["state"]) in ROAD:
            role, verdict, grounds = ROAD[state]
            read = [await operator.reads(each) for each in waiting]
            named = [{"id": each["id"], "version": each["version"]} for each in read]
            body = {"verdict": verdict, "grounds": grounds, "proposals": named}
            response = await (await self.caller(role)).posts("/v1/decisions/bulk", body)
            assert response.json()["decided"] == len(named), response.text

    async def decree_is_open(self) -> None:
        """The one under which single proposals are determined: drafted by whoever comes first."""
        analyst = await self.caller(Role.MINISTRY_ANALYST)
        number, dated = DECREE.values()
        decree = {"number": number, "dated": dated, "period": "2026-12-01"}
        response = await analyst.posts("/v1/decrees", decree)
        assert response.status_code in {201, 409}, response.text

    async def audit_of(self, subject_id: str) -> list[dict[str, Any]]:
        reader = await self.caller(Role.MINISTRY_ANALYST)
        response = await reader.gets("/v1/audit", params={"subject_id": subject_id})
        assert response.status_code == 200, response.text
        return response.json()["items"]

    async def runs(self, statement: str, *arguments: object) -> list[Any]:
        """As the service's own role, over all of Indonesia."""
        async with self.database.connection(INDONESIA, begin="BEGIN") as connection:
            return list(await connection.fetch(statement, *arguments))


@dataclass
class Places:
    """Where tests happen, so that nothing collides: two villages of a district nobody else has.

    `districts` go round the country: a regency is met again only after all others. `regencies`
    are kept apart from them, for what must have a whole regency to itself: its lists, its policy.
    A province's first regency is never kept apart, and a district's third village never given out:
    there stands what is only to be far away.
    """

    districts: Iterator[tuple[Region, Region]]
    regencies: Iterator[tuple[Region, Region]]

    @classmethod
    def among(cls, villages: Iterable[str]) -> "Places":
        by_regency: dict[str, dict[str, list[str]]] = {}
        for code in villages:
            if code[:6] in {each.code[:6] for each in ELSEWHERE}:
                continue
            if REJANG_LEBONG.covers(Region(code)):
                continue
            by_regency.setdefault(code[:4], {}).setdefault(code[:6], []).append(code)
        pairs = {
            regency: [(Region(a), Region(b)) for a, b, *_ in districts]
            for regency, found in by_regency.items()
            if (districts := [codes for codes in found.values() if len(codes) > 1])
        }
        first = {regency[:2]: regency for regency in reversed(pairs)}
        kept = [regency for regency in pairs if regency != first[regency[:2]]][-KEPT_APART:]
        shared = [districts for regency, districts in pairs.items() if regency not in kept]
        rounds = (pair for one_round in zip_longest(*shared) for pair in one_round if pair)
        return cls(rounds, iter([pairs[regency][0] for regency in kept]))
