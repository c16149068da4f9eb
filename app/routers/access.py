"""What every request brings: who is asking, the transaction it runs in, the version it means."""

import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import answers
from app.db.access import NOTING, Access, PeopleReading
from app.db.answers import Asked
from app.db.pages import IN_ORDER, Position
from app.db.scope import Settings
from app.db.sessions import Database, Reading
from app.db.tables.requests import StoredAnswer
from app.domain.actors import Actor
from app.domain.channels import Channel
from app.domain.errors import Fault, Language, Said
from app.domain.niks import KnownRegions
from app.domain.regions import Region, narrowed
from app.domain.sight import USUAL_PURPOSE_OF, Purpose, Sight, sight_of_people
from app.routers.files import Upload
from app.routers.problems import SHAPES, Malformed, Unreadable, VersionNotNamed, language_of


async def current_actor(request: Request) -> Actor:
    """Whoever the token check, which stands before everything else, has let in."""
    actor: Actor = request.state.actor
    return actor


# Dependencies are `async` though they wait for nothing: FastAPI sends others through a thread each.
# And they ask for the request rather than for one another: it solves what is below one each time
# that it is named, before it looks whether it has it.
CurrentActor = Annotated[Actor, Depends(current_actor)]


def database_of(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


# --- writing

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=100,
        pattern=r"^[\x21-\x7e]+$",
        description="A name of your own for this request (a UUID, say). Sent again with the "
        "same key, it has no second effect and gets the first answer.",
    ),
]


class AlreadyAnswered(Exception):
    def __init__(self, answer: StoredAnswer) -> None:
        super().__init__()
        self.answer = answer


async def one_transaction(
    request: Request, actor: CurrentActor, key: IdempotencyKey = None
) -> AsyncIterator[AsyncSession]:
    """Commit when the endpoint returns, roll back when it raises.

    Depend on it with `scope="function"`, so that nobody is told of a change before it is stored.
    """
    async with database_of(request).transaction(
        actor.region, channel=Channel.HTTP, request_id=request.state.request_id
    ) as session:
        if key is not None:
            asked = Asked(actor, key, await _content_of(request, actor))
            answer = await answers.given(session, asked)
            if answer is not None:
                raise AlreadyAnswered(answer)
            request.state.to_keep = (session, asked)
        yield session


async def _content_of(request: Request, actor: Actor) -> bytes:
    """As whom, where it goes and what it says, however its JSON is spaced and ordered."""
    upload: Upload | None = getattr(request.state, "upload", None)
    if upload is not None:
        place = f"{request.url.path}?{request.url.query}"
        return f"{actor.role} {request.method} {place}\n{upload.sha256.hex()}".encode()
    sent = await request.json() if await request.body() else None
    try:
        said = json.dumps(sent, sort_keys=True, separators=(",", ":"))
    except RecursionError:  # it could be read, but only just
        raise Unreadable from None
    return f"{actor.role} {request.method} {request.url.path}\n{said}".encode()


class WritingRoute(APIRoute):
    """A route whose answer is kept, in the transaction of its work, when it has a key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_once(request: Request) -> Response:
            request.state.to_keep = None
            response = await answer(request)
            if request.state.to_keep is not None:
                session, asked = request.state.to_keep
                headers = {k: v for k, v in response.headers.items() if k in KEPT_HEADERS}
                await answers.keep(
                    session,
                    asked,
                    status=response.status_code,
                    headers=headers,
                    body=getattr(response, "kept", bytes(response.body)),
                )
            return response

        return answer_once


KEPT_HEADERS = {"content-type", "etag", "location"}


async def answer_again(_: Request, already: AlreadyAnswered) -> Response:
    kept = already.answer
    headers = {**kept.headers, "Idempotent-Replayed": "true"}
    return Response(kept.body, kept.status, headers)


class ToldOnce(Response):
    """An answer with a secret in it. What is kept of it, and told to a repeat, is without."""

    def __init__(self, body: str, *, kept: str, headers: Mapping[str, str] | None = None) -> None:
        headers = {**(headers or {}), "Cache-Control": "no-store"}
        super().__init__(body, 201, headers, media_type="application/json")
        self.kept = kept.encode()


Transaction = Annotated[AsyncSession, Depends(one_transaction, scope="function")]

ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')
MALFORMED_ETAG = Said(
    id='Kirim ETag seperti yang diterima, misalnya "3".',
    en='Send the ETag as you received it, "3" for example.',
)


async def version_meant(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=40,
            description='The ETag of the version you mean to change, `"3"` for example. '
            "Required: without it 428, with an older one 412.",
        ),
    ] = None,
) -> int:
    if if_match is None:
        raise VersionNotNamed
    found = ETAG.fullmatch(if_match.strip())
    if found is None:
        raise Malformed([Fault("Header If-Match", "pattern", MALFORMED_ETAG)])
    return int(found[1])


IfMatch = Annotated[int, Depends(version_meant)]


def etag(version: int) -> str:
    return f'"{version}"'


# --- reading


async def one_reading(request: Request) -> Reading:
    return Reading(database_of(request).look(request.state.actor.region))


ReadingNow = Annotated[Reading, Depends(one_reading)]


async def sight_of(request: Request) -> Sight:
    return sight_of_people(request.state.actor)


CurrentSight = Annotated[Sight, Depends(sight_of)]


async def language_asked(request: Request) -> Language:
    return language_of(request.scope)


LanguageAsked = Annotated[Language, Depends(language_asked)]


async def access_of(
    request: Request,
    purpose: Annotated[
        Purpose | None,
        Header(
            alias="X-Purpose",
            description="What you read of people for; kept in the access log. Where it is "
            "missing, the usual purpose of your role is kept.",
        ),
    ] = None,
) -> Access:
    actor = request.state.actor
    return Access(
        actor,
        purpose or USUAL_PURPOSE_OF[actor.role],
        request.scope["route"].name,
        request.state.request_id,
    )


AccessNow = Annotated[Access, Depends(access_of)]


def people_look(request: Request, access: Access, *, settings: Settings = NOTING) -> PeopleReading:
    look = database_of(request).look(access.actor.region, settings=settings)
    return PeopleReading(look, access)


async def reading_with_access(request: Request, access: AccessNow) -> PeopleReading:
    return people_look(request, access)


# What the audit tells of people depends on the role; whoever may read none reads the rest of it.
AuditReading = Annotated[PeopleReading, Depends(reading_with_access)]


async def reading_people(request: Request, access: AccessNow) -> PeopleReading:
    sight_of_people(access.actor)  # or why he may read of nobody
    return people_look(request, access)


People = Annotated[PeopleReading, Depends(reading_people)]


async def reading_in_order(request: Request, access: AccessNow) -> PeopleReading:
    sight_of_people(access.actor)  # or why he may read of nobody
    return people_look(request, access, settings=NOTING | IN_ORDER)


PeopleInOrder = Annotated[PeopleReading, Depends(reading_in_order)]


def answer_json(body: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The finished JSON of the database, as it is."""
    return Response(body, status, headers, media_type="application/json")


