"""Opening accounts, one or a whole list, and resetting their passwords: `/v1/accounts`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Discriminator, Field, StrictBool, Tag

from app.commands.accounts import (
    Admitted,
    Opened,
    Opening,
    fill_posts,
    in_body,
    in_list,
    open_accounts,
    reset_accounts,
)
from app.db.accounts import AccountNotFound
from app.db.faults import IdTaken
from app.db.sign_ins import clock
from app.db.tables.base import new_id
from app.domain.actors import Actor, Role
from app.domain.appointments import (
    MOST_AT_ONCE,
    Appointment,
    HoldsOtherRole,
    PeriodBackwards,
    PersonOrMachine,
    Posts,
    RegionNotYours,
    RoleNotAppointed,
    SeveralTiers,
    TierDoesNotFit,
    TooManyAtOnce,
    UsernameTaken,
)
from app.domain.facts import OwnAccount
from app.domain.regions import Region
from app.domain.workflow import ActionNotOpen, RoleMayNot
from app.routers.access import CurrentActor, ToldOnce, Transaction, WritingRoute
from app.routers.auth import RegionNamed
from app.routers.problems import refuses
from app.routers.shapes import Ids, Line, Moment, RegionCode, Shape, ShortLine, Username

router = APIRouter(prefix="/v1/accounts", tags=["accounts"], route_class=WritingRoute)

SHOWN_ONCE = """
The one-time passwords stand in this answer and nowhere else; each leads once, within 14 days, to a
password of one's own (`POST /v1/auth/password`). A repeat with the same `Idempotency-Key` gets the
same accounts with `one_time_password: null`: reset those whose password was lost."""


class AppointmentDraft(Shape):
    role: Role = Field(examples=["village_operator"])
    region_code: RegionCode
    begins_at: Moment | None = Field(default=None, description="None: now.")
    ends_at: Moment | None = Field(default=None, description="None: until it is ended.")

    def appointment(self, at: datetime) -> Appointment:
        region = Region(self.region_code)
        return Appointment(self.role, region, self.begins_at or at, self.ends_at)


class AccountRow(AppointmentDraft):
    username: Username | None = Field(
        default=None, description="None: proposed from role and region."
    )
    display_name: Line = Field(examples=["Siti Aminah"])

    def opening(self, at: datetime) -> Opening:
        return Opening(self.display_name, self.appointment(at), self.username)


class AccountDraft(AccountRow):
    """An account and its first assignment; it is at home in that region."""

    id: UUID = Field(default_factory=new_id, description="Chosen by you if you like (offline).")

    def opening(self, at: datetime) -> Opening:
        return Opening(self.display_name, self.appointment(at), self.username, self.id)


class AccountList(Shape):
    """Accounts row by row."""

    accounts: list[AccountRow] = Field(min_length=1, max_length=MOST_AT_ONCE)

    async def open(self, session: Transaction, *, by: Actor) -> list[Opened]:
        at = await clock(session)
        openings = [row.opening(at) for row in self.accounts]
        return await open_accounts(session, openings, by=by, place=in_list)


class PostsToFill(Shape):
    """An account for each region of the role's tier: an operator for each village, say."""

    role: Role = Field(examples=["village_operator"])
    region_code: RegionCode = Field(description="In which region, 1,000 accounts at most.")
    only_vacant: StrictBool = Field(
        default=True, description="Only where nobody holds that role now."
    )
    display_name: ShortLine | None = Field(
        default=None,
        description="`{region}` stands for the region's name; none: after the role.",
        examples=["Operator {region}"],
    )

    async def open(self, session: Transaction, *, by: Actor) -> list[Opened]:
        return await fill_posts(
            session,
            Posts(self.role, Region(self.region_code)),
            only_vacant=self.only_vacant,
            pattern=self.display_name,
            by=by,
        )


def _form_of(sent: Any) -> str:  # noqa: ANN401 - whatever was sent
    return "list" if isinstance(sent, dict) and "accounts" in sent else "posts"


