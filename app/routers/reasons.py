"""The closed list of reasons: `/v1/reasons`."""

from dataclasses import asdict

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.domain.reasons import reasons
from app.routers.access import CurrentActor

router = APIRouter(prefix="/v1/reasons", tags=["reasons"])


class ReasonView(BaseModel):
    code: str
    label_id: str
    label_en: str
    kinds: list[str] = Field(description="The kinds of proposal that may carry it.")
    also_for: list[str] = Field(description="rejection, objection, central_run")
    scope: str = Field(description="Whom it takes out: person, family or household.")
    effect: str = Field(
        description="registry: the record becomes inactive; programme: the aid ends. Where a "
        "kind of proposal says otherwise, the kind holds."
    )
    date_means: str = Field(description="What `effective_on` is the date of.")
    evidence: list[str] = Field(
        description="Any one of these is enough. `minutes` and `responsibility_statement` come "
        "about on the proposal's way."
    )
    requires: str | None = Field(
        description="What stands beside it: other_record, other_person or text (the note)."
    )
    repairable: bool


class ReasonList(BaseModel):
    items: list[ReasonView]


@router.get("")
async def list_reasons(_: CurrentActor) -> ReasonList:
    """Why a proposal may be rejected or returned, a person removed, an aid ended."""
    return ReasonList(items=[ReasonView(**asdict(reason)) for reason in reasons().values()])
