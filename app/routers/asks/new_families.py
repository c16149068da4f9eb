"""A new family (usulan DTKS baru): all there is to ask stands in the drafted household."""

from typing import Literal

from pydantic import ConfigDict

from app.domain.proposals import ProposalKind
from app.routers.asks.base import ChangesBase, DraftBase


class NewFamilyDraft(DraftBase):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "new_family", "household_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10"}
            ]
        }
    )

    kind: Literal[ProposalKind.NEW_FAMILY]


class NewFamilyChanges(ChangesBase):
    """Nothing: the household, its families and members are changed where they are."""

    kind: Literal[ProposalKind.NEW_FAMILY]
