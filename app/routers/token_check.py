"""The layer that knows who is asking before anything of the request is read.

It believes the token's signature, then asks the database whether the assignment still stands;
the answer is remembered for at most 30 seconds, so that is how long a dismissed operator stays.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import asyncpg
from starlette.types import ASGIApp, Receive, Scope, Send

from app.commands.sign_in import Door
from app.db import accounts
from app.db.sessions import NO_CONNECTION
from app.domain.actors import Actor
from app.domain.agreements import Agreement
from app.domain.errors import Overloaded, Refusal
from app.domain.regions import INDONESIA
from app.routers.problems import language_of, problem_response
from app.tokens import Recognised, TokenNotValid

REMEMBERED_SECONDS = 30.0
REMEMBERED_ACTORS = 10_000
NO_ANSWER = (asyncpg.PostgresError, *NO_CONNECTION)


class TokenCheck:
    """Answers 401 itself, or puts the `Actor` into `request.state.actor`.

    `public` are the paths that everybody may ask for; one that ends in / opens what lies below.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        public: Collection[str],
        remembers: float = REMEMBERED_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self._public = frozenset(public)
        self._open_folders = tuple(path for path in public if path.endswith("/"))
        self._standings = Standings(remembers=remembers, clock=clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_public(scope["path"]):
            await self.app(scope, receive, send)
            return
        try:
            recognised = await self._recognise(scope)
        except Refusal as refusal:
            response = problem_response(refusal, language=language_of(scope))
            await response(scope, receive, send)
            return
        scope.setdefault("state", {}).update(
            actor=recognised.actor, token_expires_at=recognised.expires_at
        )
        await self.app(scope, receive, send)

    def _is_public(self, path: str) -> bool:
        return path in self._public or path.startswith(self._open_folders)

    async def _recognise(self, scope: Scope) -> Recognised:
        door: Door = scope["app"].state.door
        recognised = door.tokens.verify(_bearer(scope))
        try:
            standing = self._standings.known(recognised)
            if standing is None:
                standing = await self._standings.asked(recognised, door)
        except NO_ANSWER as error:
            raise Overloaded from error
        return _under(standing.agreement, recognised)


def _under(agreement: Agreement | None, recognised: Recognised) -> Recognised:
    """A token names no agreement: what a machine may read is what stands now."""
    if agreement is None:
        return recognised
    return replace(recognised, actor=replace(recognised.actor, agreement=agreement))


def _bearer(scope: Scope) -> str:
    sent = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, token = (sent[0] if len(sent) == 1 else b"").decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise TokenNotValid
    return token.strip()


@dataclass(frozen=True)
class _Standing:
    session_version: int
    until: float
    agreement: Agreement | None


class Standings:
    """Who was found to stand as his token says, and until when that is believed.

    Only a yes is ever believed: a no is asked again, so that somebody reinstated need not wait.
    """

    def __init__(self, *, remembers: float, clock: Callable[[], float]) -> None:
        self._remembers = remembers
        self._clock = clock
        self._known: OrderedDict[Actor, _Standing] = OrderedDict()

    async def asked(self, recognised: Recognised, door: Door) -> _Standing:
        """Whoever does not stand as he says is refused."""
        until = self._clock() + self._remembers  # counted from before the question
        async with door.database.reading(INDONESIA) as reading:
            found = await accounts.standing(reading, recognised.actor, within=INDONESIA)
        self._known.pop(recognised.actor, None)
        if found is None or found.session_version != recognised.session_version:
            raise TokenNotValid
        standing = _Standing(found.session_version, until, found.agreement)
        self._remember(recognised.actor, standing)
        return standing

    def known(self, recognised: Recognised) -> _Standing | None:
        known = self._known.get(recognised.actor)
        if known is None or self._clock() >= known.until:
            return None
        return known if known.session_version == recognised.session_version else None

    def _remember(self, actor: Actor, standing: _Standing) -> None:
        """The first to go is the oldest: they all stay for the same time."""
        if len(self._known) >= REMEMBERED_ACTORS:
            self._known.popitem(last=False)
        self._known[actor] = standing
