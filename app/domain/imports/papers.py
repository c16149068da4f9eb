"""Which paper a note speaks of, in the words that villages write: `Akta kematian no. 12`."""

import re
from collections.abc import Mapping

from app.domain.dtks_ids import is_dtks_id
from app.domain.evidence import EvidenceType

T = EvidenceType
# The first that fits: a letter of the registry on somebody's death is about the death.
WORDS: Mapping[EvidenceType, str] = {
    T.DEATH_CERTIFICATE: r"kematian|meninggal",
    T.MOVE_LETTER: r"pindah|skpwni|skdwni",
    T.BIRTH_CERTIFICATE: r"akt[ae]\s+(?:kelahiran|lahir)|(?:ke)?lahiran",
    T.FAMILY_CARD_COPY: r"kk|nokk|kartu\s+keluarga",
    T.IDENTITY_CARD_COPY: r"e?-?ktp(?:-el)?|kia|kartu\s+tanda\s+penduduk",
    T.DUKCAPIL_REPLY: r"(?:dis)?duk\s?capil|capil|biodata",
    T.MINUTES: r"berita\s+acara|mus(?:des|kel)",
    T.VISIT_REPORT: r"kunjungan|didatangi",
}
PATTERNS = {kind: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for kind, words in WORDS.items()}


def evidence_in(note: str) -> dict[str, str]:
    """The note as a piece of evidence, by the paper that it names."""
    named = (kind for kind, pattern in PATTERNS.items() if pattern.search(note))
    return {"type": str(next(named, T.OTHER)), "note": note}


def dtks_id_in(note: str) -> str | None:
    words = (word.strip(".,;:()") for word in note.upper().split())
    return next((word for word in words if is_dtks_id(word)), None)
