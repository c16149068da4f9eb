"""Five hundred people at their desks: who they are, what each has before him and asks for next.

Most keep the data of a village; some forward for a district, a few verify for a regency. Each has
a token and an address of his own, sees his own region, and goes on with what he was answered: he
changes the household that he has read, proposes the one that he has drafted, decides once more on
what he has just decided.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import asyncpg

from app.db.sessions import Database
from app.demo.sent import draft_of, families
from app.domain.actors import Actor, Role
from app.embedded import Server
from app.tokens import Tokens, read_key
from bench.contenders import PASSWORD
from bench.drawing import COMPLETE
from bench.load import Answer, Request
from bench.material import Hiring, Waiting, superuser
from bench.services import KEY

STAFF = {Role.VILLAGE_OPERATOR: 400, Role.DISTRICT_OFFICER: 70, Role.REGENCY_VERIFIER: 30}
DIGITS = {Role.VILLAGE_OPERATOR: 10, Role.DISTRICT_OFFICER: 6, Role.REGENCY_VERIFIER: 4}
DECIDES = {
    Role.DISTRICT_OFFICER: "awaiting_district",
    Role.REGENCY_VERIFIER: "awaiting_regency",
}
YESTERDAY = 5
EACH, DESK = 20, 40  # things of a village, and proposals on the desk of an office
SKETCHES = 8  # villages of which families are made up; what is sent is of the sender's village
SEED = 20261123

EVERY = """
SELECT found.* FROM unnest($1::bigint[]) AS village (code), LATERAL (
    SELECT t.scope_code::text AS village, {columns} FROM {table} t
    WHERE t.scope_code = village.code AND {which}
    ORDER BY md5(t.id::text) LIMIT $2) AS found
