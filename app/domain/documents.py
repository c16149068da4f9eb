"""Documents (dokumen): scans, photos and evidence, kept as they were sent.

What a document is for says who may send it and who may open it. Nothing is deleted: what was sent
by mistake is withdrawn, with a note, and stays.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.actors import Actor, Role
from app.domain.errors import Conflict, Fault, Incomplete, NotPermitted, Said
from app.domain.regions import OutsideYourRegion, Region
from app.domain.sight import Shown, Sight, Survey
from app.domain.surveys import SurveyState
from app.domain.workflow import Ground, Transition, Workflow


class DocumentState(StrEnum):
    STORED = "stored"
    WITHDRAWN = "withdrawn"


class DocumentAction(StrEnum):
    STORE = "store"
    WITHDRAW = "withdraw"


class DocumentPurpose(StrEnum):
    MINUTES_SCAN = "minutes_scan"  # berita acara, signed
    STATEMENT_SCAN = "statement_scan"  # SPTJM, signed
    EVIDENCE = "evidence"
    HOUSE_FRONT = "house_front"
    HOUSE_INSIDE = "house_inside"
    IDENTITY = "identity"  # KTP or KK, as it was shown at the door
    LETTER = "letter"
    DECREE_SCAN = "decree_scan"


class MediaType(StrEnum):
    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"


S, A, P, R = DocumentState, DocumentAction, DocumentPurpose, Role
EDITORS = frozenset({R.ENUMERATOR, R.VILLAGE_OPERATOR, R.REGENCY_OPERATOR})
OF_THE_VILLAGE = frozenset({R.VILLAGE_OPERATOR, R.VILLAGE_HEAD, R.REGENCY_OPERATOR})
OF_THE_REGENCY = frozenset({R.REGENCY_OPERATOR, R.REGENCY_VERIFIER, R.REGENCY_ENDORSER})
OF_THE_MINISTRY = frozenset({R.MINISTRY_ANALYST, R.MINISTRY_DETERMINER})
VERIFIERS = frozenset({R.DISTRICT_OFFICER, R.CIVIL_REGISTRY_OFFICER, R.PROVINCE_OFFICER})

SENDERS: dict[DocumentPurpose, frozenset[Role]] = {
    P.MINUTES_SCAN: OF_THE_VILLAGE,
    P.STATEMENT_SCAN: OF_THE_VILLAGE,
    P.EVIDENCE: EDITORS | OF_THE_VILLAGE | OF_THE_REGENCY | VERIFIERS | OF_THE_MINISTRY,
    P.HOUSE_FRONT: EDITORS,
    P.HOUSE_INSIDE: EDITORS,
    P.IDENTITY: EDITORS,
    P.LETTER: OF_THE_VILLAGE | OF_THE_REGENCY | VERIFIERS | OF_THE_MINISTRY,
    P.DECREE_SCAN: OF_THE_MINISTRY,
}
SENDING = frozenset[Role]().union(*SENDERS.values())
PHOTOS = frozenset({P.HOUSE_FRONT, P.HOUSE_INSIDE, P.IDENTITY})  # of a visit
IMAGES = frozenset({MediaType.JPEG, MediaType.PNG})

# fmt: off
DOCUMENTS = Workflow("document", initial=S.STORED, begun=(A.STORE, SENDING), transitions=[
    Transition(A.WITHDRAW, S.STORED, S.WITHDRAWN, SENDING, frozenset({Ground.NOTE})),
])
# fmt: on


class PurposeNotYours(NotPermitted):
    """Documents of this kind are sent, and withdrawn, by others."""

    title = Said(id="Jenis dokumen ini milik peran lain", en="This kind belongs to another role")
    detail = Said(
        id="Dokumen {purpose} dikirim dan ditarik oleh: {roles}.",
        en="A {purpose} is sent and withdrawn by: {roles}.",
    )


class DocumentNotForYou(NotPermitted):
    """This role does not open documents of this kind."""

    title = Said(id="Dokumen ini bukan untuk peran Anda", en="This document is not for your role")
    detail = Said(
        id="Peran {role} tidak diberi hak membuka dokumen sejenis ini. Mintalah petugas yang "
        "berhak.",
        en="The role {role} has no right to open documents of this kind. Ask an officer whose "
        "role has.",
    )


class ContentNotAccepted(Incomplete):
    """What was sent is no document that can be kept."""

    title = Said(id="Isi dokumen tidak dapat diterima", en="The content cannot be accepted")
    detail = Said(
        id="Kirim PDF, JPEG atau PNG yang utuh dan dapat dibuka; sebabnya ada dalam errors.",
        en="Send a PDF, JPEG or PNG that is whole and can be opened; errors says why.",
    )


class SurveyOfPhoto(Incomplete):
    """A photo of a visit belongs to its survey, and nothing else does."""

    title = Said(id="Survei foto belum sesuai", en="The survey of the photo does not fit")
    detail = Said(
        id="Foto rumah dan identitas disertai survey_id; dokumen lain tidak.",
        en="Photos of a house and of an identity come with survey_id; other documents do not.",
    )


class DocumentNotUsable(Incomplete):
    """This document cannot serve here."""

    title = Said(id="Dokumen ini tidak dapat dipakai di sini", en="This document cannot serve here")
    detail = Said(
        id="Pakai dokumen berjenis {purpose} yang tidak ditarik.",
        en="Use a document for {purpose} that is not withdrawn.",
    )


SURVEY_NEEDED = Said(id="Sebutkan surveinya.", en="Name the survey.")
NO_SURVEY_ASKED = Said(id="Kosongkan untuk jenis ini.", en="Leave it out for this purpose.")


def permitted(purpose: DocumentPurpose, *, by: Actor) -> None:
    """Refuse who sends no documents of this kind."""
    if by.role not in SENDERS[purpose]:
        raise PurposeNotYours(purpose=purpose, roles=SENDERS[purpose])


def fitting(purpose: DocumentPurpose, *, has_survey: bool) -> None:
    """A photo says of which visit it is; no other document does."""
    if purpose in PHOTOS and not has_survey:
        raise SurveyOfPhoto([Fault("?survey_id", "missing", SURVEY_NEEDED)])
    if has_survey and purpose not in PHOTOS:
        raise SurveyOfPhoto([Fault("?survey_id", "not_asked", NO_SURVEY_ASKED)])


def opened_by(sight: Sight) -> Iterator[DocumentPurpose]:
    """A scan shows whom it names, and a card its number: as much as the role reads elsewhere."""
    if sight.identity is not Shown.CLEAR:
        return
    for purpose in DocumentPurpose:
        is_of_visit = purpose in PHOTOS and sight.survey is not Survey.FULL
        is_number = purpose is P.IDENTITY and sight.nik is not Shown.CLEAR
        if not (is_of_visit or is_number):
            yield purpose


def known(region: Region, *, own: Region) -> None:
    """Of codes that nobody has, only one's own is a region: the nation's, which has no row."""
    if region != own:
        raise OutsideYourRegion(own=own.code or "Indonesia")


LONGEST_NAME = 100
NOT_IN_A_NAME = re.compile(r'[/\\:*?"<>|]')
# A number of somebody's, by which it was named; an id is nobody's.
ID = r"(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])"
ID_OR_NUMBER = re.compile(rf"({ID})|([0-9]{{4}})[0-9]{{8,}}", re.IGNORECASE)


def safe_name(said: str) -> str | None:
    """The name a file had with its sender: its last part, as far as people can have typed it."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", said)[-1])
    seen = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    masked = ID_OR_NUMBER.sub(
        lambda found: found[1] or f"{found[2]}************", NOT_IN_A_NAME.sub("_", seen)
    )
    return masked.strip(" .")[:LONGEST_NAME] or None


