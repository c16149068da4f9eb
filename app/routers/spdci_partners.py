"""Who exchanges by the SPDCI standard, and what became of a message: beside `/registry` itself."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.commands.spdci_partners import Terms, put
from app.db import spdci_partners, spdci_requests
from app.db.accounts import AccountNotFound
from app.db.audit import MovedMeanwhile
from app.db.sessions import reading_in
from app.db.spdci_partners import PartnerNotFound
from app.db.spdci_requests import ExchangeNotFound
from app.domain.accounts import AccountsAreForAdmins, administers
from app.domain.appointments import HoldsOtherRole, PersonOrMachine
from app.domain.errors import Outdated
from app.domain.facts import OwnAccount
from app.domain.spdci.partners import MOST_KEYS, KeyNotUsable
from app.domain.spdci.words import LONGEST_ID, Action
from app.domain.targets import LONGEST, TargetRefused
from app.domain.workflow import ActionNotOpen, RoleMayNot
from app.routers.access import (
    CurrentActor,
    IfMatch,
    ReadingNow,
    Transaction,
    WritingRoute,
    answer_json,
    answer_versioned,
)
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Line, Shape
from app.routers.subscriptions import RulesNow

router = APIRouter(prefix="/v1", tags=["spdci"], route_class=WritingRoute)

Part = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", min_length=1, max_length=1400, strict=True)
]
KeyId = Annotated[
    str, StringConstraints(pattern=r"^[!-~]+$", min_length=1, max_length=200, strict=True)
]


class Key(Shape):
    """A public key (RFC 7517). Parts of a private one are refused, and kept by nobody."""

    kty: Literal["OKP", "EC", "RSA"]
    kid: KeyId | None = None
    use: Literal["sig"] | None = None
    alg: Literal["EdDSA", "ES256", "PS256", "RS256"] | None = None
    crv: Literal["Ed25519", "P-256"] | None = None
    x: Part | None = None
    y: Part | None = None
    n: Part | None = None
    e: Part | None = None

    def said(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class PartnerTerms(Shape):
    """What was agreed with whoever runs the machine."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sender_id": "spmis.bantenprov.example",
                    "callback_uri": "https://spmis.bantenprov.example/registry",
                    "keys": [
                        {
                            "kty": "OKP",
                            "crv": "Ed25519",
                            "kid": "2026",
                            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                        }
                    ],
                }
            ]
        }
    )

    sender_id: Annotated[Line, Field(max_length=LONGEST_ID)] = Field(
        description="What its messages name as their sender."
    )
    callback_uri: (
        Annotated[
            str,
            StringConstraints(min_length=1, max_length=LONGEST, strict=True),
        ]
        | None
    ) = Field(
        default=None,
        description="Where it is answered: `/on-search` and the like follow. Without it, only "
        "what is answered at once can be asked.",
    )
    keys: list[Key] = Field(
        default=[],
        max_length=MOST_KEYS,
        description="With a key, every message has to be signed with it.",
    )


class PartnerView(BaseModel):
    version: int = Field(description="of the account: what `If-Match` names")
    account_id: UUID
    sender_id: str
    callback_uri: str | None
    keys: list[dict[str, str]]
    updated_at: datetime


class ExchangeView(BaseModel):
    """A message of yours. What it said of people is told by `/registry/.../txn/status`."""

    correlation_id: UUID
    action: Action
    transaction_id: str
    requests: int
    received_at: datetime
    answered_at: datetime | None = Field(description="null: the answer was not taken yet")


@router.get(
    "/accounts/{account_id}/spdci-partner",
    response_model=PartnerView,
    responses=refuses(PartnerNotFound, AccountsAreForAdmins),
)
async def read_spdci_partner(
    account_id: UUID, actor: CurrentActor, reading: ReadingNow
) -> Response:
    """How a machine's account exchanges by the SPDCI standard."""
    administers(actor)
    return answer_versioned(await spdci_partners.document(reading, account_id, within=actor.region))


@router.put(
    "/accounts/{account_id}/spdci-partner",
    response_model=PartnerView,
    responses=refuses(
        AccountNotFound,
        RoleMayNot,
        OwnAccount,
        HoldsOtherRole,
        ActionNotOpen,
        PersonOrMachine,
        KeyNotUsable,
        TargetRefused,
        MovedMeanwhile,
        Outdated,
        VersionNotNamed,
    ),
)
async def put_spdci_partner(
    account_id: UUID,
    terms: PartnerTerms,
    actor: CurrentActor,
    session: Transaction,
    version: IfMatch,
    rules: RulesNow,
) -> Response:
    """Let a machine's account exchange: its name, its keys, where it is answered.

    `If-Match` is the account's. Answers go to that address, whatever a message says.
    """
    keys = [each.said() for each in terms.keys]
    wanted = Terms(terms.sender_id, terms.callback_uri, keys)
    await put(session, account_id, wanted, by=actor, version=version, rules=rules)
    reading = await reading_in(session)
    return answer_versioned(await spdci_partners.document(reading, account_id, within=actor.region))


@router.get(
    "/spdci-requests/{correlation_id}",
    response_model=ExchangeView,
    responses=refuses(ExchangeNotFound),
)
async def read_spdci_request(
    correlation_id: UUID, actor: CurrentActor, reading: ReadingNow
) -> Response:
    """What became of a message of yours, by the `correlation_id` it was acknowledged with."""
    return answer_json(
        await spdci_requests.document(reading, correlation_id, within=actor.region, by=actor)
    )