"""
OPEN = """t.state = 'proposed' AND NOT EXISTS (SELECT FROM proposal p
    WHERE p.household_id = t.id AND (p.state <> 'drafted' OR p.marks IS NOT NULL))"""
BORN = "t.nik IS NOT NULL AND t.state <> 'inactive'"
AT_A_DESK = """
SELECT id::text, version, scope_code::text AS village FROM proposal
WHERE state = $1 AND kind = 'new_family' AND scope_code = ANY ($2::bigint[])
ORDER BY md5(id::text)
"""


@dataclass
class Village:
    """What there is to read and to go on with."""

    code: str
    households: list[str] = field(default_factory=list)
    open_households: dict[str, int] = field(default_factory=dict)  # with their versions
    members: list[tuple[str, str]] = field(default_factory=list)  # NIK and name
    surveys: list[str] = field(default_factory=list)
    proposals: list[str] = field(default_factory=list)
    drafts: list[Waiting] = field(default_factory=list)  # complete
    to_be_submitted: set[str] = field(default_factory=set)

    def take_draft(self, row: asyncpg.Record) -> None:
        self.drafts.append(Waiting(row["id"], row["version"]))
        self.to_be_submitted.add(row["household_id"])

    def take_open(self, row: asyncpg.Record) -> None:
        if row["id"] not in self.to_be_submitted:
            self.open_households[row["id"]] = row["version"]


@dataclass(frozen=True)
class Asked:
    group: str
    name: str
    request: Request
    heard: Callable[[Answer], None] | None = None


@dataclass
class Desk:
    actor: Actor
    username: str
    address: str
    villages: Sequence[Village]
    sketches: Sequence[Mapping[str, Any]]
    draw: random.Random
    waiting: list[tuple[Waiting, bool]] = field(default_factory=list)  # and whether I decided
    token: str = ""
    refresh_token: str = ""
    read: dict[str, str] = field(default_factory=dict)  # household -> its ETag
    fresh: list[str] = field(default_factory=list)  # households drafted, not yet proposed
    drafted: list[str] = field(default_factory=list)  # all of them

    def __post_init__(self) -> None:
        """Some were read yesterday."""
        if self.actor.role is Role.VILLAGE_OPERATOR:
            known = list(self.villages[0].open_households.items())[:YESTERDAY]
            self.read = {one: f'"{version}"' for one, version in known}

    def renew_token(self, tokens: Tokens) -> None:
        self.token = tokens.issue(self.actor, session_version=1)

    def next(self) -> Asked:
        group, name, ask = self.draw.choices(ROWS, WEIGHTS)[0]
        asked = ask(self)
        return asked if isinstance(asked, Asked) else Asked(group, name, asked)

    # --- how it is sent

    def _get(self, path: str) -> Request:
        return Request("GET", path, self._headers())

    def _send(self, method: str, path: str, sent: object, **headers: str) -> Request:
        body = json.dumps(sent).encode()
        return Request(method, path, self._headers() | headers, body)

    def _step(self, path: str, sent: object, waiting: Waiting) -> Request:
        headers = {"If-Match": f'"{waiting.version}"', "Idempotency-Key": str(uuid4())}
        return self._send("POST", path, sent, **headers)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "X-Forwarded-For": self.address}

    def _one(self, of: Callable[[Village], Sequence[Any]]) -> Any:  # noqa: ANN401
        """Of a village of mine that has any."""
        while not (there := of(self.draw.choice(self.villages))):
            pass
        return self.draw.choice(there)

    # --- lists

    def households(self) -> Request:
        return self._get("/v1/households?limit=50")

    def work_list(self) -> Request:
        return self._get("/v1/proposals?limit=50&open_to_me=true")

    def counts(self) -> Request:
        return self._get("/v1/proposals/counts")

    def today(self) -> Request:
        return self._get("/v1/today")

    def notices(self) -> Request:
        return self._get("/v1/notices")

    # --- reading

    def household(self) -> Asked:
        """Every other one of those that I may change."""
        is_mine = self.actor.role is Role.VILLAGE_OPERATOR and self.draw.random() < 0.5  # noqa: PLR2004
        village = self.villages[0] if is_mine else self.draw.choice(self.villages)
        one = self.draw.choice((is_mine and list(village.open_households)) or village.households)

        def heard(answer: Answer) -> None:
            if one in village.open_households:
                self.read[one] = answer.header("etag") or ""

        return Asked("reads", "household", self._get(f"/v1/households/{one}"), heard)

    def proposal(self) -> Asked:
        one = self._one(lambda village: village.proposals)
        return Asked("reads", "proposal", self._get(f"/v1/proposals/{one}"))

    def survey(self) -> Request:
        return self._get(f"/v1/surveys/{self._one(lambda village: village.surveys)}")

    def search(self) -> Request:
        nik, name = self._one(lambda village: village.members)
        sent = {"nik": nik} if self.draw.random() < 0.5 else {"name": name}  # noqa: PLR2004
        return self._send("POST", "/v1/members/search", sent)

    # --- edits and decisions

    def change(self) -> Asked:
        if self.actor.role in DECIDES:
            return self.decide()
        return self.draw.choices(CHANGES, CHANGE_WEIGHTS)[0](self)

    def amend(self) -> Asked:
        if not self.read:
            return self.household()
        one, etag = self.read.popitem()
        sent = {"address": f"Jl. Melati No. {self.draw.randrange(1, 400)}"}
        request = self._send("PATCH", f"/v1/households/{one}", sent, **{"If-Match": etag})

        def heard(answer: Answer) -> None:
            self.read[one] = answer.header("etag") or ""

        return Asked("changes", "amend a household", request, heard)

    def draft(self) -> Asked:
        sent = _anew(self.draw.choice(self.sketches), self.villages[0].code)

        def heard(_: Answer) -> None:
            self.fresh.append(sent["id"])
            self.drafted.append(sent["id"])

        request = self._send("POST", "/v1/households", sent, **{"Idempotency-Key": str(uuid4())})
        return Asked("changes", "draft a household", request, heard)

    def propose(self) -> Asked:
        if not self.fresh:
            return self.draft()
        sent = {"household_id": self.fresh.pop(), "kind": "new_family"}
        request = self._send("POST", "/v1/proposals", sent, **{"Idempotency-Key": str(uuid4())})
        return Asked("changes", "draft a proposal", request)

    def submit(self) -> Asked:
        drafts = self.villages[0].drafts
        if not drafts:
            return self.amend()
        one = drafts.pop()
        request = self._step(f"/v1/proposals/{one.id}/steps", {"action": "submit"}, one)
        return Asked("changes", "submit", request)

    def decide(self) -> Asked:
        """Approve, and later take it back: the desk is never empty."""
        if not self.waiting:
            return self.proposal()
        one, is_decided = self.waiting.pop(0)
        sent = {"verdict": "undo" if is_decided else "approve"}

        def heard(answer: Answer) -> None:
            now = Waiting(one.id, json.loads(answer.body)["version"])
            self.waiting.append((now, not is_decided))

        request = self._step(f"/v1/proposals/{one.id}/decisions", sent, one)
        return Asked("changes", sent["verdict"], request, heard)

    # --- the rest

    def check_nik(self) -> Request:
        nik, _ = self._one(lambda village: village.members)
        return self._send("POST", "/v1/nik/check", {"nik": nik})

    def codebook(self) -> Request:
        return self._get("/v1/codebooks")

    def labels(self) -> Request:
        return self._get("/v1/labels")

    def extracts(self) -> Request:
        return self._get("/v1/extracts")

    def session(self) -> Asked:
        if self.refresh_token:
            name = "stay signed in"
            sent = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
            self.refresh_token = ""
        else:
            name = "sign in"
            sent = {"grant_type": "password", "username": self.username, "password": PASSWORD}

        def heard(answer: Answer) -> None:
            self.refresh_token = json.loads(answer.body)["refresh_token"]

        return Asked("others", name, self._send("POST", "/v1/auth/token", sent), heard)


# Of a hundred requests.
ROWS: Sequence[tuple[str, str, Callable[[Desk], Asked | Request]]] = (
    ("lists", "households", Desk.households),
    ("lists", "work list", Desk.work_list),
    ("lists", "counts", Desk.counts),
    ("lists", "today", Desk.today),
    ("lists", "notices", Desk.notices),
    ("reads", "household", Desk.household),
    ("reads", "proposal", Desk.proposal),
    ("reads", "survey", Desk.survey),
    ("reads", "search", Desk.search),
    ("changes", "change", Desk.change),
    ("others", "NIK check", Desk.check_nik),
    ("others", "codebooks", Desk.codebook),
    ("others", "labels", Desk.labels),
    ("others", "extracts", Desk.extracts),
    ("others", "session", Desk.session),
)
WEIGHTS = (20, 15, 8, 7, 5, 13, 5, 3, 4, 14, 2.5, 1, 1, 1.1, 0.4)
CHANGES = (Desk.amend, Desk.draft, Desk.propose, Desk.submit)
CHANGE_WEIGHTS = (7, 3, 2, 2)


def _anew(sketch: Mapping[str, Any], village_code: str) -> dict[str, Any]:
    """Another household, of these people."""
    kin = [
        {**each, "id": str(uuid4()), "members": [m | {"id": str(uuid4())} for m in each["members"]]}
        for each in sketch["families"]
    ]
    return {**sketch, "id": str(uuid4()), "village_code": village_code, "families": kin}


async def clear(server: Server, desks: Sequence[Desk]) -> None:
    """Whatever was drafted goes, so that the next morning finds as many households."""
    those = [one for desk in desks for one in desk.drafted]
    async with superuser(server) as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role TO replica")
        for table, which in DRAFTED:
            await connection.execute(f"DELETE FROM {table} WHERE {which}", those)  # noqa: S608


OF_THEM = "household_id = ANY ($1::text[]::uuid[])"
THEIRS = f"""IN (SELECT id FROM proposal WHERE {OF_THEM} UNION SELECT id FROM family WHERE {OF_THEM}
UNION SELECT id FROM member WHERE {OF_THEM} UNION SELECT unnest($1::text[]::uuid[]))"""  # noqa: S608
DRAFTED = (
    ("audit_entry", f"subject_id {THEIRS}"),
    ("audit_head", f"subject_id {THEIRS}"),
    ("name_key", f"member_id {THEIRS}"),
    ("nik_case", OF_THEM),
    ("proposal", OF_THEM),
    ("member", OF_THEM),
    ("family", OF_THEM),
    ("household", "id = ANY ($1::text[]::uuid[])"),
)


# --- the offices


async def at_their_desks(server: Server, villages: Sequence[str]) -> list[Desk]:
    draw = random.Random(SEED)  # noqa: S311 - to be repeated
    chosen = draw.sample(list(villages), STAFF[Role.VILLAGE_OPERATOR])
    async with superuser(server) as connection:
        known = await _villages(connection, chosen)
        desks = await _staffed(server, known, draw)
        for role, state in DECIDES.items():
            await _fill(connection, state, [desk for desk in desks if desk.actor.role is role])
    tokens = Tokens(read_key(KEY), issuer="siks", audience="siks")
    for desk in desks:
        desk.renew_token(tokens)
    return desks


async def _staffed(server: Server, known: Sequence[Village], draw: random.Random) -> list[Desk]:
    database, desks = Database(server.app_url, connections=1), list[Desk]()
    hired = Hiring(database)
    sketches = [draft_of(each) for v in known[:SKETCHES] for each in families(v.code)]
    for role, many in STAFF.items():
        codes = [village.code[: DIGITS[role]] for village in known]
        codes = codes if len(codes) == many else draw.sample(codes, many)
        hired.names.clear()
        for actor, name in zip(await hired.of(role, codes), list(hired.names), strict=True):
            mine = [each for each in known if each.code.startswith(actor.region.code)]
            address = f"10.20.{len(desks) // 250}.{len(desks) % 250 + 1}"
            lots = random.Random(SEED + len(desks))  # noqa: S311
            desks.append(Desk(actor, name, address, mine, sketches, lots))
    await database.close()
    return desks


async def _villages(connection: asyncpg.Connection, codes: Sequence[str]) -> list[Village]:
    there = {code: Village(code) for code in codes}
    for table, columns, which, put in FOUND:
        statement = EVERY.format(table=table, columns=columns, which=which)
        for row in await connection.fetch(statement, list(map(int, codes)), EACH):
            put(there[row["village"]], row)
    return list(there.values())


# Drafts come before what else is open, of which they are not.
FOUND: Sequence[tuple[str, str, str, Callable[[Village, asyncpg.Record], None]]] = (
    ("household", "t.id::text", "true", lambda v, row: v.households.append(row["id"])),
    ("member", "t.nik, t.name", BORN, lambda v, row: v.members.append((row["nik"], row["name"]))),
    ("survey", "t.id::text", "true", lambda v, row: v.surveys.append(row["id"])),
    ("proposal", "t.id::text", "true", lambda v, row: v.proposals.append(row["id"])),
    ("proposal", "t.id::text, t.version, t.household_id::text", COMPLETE, Village.take_draft),
    ("household", "t.id::text, t.version", OPEN, Village.take_open),
)


async def _fill(connection: asyncpg.Connection, state: str, desks: Sequence[Desk]) -> None:
    """What waits for an office, dealt out among those who hold it."""
    places = {code for desk in desks for code in (village.code for village in desk.villages)}
    rows = await connection.fetch(AT_A_DESK, state, list(map(int, places)))
    for row in rows:
        here = [d for d in desks if row["village"].startswith(d.actor.region.code)]
        least = min(here, key=lambda desk: len(desk.waiting))
        if len(least.waiting) < DESK:
            least.waiting.append((Waiting(row["id"], row["version"]), False))