# --- photos

FAR_KM = 5.0  # from the middle of the village's points; where they lie wide apart, farther
TIMES_WIDER = 4.0
FEWEST_POINTS = 20
MOST_POINTS = 500
DAYS_APART = 1
MOST_PHOTOS = 20


class PhotoFlag(StrEnum):
    """What a reviewer should look at. It refuses nothing: clocks are wrong, and villages wide."""

    NO_LOCATION = "no_location"
    FAR_AWAY = "far_away"
    NO_TIME = "no_time"
    OTHER_DAY = "other_day"


class PhotosClosed(Conflict):
    """This survey takes no photos any more."""

    title = Said(id="Survei ini tidak menerima foto", en="This survey takes no photos")
    detail = Said(
        id="Survei ini dibatalkan, sudah diterima, atau sudah memuat {most} foto. Tarik foto yang "
        "keliru, atau kirim ke survei lain.",
        en="The survey is discarded, accepted, or holds {most} photos already. Withdraw one that "
        "is wrong, or send it to another survey.",
    )


NOT_A_PHOTO = Said(
    id="Foto dikirim sebagai JPEG atau PNG.", en="A photo is sent as a JPEG or a PNG."
)


def kind_fits(purpose: DocumentPurpose, kind: MediaType) -> None:
    if purpose in PHOTOS and kind not in IMAGES:
        raise ContentNotAccepted([Fault("", "not_a_photo", NOT_A_PHOTO)])


def takes_photo(survey: SurveyState, *, there: int, accepted: bool) -> None:
    """Also of a finished sheet: pictures take longer than words on a weak line.

    Not once the visit is accepted: nobody would look at them.
    """
    if survey is SurveyState.DISCARDED or accepted or there >= MOST_PHOTOS:
        raise PhotosClosed(most=MOST_PHOTOS)


def moment(said: datetime | None, region: Region) -> datetime | None:
    """A camera that tells no zone goes by the clock of the place."""
    if said is None or said.tzinfo is not None:
        return said
    return said.replace(tzinfo=ZoneInfo(region.time_zone))
