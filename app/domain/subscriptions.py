"""Subscriptions (langganan): the changes of a region, sent to the address of whoever follows them.

The service reads the changes on the subscriber's behalf and posts page after page. A page goes out
until it is taken, so nothing is lost; the receiver knows by the message's id what it has already.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from app.domain.accounts import ADMINS
from app.domain.actors import Actor
from app.domain.changes import Change, Cursor
from app.domain.errors import Conflict, Fault, Incomplete, NotFound, Said
from app.domain.extracts.columns import Resource
from app.domain.extracts.workflow import ASKERS
from app.domain.workflow import Transition, Workflow

MOST_OPEN = 20  # of one account
SECRET_BYTES = 32
SECRETS_OVERLAP = timedelta(days=1)  # that a message is signed with the former secret too
MOST_ITEMS = 100  # of one message
LOG_KEPT = timedelta(days=30)


class Form(StrEnum):
    """How a message is written."""

    STANDARD = "standard"
    SPDCI = "spdci"


class MessageKind(StrEnum):
    CHANGES = "changes"
    PING = "ping"


MOST_EVENTS = len(Resource) * (len(Change) + 1)  # members.created, members.*, ...


def resources_of(events: Iterable[str]) -> list[Resource]:
    """Which resources they are about, in the order of all."""
    named = {event.partition(".")[0] for event in events}
    return [resource for resource in Resource if resource in named]


def told_of(events: Collection[str]) -> list[str]:
    """Each by its name: `members.*` is all that becomes of members."""
    return [
        f"{resource}.{change}"
        for resource in resources_of(events)
        for change in Change
        if {f"{resource}.{change}", f"{resource}.*"} & {*events}
    ]


class SubscriptionState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"  # by the service: nothing was taken for days
    ENDED = "ended"


class SubscriptionAction(StrEnum):
    SUBSCRIBE = "subscribe"
    AMEND = "amend"
    ROTATE = "rotate_secret"
    PAUSE = "pause"
    RESUME = "resume"
    REPLAY = "replay"  # once more, from a cursor on
    END = "end"
    SUSPEND = "suspend"  # the subscriber may not read just now
    DISABLE = "disable"


S, A = SubscriptionState, SubscriptionAction
SUBSCRIBERS = ASKERS  # whoever may have the rows as files may have their changes sent
STOPPERS = SUBSCRIBERS | ADMINS


def _own(
    action: SubscriptionAction, *states: SubscriptionState
) -> Iterable[Transition[SubscriptionState, SubscriptionAction]]:
    return [Transition(action, state, state, SUBSCRIBERS) for state in states]


OPEN = (S.ACTIVE, S.PAUSED, S.DISABLED)

# fmt: off
SUBSCRIPTIONS = Workflow(
    "subscription", initial=S.ACTIVE, begun=(A.SUBSCRIBE, SUBSCRIBERS),
    beside={A.AMEND, A.ROTATE, A.REPLAY}, implied={A.SUSPEND, A.DISABLE}, transitions=[
    #          action     from        to          by
    Transition(A.PAUSE,   S.ACTIVE,   S.PAUSED,   STOPPERS),
    Transition(A.SUSPEND, S.ACTIVE,   S.PAUSED,   SUBSCRIBERS),
    Transition(A.DISABLE, S.ACTIVE,   S.DISABLED, SUBSCRIBERS),
    Transition(A.RESUME,  S.PAUSED,   S.ACTIVE,   SUBSCRIBERS),
    Transition(A.RESUME,  S.DISABLED, S.ACTIVE,   SUBSCRIBERS),
    Transition(A.END,     S.ACTIVE,   S.ENDED,    STOPPERS),
    Transition(A.END,     S.PAUSED,   S.ENDED,    STOPPERS),
    Transition(A.END,     S.DISABLED, S.ENDED,    STOPPERS),
    *_own(A.AMEND,  *OPEN),
    *_own(A.ROTATE, *OPEN),
    *_own(A.REPLAY, *OPEN),
])
# fmt: on


def sees_all(actor: Actor) -> bool:
    """Whoever answers for the accounts of a region; others see what is their own."""
    return actor.role in ADMINS


# --- when a message goes out again

_STEPS = [5, 30, 120, 600, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, 24 * 3_600]
BACK_OFF = [timedelta(seconds=each) for each in _STEPS]
LONGEST_WAIT = BACK_OFF[-1]
JITTER = 0.1


def wait(attempts: int, message: UUID, asked: float | None = None) -> timedelta:
    """After so many attempts; as long as the receiver asked for, if that is longer.

    Not all who failed at once come again at once: the message's own id says how much later.
    """
    usual = BACK_OFF[min(attempts, len(BACK_OFF)) - 1]
    later = usual * JITTER * ((message.int + attempts * 389) % 1000 / 1000)
    return max(usual + later, min(timedelta(seconds=asked or 0), LONGEST_WAIT))


# --- what is refused


class SubscriptionNotFound(NotFound):
    """You have no such subscription."""

    title = Said(id="Langganan tidak ditemukan", en="You have no such subscription")
    detail = Said(
        id="Periksa pengenalnya. Langganan hanya terlihat oleh pemiliknya dan admin wilayahnya.",
        en="Check its id. It is seen by its owner and by the administrators of the region.",
    )


class TooManySubscriptions(Conflict):
    """You have as many as you may."""

    title = Said(id="Langganan sudah terlalu banyak", en="You have too many subscriptions")
    detail = Said(
        id="Paling banyak {most} langganan per akun. Akhiri salah satu yang tidak dipakai.",
        en="There may be {most} for one account. End one that is not used.",
    )


class SubscriptionEnded(Conflict):
    """It has ended."""

    title = Said(id="Langganan ini sudah berakhir", en="This subscription has ended")
    detail = Said(id="Buat langganan baru.", en="Make a new one.")


AHEAD = Said(
    id="Kursor ini belum tercapai. Putar ulang hanya dari yang sudah lewat: {after}.",
    en="This cursor has not been reached. Only what has passed is replayed: {after}.",
)


class CursorNotFit(Incomplete):
    """There is no going on from this cursor."""

    title = Said(id="Kursor tidak sesuai", en="This cursor does not fit")
    detail = Said(
        id="Perbaiki after seperti tertulis di errors, lalu kirim lagi.",
        en="Correct after as `errors` says, and send it again.",
    )

    @classmethod
    def ahead(cls, after: Cursor) -> Self:
        return cls([Fault("/after", "ahead", AHEAD, {"after": str(after)})])


# --- why the service stopped


class TargetFailing(Conflict):
    """For days nothing was taken."""

    title = Said(id="Alamat tujuan gagal berhari-hari", en="Nothing was taken for days")
    detail = Said(
        id="Selama {days} hari tidak ada kiriman yang diterima ({last}). Perbaiki penerima, uji "
        "dengan ping, lalu resume: kiriman diteruskan dari yang terakhir diterima.",
        en="No message was taken for {days} days ({last}). Mend the receiver, try it with a ping, "
        "then resume: it goes on after the last one that was taken.",
    )


class TargetGone(Conflict):
    """The receiver said that it is gone for good."""

    title = Said(id="Penerima menyatakan sudah tidak ada", en="The receiver says it is gone")
    detail = Said(
        id="Penerima menjawab 410. Ganti url, lalu resume; atau akhiri langganan ini.",
        en="It answered 410. Change the url and resume; or end this subscription.",
    )


class SecretLost(Conflict):
    """The secret was sealed with a key that the service has no more."""

    title = Said(id="Rahasia langganan tidak terbaca", en="The secret cannot be read any more")
    detail = Said(
        id="Kunci layanan diganti. Minta rahasia baru (POST .../secrets), pasang di penerima, lalu "
        "resume.",
        en="The service has another key. Ask for a new secret (POST .../secrets), give it to the "
        "receiver, then resume.",
    )
