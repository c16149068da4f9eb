"""Notices (pemberitahuan): what somebody is told of without asking. All of it is derived."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.domain.actors import Role
from app.domain.errors import Language, Said
from app.domain.reasons import reasons

DUE_SOON = timedelta(days=3)
MOST_UNREAD = 100  # that are counted


class NoticeKind(StrEnum):
    RETURNED = "returned"
    REJECTED = "rejected"
    DETERMINED = "determined"
    UNDONE = "undone"  # a decision was taken back
    AGREED = "agreed"  # both villages of a move
    LATE = "late"  # it counts for a later period
    DUE_SOON = "due_soon"  # a window closes
    SUBSCRIPTION_STOPPED = "subscription_stopped"  # by the service; its problem says why


K = NoticeKind
# In their region these are told what became of its proposals; those above, what was returned to
# them: all that becomes of a nation's proposals is nobody's news.
TOLD_OF_ALL = frozenset(
    {
        Role.VILLAGE_OPERATOR,
        Role.VILLAGE_HEAD,
        Role.DISTRICT_OFFICER,
        Role.REGENCY_OPERATOR,
        Role.REGENCY_VERIFIER,
        Role.REGENCY_ENDORSER,
    }
)

SAID = {
    K.RETURNED: Said(
        id="Usulan {kind} di {place} dikembalikan: {state}. {reason}",
        en="A proposal ({kind}) in {place} was returned: {state}. {reason}",
    ),
    K.REJECTED: Said(
        id="Usulan {kind} di {place} ditolak. {reason}",
        en="A proposal ({kind}) in {place} was rejected. {reason}",
    ),
    K.DETERMINED: Said(
        id="Usulan {kind} di {place} ditetapkan.",
        en="A proposal ({kind}) in {place} was determined.",
    ),
    K.UNDONE: Said(
        id="Keputusan atas usulan {kind} di {place} dibatalkan: {state}.",
        en="A decision on a proposal ({kind}) in {place} was taken back: {state}.",
    ),
    K.AGREED: Said(
        id="Kedua desa menyetujui perpindahan di {place}: {state}.",
        en="Both villages agree to a move in {place}: {state}.",
    ),
    K.LATE: Said(
        id="Usulan {kind} di {place} terlambat dan dihitung untuk periode {period}.",
        en="A proposal ({kind}) in {place} came late and counts for the period {period}.",
    ),
    K.SUBSCRIPTION_STOPPED: Said(
        id="Langganan ke {host} dihentikan. {why}",
        en="The subscription to {host} was stopped. {why}",
    ),
    K.DUE_SOON: Said(id="{label} ditutup {closes_at}.", en="{label} closes {closes_at}."),
}


@dataclass(frozen=True)
class Told:
    """What a notice speaks of, in codes."""

    kind: str
    target: str
    place: str
    reason: str | None
    period: date | str | None


def sentence(notice: NoticeKind, told: Told, language: Language) -> str:
    reason = reasons().get(told.reason or "")
    words: dict[str, object] = {
        "kind": told.kind,
        "state": told.target,
        "place": told.place,
        "reason": getattr(reason, f"label_{language}") if reason else "",
        "period": str(told.period)[:7],
    }
    return SAID[notice].told(language, words).strip()
