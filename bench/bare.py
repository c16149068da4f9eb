"""What the bare apps beside the service have in common: a pool, and ASGI with nothing around it."""

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import asyncpg
from starlette.types import ASGIApp, Scope

from app.db.sessions import SERVER_SETTINGS
from app.db.urls import for_asyncpg

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Bare(Protocol):
    async def open(self) -> None: ...

    async def answer(self, scope: Scope, receive: Receive) -> bytes: ...


class AsItIs(asyncpg.Connection):
    """Nothing is asked of it when it is given back: nothing was set."""

    def get_reset_query(self) -> str:
        return ""


async def a_pool(settings: Mapping[str, str]) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        for_asyncpg(os.environ["SIKS_BENCH_DATABASE_URL"]),
        min_size=1,
        max_size=int(os.environ["SIKS_BENCH_POOL"]),
        connection_class=AsItIs,
        server_settings={**SERVER_SETTINGS, **settings},
    )


def served(bare: Bare, *, status: int) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await bare.open()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = await bare.answer(scope, receive)
        length = str(len(body)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app
