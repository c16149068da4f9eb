"""The programmes (program bansos), for those who show them: `/v1/programmes`."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from app.domain.programmes import Programme, ProgrammeNotFound, Unit, known, programmes, warnings
from app.routers.access import CurrentActor
from app.routers.problems import refuses

router = APIRouter(prefix="/v1/programmes", tags=["programmes"])


class Labelled(BaseModel):
    code: str
    label_id: str
    label_en: str


class ComponentView(Labelled):
    """Something of a person that the programme pays for; it asks for at least one in a family."""

    group: str


class GroundView(Labelled):
    urgent: bool = Field(description="It goes before the others.")
    needs_note: bool
    needs_letter: bool


class ReactivationView(BaseModel):
    within_months: int = Field(description="After its end; later it is proposed anew.")
    grounds: list[GroundView]


class WarningView(BaseModel):
    """What may stand among the `doubts` of a proposal. It keeps nobody from going on."""

    rule: str
    said_id: str
    said_en: str


class ProgrammeView(BaseModel):
    code: str
    legacy_names: list[str] = Field(description="How files and older systems write it.")
    name_id: str
    name_en: str
    unit: Unit = Field(description="Who holds one grant.")
    unit_sure: bool = Field(description="Whether a published rule says so.")
    proposable: bool = Field(description="Whether a village proposes somebody for it today.")
    has_payee: bool = Field(description="It is paid to one person of the family (pengurus).")
    decile_max: int | None
    components: list[ComponentView]
    reactivation: ReactivationView | None
    warnings: list[WarningView]
    source: str

    @classmethod
    def of(cls, programme: Programme) -> "ProgrammeView":
        said = warnings()
        told = [
            WarningView(rule=rule, said_id=said[rule].id, said_en=said[rule].en)
            for rule in programme.warnings
        ]
        return cls.model_validate(
            {**vars(programme), "has_payee": programme.has_payee, "warnings": told},
            from_attributes=True,
        )


class ProgrammeList(BaseModel):
    items: list[ProgrammeView]


@router.get("")
async def list_programmes(_: CurrentActor) -> ProgrammeList:
    """All programmes, with those that are only there for their history.

    A family card takes one family programme in a period; what is per person takes no family's
    place. Being proposed is not yet receiving: there are quotas.
    """
    return ProgrammeList(items=[ProgrammeView.of(each) for each in programmes().values()])


@router.get("/{programme}", responses=refuses(ProgrammeNotFound))
async def read_programme(
    _: CurrentActor, programme: Annotated[str, Path(pattern=r"^[A-Z_]{1,40}$")]
) -> ProgrammeView:
    """Who holds a grant, who may be proposed, and what is warned of."""
    return ProgrammeView.of(known(programme))
