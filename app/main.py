"""The application: settings, database, layers, routers, refusals. Nothing else imports it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from app import logs
from app.commands.counts import kept_up
from app.commands.sign_in import Door
from app.db.regions import known_regions
from app.db.sessions import Database
from app.domain.regions import INDONESIA
from app.issuer_keys import IssuerKeys
from app.issuers import Issuer
from app.routers import (
    access,
    accounts,
    appointments,
    audit,
    auth,
    clients,
    codebooks,
    contract,
    counts,
    credentials,
    docs,
    families,
    faults,
    handovers,
    health,
    households,
    identities,
    layers,
    members,
    niks,
    openings,
    passwords,
    policies,
    problems,
    proposals,
    reasons,
    regions,
    searches,
    surveys,
)
from app.routers.token_check import TokenCheck
from app.settings import Settings, read_settings
from app.tokens import Tokens, read_key

VERSION = "0.1.0"
MAX_BODY_BYTES = 1_000_000
BODY_SECONDS = 60  # a megabyte over a weak line
BODIES_AT_ONCE = 300  # that may be arriving
DEADLINE_SECONDS = 8
PER_CONNECTION = 3  # requests in flight for each connection of the pool, before we say 503
PUBLIC = {
    "/v1/auth/token",
    "/v1/auth/revocation",
    "/v1/auth/password",
    "/v1/auth/exchange",
    clients.PATH,
    "/.well-known/jwks.json",
    "/health/live",
    "/health/ready",
    "/openapi.json",
    "/docs",
    "/docs/",
}
ROUTERS = (
    auth,
    passwords,
    clients,
    identities,
    appointments,  # before accounts, which would take `vacancies` for an id
    accounts,
    openings,
    credentials,
    regions,
    searches,  # before households and members, which would take `search` for an id
    households,
    families,
    members,
    niks,
    surveys,
    codebooks,
    counts,  # before proposals, which would take `counts` for an id
    proposals,
    handovers,
    audit,
    policies,
    reasons,
    health,
)
DESCRIPTION = """
The registry of social welfare (DTKS): households, families and members; proposals on their way
from the village to the ministry; the decisions of every tier; and an audit of every step.

- Sign in at `POST /v1/auth/token` and send the access token as `Authorization: Bearer ...`.
- You see what lies in your region. What lies outside is answered like what does not exist.
- Refusals are RFC 9457 problems with a stable `type`, in Indonesian, or in English on
  `Accept-Language: en`.
- A change names the version it means (`If-Match`); a POST may carry an `Idempotency-Key`.
"""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    database = Database(str(settings.database_url), connections=settings.pool_size)
    await database.open()
    async with database.reading(INDONESIA) as reading:
        app.state.known_regions = await known_regions(reading)
    tokens = Tokens(
        read_key(str(settings.signing_key)), issuer=settings.issuer, audience=settings.audience
    )
    app.state.database = database
    app.state.door = Door(database, tokens, issuer=_other_issuer(settings))
    async with kept_up(database, every=timedelta(seconds=settings.counts_every)):
        yield
    await database.close()


def _other_issuer(settings: Settings) -> Issuer | None:
    """Its keys are fetched when somebody comes with its token, not before."""
    if not (settings.external_issuer and settings.external_audience and settings.external_jwks_url):
        return None
    keys = IssuerKeys(settings.external_jwks_url)
    return Issuer(settings.external_issuer, audience=settings.external_audience, keys=keys)


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or read_settings()
    logs.configure(settings.log_level)
    app = FastAPI(
        title="SIKS-NG",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=problems.ANYWHERE,
        generate_unique_id_function=lambda route: route.name,
        middleware=_layers(settings),
    )
    app.state.settings = settings
    for module in ROUTERS:
        app.include_router(module.router, dependencies=[Depends(access.only_known_queries)])
    problems.install(app)
    faults.install(app)
    app.add_exception_handler(access.AlreadyAnswered, access.answer_again)  # type: ignore[arg-type]
    contract.install(app)
    docs.install(app)
    return app


def _layers(settings: Settings) -> list[Middleware]:
    """From the outside in."""
    return [
        Middleware(layers.NameAndLog),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "If-Match",
                "Idempotency-Key",
                "X-Purpose",
                "X-Request-ID",
            ],
            expose_headers=[
                "ETag",
                "Idempotent-Replayed",
                "Link",
                "Location",
                "Retry-After",
                "X-Request-ID",
            ],
            max_age=600,
        ),
        Middleware(faults.LastResort),
        Middleware(TokenCheck, public=PUBLIC),
        Middleware(layers.OnlyJson, forms={clients.PATH}),
        Middleware(
            layers.WholeBody,
            most=MAX_BODY_BYTES,
            seconds=BODY_SECONDS,
            at_once=BODIES_AT_ONCE,
        ),
        Middleware(layers.Shed, most=PER_CONNECTION * settings.pool_size * 2),
        Middleware(layers.Deadline, seconds=DEADLINE_SECONDS),
    ]
