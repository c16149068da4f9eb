"""One family goes from a village to the ministry, as anybody could take it there: over HTTP.

Nine people work on it, each with a token of their own. Nothing of the service is imported here:
only who the demo's people are and how its households come about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import httpx2 as httpx
from rich.console import Console
from rich.table import Table

from app.demo import accounts as offices
from app.demo.accounts import CIBEBER, KEDALEMAN, PASSWORD, Office
from app.demo.scans import SCAN
from app.demo.sent import a_family, draft_of, sheet_of

CREATED, OK, FORBIDDEN, NOT_FOUND, CONFLICT = 201, 200, 403, 404, 409
PATIENCE_SECONDS = 15
UUID_LENGTH = 36

DELIBERATION = {
    "village_code": CIBEBER,
    "kind": "muskel",
    "held_on": "2026-01-15",
    "place": "Aula Kelurahan Cibeber",
    "chair": "Suparman",
    "minutes_number": "470/12/MUSKEL/2026",
    "attendance": [
        {"name": "Suparman", "capacity": "village_head"},
        {"name": "Tarmizi", "capacity": "rt_rw"},
        {"name": "Rohaeti", "capacity": "community_leader"},
    ],
}
LETTER = {"letter_number": "460/118/Dinsos/2026", "letter_date": "2026-01-26"}
DECREE_OF = {"dated": "2026-02-16", "period": "2026-02-01"}

# Whom a proposal waits for once the village has deliberated, and what he rests his decision on.
WAITS_FOR: Mapping[str, tuple[Office, Mapping[str, str]]] = {
    "awaiting_village_head": (offices.HEAD, {}),
    "awaiting_district": (offices.DISTRICT_OFFICER, {}),
    "awaiting_regency": (offices.VERIFIER, {}),
    "awaiting_endorsement": (offices.ENDORSER, LETTER),
    "awaiting_province": (offices.PROVINCE_OFFICER, {}),
    "awaiting_ministry": (offices.ANALYST, {}),
    "awaiting_determination": (offices.DETERMINER, {}),
}
WALKERS = (
    offices.ENUMERATOR,
    offices.OPERATOR,
    *(office for office, _ in WAITS_FOR.values()),
)


class Stumbled(Exception):
    """The service did not answer as the walk expected."""


@dataclass(frozen=True)
class Walked:
    """Where the walk has led."""

    household_id: str
    proposal_id: str
    state: str
    dtks_ids: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    username: str
    title: str
    token: str


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None

    def named(self) -> "Asked":
        """With a name of its own, so that sent twice it has one effect."""
        return replace(self, headers={**self.headers, "Idempotency-Key": str(uuid4())})


def get(path: str) -> Asked:
    return Asked("GET", path)


def post(path: str, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Asked:
    return Asked("POST", path, body, headers or {})


async def walk(
    base_url: str,
    *,
    console: Console | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Walked:
    async with httpx.AsyncClient(
        base_url=base_url,
        headers={"Accept-Language": "en"},
        timeout=PATIENCE_SECONDS,
        transport=transport,
    ) as http:
        try:
            return await _Walk(http, console or Console(highlight=False)).whole()
        except httpx.TransportError as error:
            raise Stumbled(f"{base_url} does not answer ({error})") from None


class _Walk:
    def __init__(self, http: httpx.AsyncClient, console: Console) -> None:
        self.http = http
        self.console = console
        self.people: dict[Office, Person] = {}
        self.steps = 0

    async def whole(self) -> Walked:
        self._headline("Nine people and a neighbour sign in, each for a token of their own")
        for office in WALKERS:
            self.people[office] = await self._sign_in(office, CIBEBER)
        neighbour = await self._sign_in(offices.OPERATOR, KEDALEMAN)

        self._headline("The village enters a household and visits it, two filling in one sheet")
        family = a_family(CIBEBER)
        draft = draft_of(family)
        household_id = await self._enter_household(draft)
        await self._look_from_next_door(neighbour, household_id)
        await self._survey(household_id, sheet_of(family, draft))

        self._headline("The village proposes it and deliberates")
        proposal_id = await self._propose(household_id)
        await self._deliberate(proposal_id)

        self._headline("Every tier decides, each on the version it has read")
        state = await self._climb(proposal_id)

        self._headline("What has become of it")
        dtks_ids = await self._read_registered(household_id)
        await self._read_audit(proposal_id)
        return Walked(household_id, proposal_id, state, dtks_ids)

    async def _sign_in(self, office: Office, village_code: str) -> Person:
        nobody = Person(office.username_around(village_code), office.title, token="")
        grant = {"grant_type": "password", "username": nobody.username, "password": PASSWORD}
        answer = await self._ask(nobody, "signs in", post("/v1/auth/token", grant), OK)
        return replace(nobody, token=answer.json()["access_token"])

    async def _enter_household(self, draft: Mapping[str, Any]) -> str:
        operator = self.people[offices.OPERATOR]
        people = sum(len(family["members"]) for family in draft["families"])
        asked = post("/v1/households", draft).named()
        enters = f"enters a household with a family of {people}"
        for what in (enters, "sends the same again, as after a lost answer: no second effect"):
            await self._ask(operator, what, asked, CREATED)
        return str(draft["id"])

    async def _look_from_next_door(self, neighbour: Person, household_id: str) -> None:
        what = "looks for that household from the next kelurahan"
        await self._ask(neighbour, what, get(f"/v1/households/{household_id}"), NOT_FOUND)

    async def _survey(self, household_id: str, sheet: Mapping[str, Any]) -> None:
        enumerator, operator = self.people[offices.ENUMERATOR], self.people[offices.OPERATOR]
        path, answers = f"/v1/surveys/{sheet['id']}", sheet["answers"]
        about_the_house = {**sheet, "answers": {"household": answers["household"]}}
        begun = post(f"/v1/households/{household_id}/surveys", about_the_house).named()
        answer = await self._ask(enumerator, "begins the survey with the dwelling", begun, CREATED)

        what = f"hears of {len(answer.json()['findings'])} things that are wanting, and saves them"
        version = await self._version_read_by(operator, path)
        rest = {"answers": {name: answers[name] for name in answers if name != "household"}}
        answer = await self._ask(operator, what, Asked("PATCH", path, rest, version), OK)

        left = [found["rule"] for found in answer.json()["findings"]]
        what = f"finishes it, explaining what is unusual ({', '.join(left) or 'nothing'})"
        finish = {"action": "finish", "grounds": {"note": "Sesuai keadaan saat kunjungan."}}
        await self._step(enumerator, what, path, finish)

    async def _propose(self, household_id: str) -> str:
        operator = self.people[offices.OPERATOR]
        draft = {"id": str(uuid4()), "kind": "new_family", "household_id": household_id}
        await self._ask(operator, "proposes it", post("/v1/proposals", draft).named(), CREATED)

        path = f"/v1/proposals/{draft['id']}"
        await self._step(operator, "submits the proposal", path, {"action": "submit"})
        await self._decide(operator, "tries to approve their own proposal", path, {}, FORBIDDEN)
        return draft["id"]

    async def _deliberate(self, proposal_id: str) -> None:
        operator, head = self.people[offices.OPERATOR], self.people[offices.HEAD]
        held = {**DELIBERATION, "id": str(uuid4())}
        path = f"/v1/deliberations/{held['id']}"
        await self._ask(
            operator, "opens a deliberation", post("/v1/deliberations", held).named(), CREATED
        )
        names = post(
            f"{path}/agenda",
            {"proposal_ids": [proposal_id]},
            await self._version_read_by(operator, path),
        )
        await self._ask(operator, "puts the family on its agenda", names.named(), OK)
        said = {"items": [{"proposal_id": proposal_id, "outcome": "eligible"}]}
        judged = Asked("PATCH", f"{path}/agenda", said, await self._version_read_by(operator, path))
        await self._ask(operator, "notes that the meeting finds it eligible", judged, OK)
        await self._step(operator, "closes the deliberation", path, {"action": "close"})

        what = "tries to approve before the minutes are signed"
        await self._decide(head, what, f"/v1/proposals/{proposal_id}", {}, CONFLICT)
        where = f"/v1/documents?purpose=minutes_scan&region_code={CIBEBER}"
        upload = Asked("POST", where, headers={"Content-Type": "application/pdf"}, content=SCAN)
        scan = await self._ask(operator, "sends the signed minutes", upload.named(), CREATED)
        attach = {"action": "attach_scan", "document_id": scan.json()["id"]}
        await self._step(operator, "attaches them", path, attach)

    async def _climb(self, proposal_id: str) -> str:
        path = f"/v1/proposals/{proposal_id}"
        state = await self._state_of(path)
        while state in WAITS_FOR:
            office, grounds = WAITS_FOR[state]
            if office is offices.DETERMINER:
                grounds = await self._draft_decree()
            what = f"approves with {', '.join(grounds.values())}" if grounds else "approves"
            answer = await self._decide(self.people[office], what, path, grounds, CREATED)
            state = answer.json()["target"]
        return state

    async def _draft_decree(self) -> Mapping[str, str]:
        """Under which the ministry determines. Its list stays open: others may follow."""
        number = f"{uuid4().int % 1_000_000}/HUK/2026"
        asked = post("/v1/decrees", {"number": number, **DECREE_OF}).named()
        await self._ask(self.people[offices.ANALYST], "drafts a decree", asked, CREATED)
        return {"decree_number": number, "decree_date": DECREE_OF["dated"]}

    async def _step(
        self, person: Person, what: str, path: str, body: Mapping[str, object]
    ) -> httpx.Response:
        asked = post(f"{path}/steps", body, await self._version_read_by(person, path)).named()
        return await self._ask(person, what, asked, CREATED)

    async def _decide(
        self, person: Person, what: str, path: str, grounds: Mapping[str, str], expected: int
    ) -> httpx.Response:
        body = {"verdict": "approve", "grounds": grounds}
        headers = await self._version_read_by(person, path)
        asked = post(f"{path}/decisions", body, headers).named()
        return await self._ask(person, what, asked, expected)

    async def _version_read_by(self, person: Person, path: str) -> dict[str, str]:
        answer = await self._send(person, get(path))
        return {"If-Match": answer.headers.get("ETag", "")}

    async def _state_of(self, path: str) -> str:
        answer = await self._send(self.people[offices.OPERATOR], get(path))
        return str(answer.json()["state"])

    async def _read_registered(self, household_id: str) -> tuple[str, ...]:
        operator, path = self.people[offices.OPERATOR], f"/v1/households/{household_id}"
        read = (await self._ask(operator, "reads the household", get(path), OK)).json()
        table = Table("DTKS id", "name", "NIK")
        table.add_row(read["dtks_id"], "(the household)", "")
        for member in read["members"]:
            table.add_row(member["dtks_id"], member["name"], member["nik"])
        self.console.print(table)
        return tuple(each["dtks_id"] for each in (read, *read["members"]))

    async def _read_audit(self, proposal_id: str) -> None:
        analyst, path = self.people[offices.ANALYST], f"/v1/audit?subject_id={proposal_id}"
        answer = await self._ask(analyst, "reads the proposal's audit", get(path), OK)
        table = Table("", "at (UTC)", "who", "action", "to", "hash", box=None)
        for entry in answer.json()["items"]:
            who, action, to = (entry[told] for told in ("actor_role", "action", "target"))
            table.add_row(str(entry["seq"]), entry["at"][11:19], who, action, to, entry["hash"][:8])
        self.console.print(table)

    # asking and telling

    async def _ask(self, person: Person, what: str, asked: Asked, expected: int) -> httpx.Response:
        answer = await self._send(person, asked)
        self._tell(person, what, answer)
        if answer.status_code != expected:
            raise Stumbled(f"{asked.method} {asked.path}: {answer.status_code}, not {expected}")
        return answer

    async def _send(self, person: Person, asked: Asked) -> httpx.Response:
        token = {"Authorization": f"Bearer {person.token}"} if person.token else {}
        headers = {**token, **asked.headers}
        return await self.http.request(
            asked.method, asked.path, json=asked.body, content=asked.content, headers=headers
        )

    def _tell(self, person: Person, what: str, answer: httpx.Response) -> None:
        self.steps += 1
        asked = f"{answer.request.method} {_shortened(answer.request.url.path)}"
        gist = f"{answer.status_code} {_gist(answer.json())}"
        self.console.print(
            f"{self.steps:3} [bold]{person.username}[/bold] {what}\n"
            f"    {person.title}: [dim]{asked}[/dim] [cyan]{gist}[/cyan]",
            soft_wrap=True,
        )

    def _headline(self, text: str) -> None:
        self.console.print(f"\n[bold underline]{text}[/bold underline]")


def _shortened(path: str) -> str:
    return "/".join(
        f"{part[:8]}..." if len(part) == UUID_LENGTH else part for part in path.split("/")
    )


def _gist(said: Mapping[str, Any]) -> str:
    """The word of an answer that matters here: where it leads, or why not."""
    return str(said.get("target") or said.get("state") or said.get("title") or "")
