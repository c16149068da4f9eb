"""Removals (penghapusan): out of the registry with a reason, and never deleted.

Whoever goes last takes his family with him, and the last of all the household. Where the head
goes and others stay, the proposal says how they stand to the new one.
"""

from datetime import date
from typing import Any
from uuid import UUID

from app.domain.errors import Fault, Said
from app.domain.proposals import ProposalKind
from app.domain.reasons import Scope, accept_for
from app.domain.records import INACTIVE, About, Plan, Values, new_errors, relations

HEADS = {"M01", "M02"}
NEW_HEAD = Said(
    id="Kepala keluar sedangkan yang lain tinggal. Sebutkan kepala yang baru dan hubungan anggota "
    "lain kepadanya dalam relations, atau ajukan seluruh rumah tangga.",
    en="The head goes and others stay. Name the new head and how the others stand to him in "
    "`relations`, or propose the whole household.",
)
GOES_TOO = Said(
    id="Orang ini ikut dihapus; hubungannya tidak perlu diisi.",
    en="This person goes as well; leave the relation out.",
)
DRAFT_INSIDE = Said(
    id="Masih ada draf anggota baru. Keluarkan draf itu dahulu.",
    en="There is a draft of a new member. Take it out first.",
)


def plan(about: About) -> tuple[Plan, list[Fault]]:
    """Who goes, with whom, and everything that stands in the way."""
    gone = _gone(about)
    others, faults = relations(about)
    faults += [
        Fault(f"/asks/relations/{each}", "not_asked", GOES_TOO) for each in others if each in gone
    ]
    out = _out(about)
    members = {**others, **dict.fromkeys(gone, out)}
    staying = [each for each in about.home.members_now if each.id not in gone]
    kept = {each.family_id for each in staying} if staying else set()
    families = {
        each.id: out
        for each in about.home.families_now
        if each.id not in kept and _is_left(about, each.id, gone)
    }
    found = Plan({} if staying else out, families, members)
    return found, [*faults, *_reason(about), *_drafts(about, found), *_heads(about, found)]


def _gone(about: About) -> set[UUID]:
    members = about.home.members_now
    if about.scope is Scope.PERSON:
        return {about.record.id}
    of = about.record.id if about.scope is Scope.FAMILY else None
    return {each.id for each in members if of is None or each.family_id == of}


def _is_left(about: About, family_id: UUID, gone: set[UUID]) -> bool:
    """Not one that was empty before, unless everything goes."""
    its_own = {each.id for each in about.home.members_now if each.family_id == family_id}
    is_all = gone >= {each.id for each in about.home.members_now}
    return is_all or bool(its_own) or family_id == about.record.id


def _out(about: About) -> dict[str, Any]:
    on = about.asks.get("effective_on")
    return {
        "state": INACTIVE,
        "inactive_reason": about.asks.get("reason"),
        "inactive_on": date.fromisoformat(on) if on else None,
        "inactive_by": about.proposal_id,
    }


def _reason(about: About) -> list[Fault]:
    code = about.asks.get("reason")
    return accept_for(ProposalKind.REMOVAL, code, asks=about.asks, takes_out=about.scope)


def _drafts(about: About, found: Plan) -> list[Fault]:
    drafts = [each for each in about.home.members if each.state not in {INACTIVE, "registered"}]
    gone: Values = found.household
    return [Fault(f"/members/{each.id}", "draft_inside", DRAFT_INSIDE) for each in drafts if gone]


def _heads(about: About, found: Plan) -> list[Fault]:
    broken = new_errors(about.home, found)
    if any(each.code in HEADS for each in broken):
        return [Fault("/asks/relations", "head_leaves", NEW_HEAD), *broken]
    return broken
