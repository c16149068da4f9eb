"""What is asked, of whom, and who can answer it: one line a case."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.actors import Actor
from bench.contenders import (
    LIMIT,
    LIMIT_OF_WRITES,
    PASSWORD,
    RIVALS,
    SERVICE,
    Contender,
)
from bench.limit import header_of
from bench.load import Request
from bench.material import Material, in_turn

PAGE, COUNTS, A_HOUSEHOLD, A_HIT = 5_000, 300, 1_000, 300  # bytes, of an answer with something in


@dataclass(frozen=True)
class Asked:
    """One request. The rivals have other paths, and send the same."""

    method: str
    path: str
    usual: str
    by: Actor | None = None
    sent: Mapping[str, object] | None = None
    version: int | None = None
    least: int = 1
    usually_sent: Mapping[str, object] | None = None
    come_from: str | None = None
    bare: str = ""  # where the limit of writing has it

    def of(self, contender: Contender, material: Material) -> Request:
        headers = {}
        if self.by is not None:
            headers = {"Authorization": f"Bearer {material.token_of(self.by)}"}
            headers |= header_of(self.by)
        if self.version is not None:
            headers["If-Match"] = f'"{self.version}"'
        if self.come_from is not None:
            headers["X-Forwarded-For"] = self.come_from
        sent = self.sent
        if contender.is_rival and self.usually_sent is not None:
            sent = self.usually_sent
        body = b"" if sent is None else json.dumps(sent).encode()
        path = self.usual if contender.is_rival else self.path
        if contender is LIMIT_OF_WRITES:
            path = self.bare
        return Request(self.method, path, headers, body, least=self.least)


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    asked: Callable[[Material], Iterator[Asked]]
    contenders: Sequence[Contender]
    writes: bool = False  # what was written is put back after each run
    same: bool = False  # service and limit answer with the same JSON

    def by(self, *contenders: Contender) -> "Case":
        """The same, answered by these of them only."""
        return replace(self, contenders=[each for each in self.contenders if each in contenders])

    def requests(self, contender: Contender, material: Material) -> list[Request]:
        return [each.of(contender, material) for each in self.asked(material)]


# --- what is asked


def _sign_in(material: Material) -> Iterator[Asked]:
    for number, username in enumerate(material.usernames):
        grant = {"grant_type": "password", "username": username, "password": PASSWORD}
        address = f"10.20.{number // 250}.{number % 250 + 1}"
        yield Asked("POST", "/v1/auth/token", "/token", sent=grant, come_from=address)


def _page(material: Material) -> Iterator[Asked]:
    for by in material.operators:
        usual = "/households?limit=50&offset=0"
        yield Asked("GET", "/v1/households?limit=50", usual, by, least=PAGE)


def _household(material: Material) -> Iterator[Asked]:
    asking = in_turn(material.verifiers, material.households)
    for by, one in zip(asking, material.households, strict=True):
        yield Asked("GET", f"/v1/households/{one}", f"/households/{one}", by, least=A_HOUSEHOLD)


def _search(material: Material, by_what: str, what: Sequence[str]) -> Iterator[Asked]:
    for by, said in zip(in_turn(material.verifiers, what), what, strict=True):
        sent = {by_what: said}
        path = "/members/search"
        yield Asked("POST", f"/v1{path}", path, by, sent, least=A_HIT)


def _by_nik(material: Material) -> Iterator[Asked]:
    return _search(material, "nik", material.niks)


def _by_name(material: Material) -> Iterator[Asked]:
    return _search(material, "name", material.names)


def _work_list(material: Material) -> Iterator[Asked]:
    for by in material.verifiers:
        path = "/proposals?limit=50&open_to_me=true"
        yield Asked("GET", f"/v1{path}", f"{path}&offset=0", by, least=PAGE)
        yield Asked("GET", "/v1/proposals/counts", "/proposals/counts", by, least=COUNTS)


def _check_nik(material: Material) -> Iterator[Asked]:
    for by, nik in zip(in_turn(material.verifiers, material.niks), material.niks, strict=True):
        yield Asked("POST", "/v1/nik/check", "", by, {"nik": nik}, least=A_HIT)


def _submit(material: Material) -> Iterator[Asked]:
    asking = in_turn(material.typists, material.drafts)
    for by, one in zip(asking, material.drafts, strict=True):
        path, usual = f"/v1/proposals/{one.id}/steps", f"/proposals/{one.id}/submit"
        sent: dict[str, object] = {"action": "submit"}
        yield Asked(
            "POST", path, usual, by, sent, one.version, usually_sent={}, bare=f"/submit/{one.id}"
        )


def _decide(material: Material) -> Iterator[Asked]:
    asking = in_turn(material.verifiers, material.at_the_desk)
    for by, one in zip(asking, material.at_the_desk, strict=True):
        path, usual = f"/v1/proposals/{one.id}/decisions", f"/proposals/{one.id}/decide"
        yield Asked(
            "POST", path, usual, by, {"verdict": "approve"}, one.version, bare=f"/decide/{one.id}"
        )


def _changes(material: Material) -> Iterator[Asked]:
    for by, place in zip(
        in_turn(material.verifiers, material.places), material.places, strict=True
    ):
        path = f"/v1/changes?after={place}&resources=households,members&limit=200"
        yield Asked("GET", path, "", by, least=PAGE)


# --- the cases

ALL = (SERVICE, LIMIT, *RIVALS)
WRITING = (SERVICE, LIMIT_OF_WRITES, *RIVALS)
CASES = (
    Case("sign_in", "sign in", _sign_in, ALL),
    Case("page", "page of 50 in a village", _page, ALL, same=True),
    Case("household", "household in full", _household, ALL, same=True),
    Case("nik", "search by NIK", _by_nik, ALL, same=True),
    Case("name", "search by name in a regency", _by_name, ALL, same=True),
    Case("work", "work list and its counts, in turn", _work_list, ALL, same=True),
    Case("nik_check", "NIK check", _check_nik, (SERVICE,)),
    Case("changes", "changes, 200 to a page", _changes, (SERVICE, LIMIT)),
    Case("submit", "submit", _submit, WRITING, writes=True),
    Case("decide", "decide", _decide, WRITING, writes=True),
)
