"""The application: settings, database, layers, routers, refusals. Nothing else imports it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import Depends, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware

from app import logs
from app.commands import job_work
from app.commands.changes import Watch
from app.commands.counts import kept_up
from app.commands.decree_work import Worker
from app.commands.sign_in import Door
from app.commands.subscriptions import Rules
from app.db.regions import known_regions
from app.db.sessions import Database
from app.domain.documents import MediaType
from app.domain.imports.workflow import Limits
from app.domain.regions import INDONESIA
from app.domain.uploads import MOST_PART_BYTES
from app.exchange.contents import Examiner
from app.issuer_keys import IssuerKeys
from app.issuers import Issuer
from app.routers import (
    access,
    accesses,
    accounts,
    agendas,
    agreements,
    appointments,
    audit,
    auth,
    changes,
    clients,
    codebooks,
    contract,
    counts,
    credentials,
    days,
    decisions,
    decrees,
    deliberations,
    deliveries,
    docs,
    documents,
    downloads,
    extract_files,
    extracts,
    families,
    faults,
    files,
    handovers,
    health,
    households,
    identities,
    import_layouts,
    import_results,
    imports,
    jobs,
    labels,
    layers,
    letter_checks,
    letters,
    lists,
    members,
    nik_cases,
    nik_workbooks,
    niks,
    notices,
    openings,
    passwords,
    policies,
    problems,
    programmes,
    proposals,
    reasons,
    recipients,
    regions,
    registry,
    registry_errors,
    searches,
    spdci_partners,
    statements,
    subscriptions,
    surveys,
    turnarounds,
    uploads,
    visits,
    window_exceptions,
    windows,
)
from app.routers.directory import Service
from app.routers.token_check import TokenCheck
from app.settings import Settings, read_settings
from app.stores import storage_of
from app.tokens import Tokens, read_key

VERSION = "0.1.0"
MAX_BODY_BYTES = 1_000_000
BODY_SECONDS = 60  # a megabyte over a weak line
BODIES_AT_ONCE = 300  # that may be arriving
MAX_FILE_BYTES = 25_000_000
FILE_SECONDS = 300
FILES_AT_ONCE = 200
TABLES_AT_ONCE = 50
PARTS_AT_ONCE = 100
MAX_BYTES_OF_FILES = 400_000_000  # that lie in the temporary folder meanwhile
DEADLINE_SECONDS = 8
JOIN_SECONDS = 300  # to put a gigabyte together on a slow disk
PER_CONNECTION = 3  # requests in flight for each connection of the pool, before we say 503
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
PUBLIC = {
    "/v1/auth/token",
    "/v1/auth/revocation",
    "/v1/auth/password",
    "/v1/auth/exchange",
    clients.PATH,
    "/.well-known/jwks.json",
    "/health/live",
    "/health/ready",
    letter_checks.PATH,
    "/openapi.json",
    "/docs",
    "/docs/",
}
FILES = files.Paths(documents.PATH, imports.PATH, uploads.PART)
ROUTERS = (
    auth,
    passwords,
    clients,
    identities,
    appointments,  # before accounts, which would take `vacancies` for an id
    accounts,
    openings,
    credentials,
    agreements,
    spdci_partners,
    registry,
    regions,
    searches,  # before households and members, which would take `search` for an id
    households,
    families,
    members,
    accesses,
    niks,
    nik_cases,
    nik_workbooks,
    surveys,
    visits,
    documents,
    codebooks,
    counts,  # before proposals, which would take `counts` for an id
    proposals,
    decisions,
    decrees,
    deliberations,
    agendas,
    statements,
    handovers,
    imports,
    import_results,
    import_layouts,
    uploads,
    subscriptions,
    deliveries,
    lists,
    letters,
    letter_checks,
    extracts,
    extract_files,
    jobs,
    changes,
    audit,
    policies,
    windows,
    window_exceptions,
    notices,
    days,
    turnarounds,
    programmes,
    recipients,
    reasons,
    labels,
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
    app.state.storage = storage_of(settings)
    app.state.webhooks = webhooks = Rules.of(
        str(settings.signing_key), settings.webhook_networks, settings.webhook_days
    )
    app.state.examine = Examiner()
    app.state.downloads = downloads.Downloads(downloads.AT_ONCE)
    app.state.streams = jobs.Streams(jobs.STREAMS_AT_ONCE)
    app.state.watch = watch = Watch(database, most=changes.AT_ONCE)
    app.state.door = Door(database, tokens, issuer=_other_issuer(settings))
    worker = Worker(str(settings.database_url), every=timedelta(seconds=settings.decrees_every))
    app.state.decree_worker = worker
    async with (
        watch.at_work(),
        kept_up(database, every=timedelta(seconds=settings.counts_every)),
        worker.at_work(),
        job_work.beside(
            str(settings.database_url),
            app.state.storage,
            wanted=bool(settings.worker),
            limits=Limits(settings.import_most_doubled),
            webhooks=webhooks,
        ),
    ):
        yield
    await database.close()


def _other_issuer(settings: Settings) -> Issuer | None:
    """Its keys are fetched when somebody comes with its token, not before."""
    if not (settings.external_issuer and settings.external_audience and settings.external_jwks_url):
        return None
    keys = IssuerKeys(settings.external_jwks_url)
    return Issuer(settings.external_issuer, audience=settings.external_audience, keys=keys)


def create_app(settings: Settings | None = None) -> Service:
    settings = settings or read_settings()
    logs.configure(settings.log_level)
    app = Service(
        title="SIKS-NG",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=problems.ANYWHERE,
        generate_unique_id_function=lambda route: route.name,
        telemetry=NO_TELEMETRY,
        middleware=_layers(settings),
    )
    app.state.settings = settings
    app.state.is_leaving = lambda: False
    for module in ROUTERS:
        app.include_router(module.router, dependencies=[Depends(access.only_known_queries)])
        app.included.append(app.router.routes[-1])
    problems.install(app)
    faults.install(app)
    registry_errors.install(app)
    app.add_exception_handler(access.AlreadyAnswered, access.answer_again)  # type: ignore[arg-type]
    contract.install(app, public=PUBLIC)
    docs.install(app)
    return app


SENT_HEADERS = [
    "Authorization",
    "Content-Digest",
    "Content-Disposition",
    "Content-Type",
    "If-Match",
    "If-None-Match",
    "Range",
    "Idempotency-Key",
    "X-Purpose",
    "X-Request-ID",
]
TOLD_HEADERS = [
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "Retry-After",
    "X-Request-ID",
]


def _layers(settings: Settings) -> list[Middleware]:
    """From the outside in."""
    return [
        Middleware(layers.NameAndLog),
        Middleware(
            layers.CrossOrigin,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH"],
            allow_headers=SENT_HEADERS,
            expose_headers=TOLD_HEADERS,
            max_age=600,
        ),
        Middleware(registry_errors.AsGatewaysDo),
        Middleware(faults.LastResort),
        Middleware(TokenCheck, public=PUBLIC),
        Middleware(layers.WithBody, json=_bodies(), files=_files(), paths=FILES),
        Middleware(
            layers.Shed, most=PER_CONNECTION * settings.pool_size * 2, but_not={changes.PATH}
        ),
        Middleware(
            layers.Deadline,
            seconds=DEADLINE_SECONDS,
            longer=[
                (files.Paths(uploads.STEPS), JOIN_SECONDS),
                ({changes.PATH}, DEADLINE_SECONDS + changes.MOST_SECONDS),
            ],
        ),
    ]


def _bodies() -> list[Middleware]:
    return [
        Middleware(layers.OnlyJson, forms={clients.PATH}),
        Middleware(
            layers.WholeBody,
            most=MAX_BODY_BYTES,
            seconds=BODY_SECONDS,
            at_once=BODIES_AT_ONCE,
        ),
    ]


def _files() -> list[Middleware]:
    """Where files come in: of which kinds, how large, and how many at once."""
    kept = {"seconds": FILE_SECONDS, "most_kept": MAX_BYTES_OF_FILES}
    return [
        Middleware(
            files.WholeFile,
            paths={documents.PATH},
            kinds=set(MediaType),
            refusal=files.NotAFile,
            most=MAX_FILE_BYTES,
            at_once=FILES_AT_ONCE,
            **kept,
        ),
        Middleware(
            files.WholeFile,
            paths={imports.PATH},
            kinds=files.TABLES,
            refusal=files.NotATable,
            most=MAX_FILE_BYTES,
            at_once=TABLES_AT_ONCE,
            **kept,
        ),
        Middleware(
            files.WholeFile,
            paths=files.Paths(uploads.PART),
            kinds=files.BYTES,
            refusal=files.NotAPart,
            most=MOST_PART_BYTES,
            at_once=PARTS_AT_ONCE,
            **kept,
        ),
    ]