def answer_versioned(body: str) -> Response:
    """JSON that begins with its version, which becomes the ETag."""
    found = VERSION.search(body)
    return answer_json(body, headers={"ETag": etag(int(found[1]))} if found else None)


def created(response: Response, location: str) -> Response:
    response.status_code = 201
    response.headers["Location"] = location
    return response


VERSION = re.compile(r'"version" ?: ?([0-9]+)')

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
NEXT = Said(
    id="Kirim nilai next dari halaman sebelumnya apa adanya.",
    en="Send the `next` of the page before as it is.",
)
FIRST = Position(-1, UUID(int=0))
UUID_POSITION = re.compile(r"([0-9]{1,10})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
NUMBER_POSITION = re.compile(r"([0-9]{1,10})\.([0-9]{1,18})")
Cursor = Annotated[
    str | None, Query(alias="after", max_length=60, description="The `next` of the page before.")
]


def _position(after: str, form: re.Pattern[str]) -> tuple[int, str]:
    found = form.fullmatch(after)
    if found is None:
        raise Malformed([Fault("?after", "pattern", NEXT)])
    return int(found[1]), found[2]


async def after_id(after: Cursor = None) -> Position:
    if after is None:
        return FIRST
    scope_code, row = _position(after, UUID_POSITION)
    return Position(scope_code, UUID(row))


async def after_number(after: Cursor = None) -> Position:
    if after is None:
        return Position(-1, 0)
    scope_code, row = _position(after, NUMBER_POSITION)
    return Position(scope_code, int(row))


After = Annotated[Position, Depends(after_id)]
AfterNumber = Annotated[Position, Depends(after_number)]

A_CODE = "^(?:[1-9][0-9]|[1-9][0-9]{3}|[1-9][0-9]{5}|[1-9][0-9]{9})$"


async def region_asked(
    request: Request,
    region_code: Annotated[
        str | None,
        Query(pattern=A_CODE, description="Kemendagri code of a part of your region."),
    ] = None,
) -> Region:
    return narrowed(request.state.actor.region, region_code)


RegionAsked = Annotated[Region, Depends(region_asked)]


def answer_page(request: Request, body: str) -> Response:
    """A page says in its body and in a Link where the next one is."""
    found = NEXT_IN_BODY.match(body)
    if found is None:
        return answer_json(body)
    link = _following(request, found[1])
    return answer_json(body, headers={"Link": f'<{link}>; rel="next"'})


def _following(request: Request, after: str) -> str:
    """The same question after that place. Where nothing needs escaping, it is as it was sent."""
    path, asked = request.scope["path"], request.scope["query_string"].decode("latin-1")
    if UNESCAPED.fullmatch(f"{path}&{asked}&{after}"):
        kept = [each for each in asked.split("&") if each and not each.startswith("after=")]
        return f"{path}?{'&'.join([*kept, f'after={after}'])}"
    return f"{quote(path)}?{urlencode({**request.query_params, 'after': after})}"


UNESCAPED = re.compile(r"[/&=.,\w-]*", re.ASCII)
NEXT_IN_BODY = re.compile(r'\{"next" ?: ?"([^"]+)"')


# --- what is asked


async def only_known_queries(request: Request) -> None:
    """A misspelt filter would be no filter, and the answer would be everything."""
    if not request.scope["query_string"]:
        return
    known = _queries_of(request.scope["route"])
    sent = [name for name, _ in request.query_params.multi_items()]
    if known.issuperset(sent) and len(set(sent)) == len(sent):
        return
    unknown = sorted({name for name in sent if name not in known or sent.count(name) > 1})
    if unknown:
        faults = [Fault(f"?{name}"[:60], "not_allowed", SHAPES["not_allowed"]) for name in unknown]
        raise Malformed(faults)


_QUERIES: dict[str, frozenset[str]] = {}  # by the name of the route, which is its alone


def _queries_of(route: APIRoute) -> frozenset[str]:
    if route.name not in _QUERIES:
        declared = get_flat_params(route.dependant)
        _QUERIES[route.name] = frozenset(
            field.alias for field in declared if isinstance(field.field_info, params.Query)
        )
    return _QUERIES[route.name]


# --- what the service knows by heart


async def known_regions(request: Request) -> KnownRegions:
    """Every region code there ever was, read once when the service starts."""
    known: KnownRegions = request.app.state.known_regions
    return known


Known = Annotated[KnownRegions, Depends(known_regions)]
