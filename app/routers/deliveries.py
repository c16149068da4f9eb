"""What was sent to a subscriber: `/v1/subscriptions/{id}/deliveries`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from app.db import subscriptions
from app.db.pages import Asked
from app.domain.subscriptions import MessageKind, SubscriptionNotFound
from app.exchange.outgoing import Unsent
from app.routers.access import After, CurrentActor, Limit, ReadingNow, answer_page
from app.routers.problems import refuses
from app.routers.shapes import Moment
from app.routers.subscriptions import PATH

router = APIRouter(prefix=PATH, tags=["subscriptions"])


class DeliveryView(BaseModel):
    """One attempt at one message."""

    id: UUID
    message_id: UUID
    kind: MessageKind
    attempt: int
    at: datetime
    items: int
    bytes: int
    after: str | None = Field(description="It tells what came behind here ...")
    next: str | None = Field(description="... up to here.")
    status: int | None = Field(description="What was answered; null: nothing.")
    reason: Unsent | None = Field(description="Why nothing was.")
    taken: bool
    milliseconds: int


class DeliveryPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[DeliveryView]


@router.get(
    "/{subscription_id}/deliveries",
    response_model=DeliveryPage,
    responses=refuses(SubscriptionNotFound),
)
async def list_deliveries(
    request: Request,
    subscription_id: UUID,
    actor: CurrentActor,
    reading: ReadingNow,
    after: After,
    message_id: Annotated[UUID | None, Query(description="Attempts at this message.")] = None,
    since: Annotated[Moment | None, Query(description="From then on.")] = None,
    limit: Limit = 50,
) -> Response:
    """Every attempt of the last 30 days, the oldest first: what was answered, how long it took."""
    asked = Asked(after, limit, {"message_id = {}": message_id, "at >= {}": since})
    body = await subscriptions.deliveries(
        reading, subscription_id, asked, within=actor.region, seen_by=actor
    )
    return answer_page(request, body)
