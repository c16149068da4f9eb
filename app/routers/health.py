"""Whether the service lives, and whether it can work: for balancers and people on call."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from app.db import readiness
from app.domain.errors import Overloaded
from app.routers.access import database_of
from app.routers.problems import refuses

router = APIRouter(prefix="/health", tags=["health"])


class Alive(BaseModel):
    status: Literal["alive"]


class Ready(BaseModel):
    status: Literal["ready"]
    migration: str
    clock_drift_seconds: float


@router.get("/live")
async def live() -> Alive:
    """The process answers. Nothing else is asked."""
    return Alive(status="alive")


@router.get("/ready", responses=refuses(Overloaded))
async def ready(request: Request, response: Response) -> Ready:
    """The database answers, stands at the migration of this code, and has the regions."""
    found = await readiness.check(database_of(request))
    response.headers["Cache-Control"] = "no-store"
    return Ready(
        status="ready", migration=found.migration, clock_drift_seconds=found.clock_drift_seconds
    )
