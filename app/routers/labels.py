"""What the codes are called in sentences: `/v1/labels`."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from app.domain.labels import labels
from app.routers.access import CurrentActor

router = APIRouter(prefix="/v1/labels", tags=["labels"])


class LabelView(BaseModel):
    group: Literal["roles", "subjects", "kinds", "states", "actions", "purposes"]
    code: str
    label_id: str
    label_en: str


class LabelList(BaseModel):
    items: list[LabelView]


@router.get("")
async def list_labels(_: CurrentActor) -> LabelList:
    """Roles, kinds, states, actions and purposes of letters as people call them."""
    return LabelList(
        items=[
            LabelView(group=group, code=code, label_id=label["id"], label_en=label["en"])
            for group, codes in labels().items()
            for code, label in codes.items()
        ]
    )
