"""Waking what works in the background, once the request that gives it work is stored."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request


async def woken(request: Request) -> AsyncIterator[None]:
    """Named before the transaction, it ends after it: what is woken sees the work."""
    yield
    request.app.state.decree_worker.wake()


Woken = Annotated[None, Depends(woken, scope="function")]