ManyAccounts = Annotated[
    Annotated[AccountList, Tag("list")] | Annotated[PostsToFill, Tag("posts")],
    Discriminator(_form_of),
    Body(),
]


class AdmittedView(BaseModel):
    id: UUID
    username: str
    display_name: str
    one_time_password: str | None = Field(
        description="shown once; none: in a repeat, and for machines, which have secrets",
        examples=["7h2k-9mqa-04wd-xn5c-t8vr"],
    )
    one_time_expires_at: datetime | None

    @classmethod
    def of(cls, one: Admitted, **more: object) -> Self:
        return cls(
            **one.account.model_dump(
                include={"id", "username", "display_name", "one_time_expires_at"}
            ),
            one_time_password=one.password,
            **more,
        )

    def without_secret(self) -> Self:
        return self.model_copy(update={"one_time_password": None})


class OpenedView(AdmittedView):
    assignment_id: UUID
    role: Role
    region: RegionNamed
    begins_at: datetime
    ends_at: datetime | None


class OpenedAccounts(BaseModel):
    accounts: list[OpenedView]


class ResetAccounts(BaseModel):
    accounts: list[AdmittedView]


def opened_view(one: Opened) -> OpenedView:
    given = one.assignment
    return OpenedView.of(
        one,
        assignment_id=given.id,
        role=given.role,
        region=RegionNamed(code=given.region_code, name=one.region_name),
        begins_at=given.begins_at,
        ends_at=given.ends_at,
    )


def answer_list(
    kind: type[OpenedAccounts] | type[ResetAccounts], views: Sequence[AdmittedView]
) -> ToldOnce:
    told = kind.model_validate({"accounts": views}, from_attributes=True)
    kept = {"accounts": [view.without_secret() for view in views]}
    return ToldOnce(told.model_dump_json(), kept=kind.model_validate(kept).model_dump_json())


OPENING = (RegionNotYours, RoleMayNot, RoleNotAppointed, TierDoesNotFit, UsernameTaken)


@router.post(
    "",
    status_code=201,
    response_model=OpenedView,
    description="Open an account with its first assignment, in which region it is at home."
    + SHOWN_ONCE,
    responses=refuses(*OPENING, PeriodBackwards, IdTaken),
)
async def open_account(draft: AccountDraft, actor: CurrentActor, session: Transaction) -> Response:
    opening = draft.opening(await clock(session))
    [opened] = await open_accounts(session, [opening], by=actor, place=in_body)
    view = opened_view(opened)
    return ToldOnce(
        view.model_dump_json(),
        kept=view.without_secret().model_dump_json(),
        headers={"Location": f"/v1/accounts/{view.id}", "ETag": '"1"'},
    )


@router.post(
    "/bulk",
    status_code=201,
    response_model=OpenedAccounts,
    description="Open many accounts, all or none: row by row, or for every region of a role's tier "
    "where nobody holds that role. Faults name their row (`/accounts/12/region_code`)."
    + SHOWN_ONCE,
    responses=refuses(*OPENING, PeriodBackwards, TooManyAtOnce, SeveralTiers),
)
async def open_many_accounts(
    wanted: ManyAccounts, actor: CurrentActor, session: Transaction
) -> Response:
    opened = await wanted.open(session, by=actor)
    return answer_list(OpenedAccounts, [opened_view(one) for one in opened])


class ResetRequest(Shape):
    account_ids: Ids = Field(min_length=1, max_length=MOST_AT_ONCE)


@router.post(
    "/resets",
    status_code=201,
    response_model=ResetAccounts,
    description="Give new one-time passwords, to all of them or none. Their passwords are void, "
    "and every session of theirs ends within 30 seconds." + SHOWN_ONCE,
    responses=refuses(
        AccountNotFound, RoleMayNot, HoldsOtherRole, OwnAccount, ActionNotOpen, PersonOrMachine
    ),
)
async def reset_passwords(
    request: ResetRequest, actor: CurrentActor, session: Transaction
) -> Response:
    reset = await reset_accounts(session, request.account_ids, by=actor)
    return answer_list(ResetAccounts, [AdmittedView.of(one) for one in reset])
