"""Handing over open work when an officer leaves: `/v1/handovers`."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.commands.handovers import hand_over
from app.db.accounts import AccountNotFound
from app.domain.handovers import HandedToHimself, TakesNothingOver
from app.domain.workflow import RoleMayNot
from app.routers.access import CurrentActor, Transaction, WritingRoute
from app.routers.problems import refuses
from app.routers.shapes import Note, Shape

router = APIRouter(prefix="/v1/handovers", tags=["accounts"], route_class=WritingRoute)


class HandOverRequest(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "from_account_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
                    "to_account_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a11",
                    "note": "Operator lama pindah tugas per 1 Desember 2026.",
                }
            ]
        }
    )

    from_account_id: UUID
    to_account_id: UUID
    note: Note


class HandOverView(BaseModel):
    """It names no household and nobody in one."""

    moved: int = Field(description="Proposals that went over, each with its entry in the audit.")
    remaining: int = Field(
        description="That could go over too: send the same again. See `outside`."
    )
    outside: int = Field(
        description="That stayed, because the receiver has no assignment where they lie. Both "
        "numbers are counted up to 10,000 in all."
    )


@router.post(
    "",
    status_code=201,
    responses=refuses(AccountNotFound, RoleMayNot, HandedToHimself, TakesNothingOver),
)
async def hand_over_work(
    request: HandOverRequest, actor: CurrentActor, session: Transaction
) -> HandOverView:
    """Move an officer's open proposals to another's desk, up to 1,000 of them.

    The receiver holds an assignment now in which one proposes; what lies outside it stays. Who
    drafted or submitted a proposal remains its author, and decides on it as little as before.
    """
    done = await hand_over(
        session, request.from_account_id, request.to_account_id, note=request.note, by=actor
    )
    return HandOverView(moved=done.moved, remaining=done.remaining, outside=done.outside)
