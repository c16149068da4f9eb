"""What the rivals share with the service: its words, its rules, and whom it believes.

How they get at the rows, and how they answer with them, is their own.
"""

import json
import os
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.domain.actors import Actor, Role
from app.domain.facts import Fact
from app.domain.households import HOUSEHOLDS, SITUATIONS
from app.domain.proposals import ENDED, PROPOSALS, ProposalAction, ProposalKind, ProposalState
from app.domain.regions import Region
from app.domain.sight import Shown, sight_of
from app.domain.workflow import Step
from app.tokens import ALGORITHM, CLAIMS, LEEWAY, LIFE, Tokens, read_key

CONNECTIONS = int(os.environ.get("SIKS_BENCH_POOL", "10"))
MOST = 200  # of a page
HEAD = 1  # of the relations to a head
LEFT = "inactive"
LIVES_FOR = int(LIFE.total_seconds())
REFRESH_LIVES_FOR, SIGN_IN_LIVES_FOR = 12, 24 * 30  # hours

_KEY = read_key(os.environ["SIKS_BENCH_KEY"])
_TOKENS = Tokens(_KEY, issuer="siks", audience="siks")
_ARGON2ID = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

# Whether he may take back what he decided is not asked of the audit: nobody is offered it.
_FACTS = frozenset({Fact.OTHERS_WORD})
# Nor which way a regency's policy leads: it is always the short one.
_ASSUMED = frozenset({Fact.DISTRICT_FORWARDS})
_OFFERS = {role: PROPOSALS.offers(role, {"": _FACTS})[""] for role in Role}
_HOUSEHOLD_OFFERS = {role: HOUSEHOLDS.offers(role, SITUATIONS) for role in Role}


# --- whom they believe


def believed(bearer: str) -> Actor:
    """Whoever the token names, or jwt.InvalidTokenError."""
    claims = jwt.decode(
        bearer,
        _KEY.public_key(),
        algorithms=[ALGORITHM],
        issuer="siks",
        audience="siks",
        leeway=LEEWAY,
        options={"require": CLAIMS},
    )
    return Actor(UUID(claims["sub"]), Role(claims["role"]), Region(claims["region"]))


def token_for(actor: Actor, session_version: int) -> str:
    return _TOKENS.issue(actor, session_version=session_version)


def fits(password: str, password_hash: str) -> bool:
    try:
        return _ARGON2ID.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def refresh_token() -> str:
    return token_urlsafe(32)


# --- what a role reads


def reads_people(actor: Actor) -> bool:
    return sight_of(actor).identity is Shown.CLEAR


def reads_niks(actor: Actor) -> bool:
    return sight_of(actor).nik is Shown.CLEAR


def masked(number: str | None) -> str | None:
    return number and number[:4] + "*" * (len(number) - 4)


# --- what a role may do


def waits_for(actor: Actor) -> list[ProposalState]:
    return PROPOSALS.waits_for(actor.role)


def offers(actor: Actor, state: str) -> list[dict[str, Any]]:
    return _OFFERS[actor.role][state]


def household_offers(
    actor: Actor, state: str, dtks_id: str | None, open_proposals: Mapping[str, str]
) -> list[dict[str, Any]]:
    """By how it stands with the open proposals about it: their states, by their kinds."""
    states = {
        open_proposals[kind]
        for kind in (ProposalKind.NEW_FAMILY, ProposalKind.MOVE)
        if kind in open_proposals
    }
    situation = "free"
    if dtks_id is not None:
        situation = "once_registered"
    elif states:
        situation = "proposed" if states == {PROPOSALS.initial} else "on_its_way"
    return _HOUSEHOLD_OFFERS[actor.role][situation][state]


def step(state: str, action: ProposalAction, actor: Actor) -> Step[ProposalState, ProposalAction]:
    """The step that leads on, or a Refusal."""
    return PROPOSALS.step(ProposalState(state), action, by=actor, facts=_ASSUMED)


def has_ended(state: str) -> bool:
    return state in ENDED


def said(value: object) -> str:
    """JSON as the audit keeps it."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
