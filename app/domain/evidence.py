"""Evidence: what a proposal rests on besides words. Each piece is a document, or is described."""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any

from app.domain.errors import Fault, Said


class EvidenceType(StrEnum):
    """The closed list. Which of them a reason asks for stands in the list of reasons."""

    DEATH_CERTIFICATE = "death_certificate"  # akta atau surat keterangan kematian
    DUKCAPIL_REPLY = "dukcapil_reply"
    MOVE_LETTER = "move_letter"  # surat keterangan pindah
    MINUTES = "minutes"  # berita acara
    RESPONSIBILITY_STATEMENT = "responsibility_statement"  # SPTJM
    VISIT_REPORT = "visit_report"
    EMPLOYMENT_PROOF = "employment_proof"
    COMPANY_REGISTER_MATCH = "company_register_match"  # AHU
    WAGE_PROOF = "wage_proof"
    DUPLICATE_PAIR = "duplicate_pair"
    FAMILY_CARD_COPY = "family_card_copy"
    IDENTITY_CARD_COPY = "identity_card_copy"
    BIRTH_CERTIFICATE = "birth_certificate"
    RANK_IMPORT = "rank_import"
    VALIDATOR_RESULT = "validator_result"
    DECREE = "decree"
    SIGNED_REFUSAL = "signed_refusal"
    OTHER = "other"


T = EvidenceType
# A proposal leaves its village with one of these anyway: nobody has to attach it beforehand.
GIVEN_ON_THE_WAY = frozenset({T.MINUTES, T.RESPONSIBILITY_STATEMENT})
OF_IDENTITY = frozenset(
    {T.IDENTITY_CARD_COPY, T.FAMILY_CARD_COPY, T.BIRTH_CERTIFICATE, T.DUKCAPIL_REPLY}
)
ANY = frozenset(EvidenceType)

WANTED = Said(
    id="Lampirkan sedikitnya satu bukti dari jenis: {types}.",
    en="Attach at least one piece of evidence of these types: {types}.",
)
SAYS_NOTHING = Said(
    id="Sebutkan dokumen yang diunggah (document_id), atau uraikan buktinya (note).",
    en="Name the uploaded document (document_id), or describe the evidence (note).",
)
UNKNOWN_DOCUMENT = Said(
    id="Dokumen ini tidak ada di desa/kelurahan usulan, atau sudah dibatalkan. Unggah ulang.",
    en="There is no such document in the proposal's village, or it was withdrawn. Upload it again.",
)


def wanting(asks: Mapping[str, Any], of: Collection[str]) -> Iterator[Fault]:
    """What keeps the evidence from being enough: any one of these types is."""
    given = asks.get("evidence") or []
    for number, piece in enumerate(given):
        if not piece.get("document_id") and not piece.get("note"):
            yield Fault(f"/asks/evidence/{number}", "missing", SAYS_NOTHING)
    enough = set(of) & ({piece["type"] for piece in given} | GIVEN_ON_THE_WAY)
    if of and not enough:
        yield Fault("/asks/evidence", "missing", WANTED, {"types": sorted(of)})


def unknown(asks: Mapping[str, Any], documents: Collection[str]) -> Iterator[Fault]:
    """The pieces whose document is none of these."""
    for number, piece in enumerate(asks.get("evidence") or []):
        if (piece.get("document_id") or None) not in {None, *documents}:
            place = f"/asks/evidence/{number}/document_id"
            yield Fault(place, "document_not_found", UNKNOWN_DOCUMENT)


def documents_in(asks: Mapping[str, Any]) -> set[str]:
    """The ids of the documents that are named."""
    named = [piece.get("document_id") for piece in asks.get("evidence") or []]
    return {document for document in named if document}
