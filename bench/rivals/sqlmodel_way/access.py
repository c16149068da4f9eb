"""What every request brings: a session, and who is asking."""

import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jwt import InvalidTokenError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.actors import Actor
from bench.rivals import rules

engine = create_async_engine(
    os.environ["SIKS_BENCH_DATABASE_URL"],
    pool_size=rules.CONNECTIONS,
    max_overflow=0,
    connect_args={"server_settings": {"jit": "off"}},  # as the service has it
)
bearer = HTTPBearer()


async def session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as opened:
        yield opened


async def current_actor(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)],
) -> Actor:
    try:
        return rules.believed(credentials.credentials)
    except (InvalidTokenError, ValueError) as error:
        raise HTTPException(401, "not recognised") from error


async def current_reader(actor: Annotated[Actor, Depends(current_actor)]) -> Actor:
    if not rules.reads_people(actor):
        raise HTTPException(403, "this role reads nothing of people")
    return actor


Session = Annotated[AsyncSession, Depends(session)]
CurrentActor = Annotated[Actor, Depends(current_actor)]
Reader = Annotated[Actor, Depends(current_reader)]
