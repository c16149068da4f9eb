"""What PostgreSQL refuses, as refusals of ours: by the name of the constraint, or by SQLSTATE.

Nothing is asked beforehand that a constraint answers: two people at once would both be told yes.
"""

from app.db.agendas import OnAnotherAgenda
from app.db.families import FamilyNotFound
from app.domain.decrees import DecreeNumberTaken
from app.domain.errors import Conflict, Fault, Incomplete, Overloaded, Refusal, Said
from app.domain.letters import LetterInForce
from app.domain.uploads import UploadOpen
from app.domain.visits import VisitOpen


class IdTaken(Conflict):
    """This id is in use."""

    title = Said(id="Pengenal ini sudah dipakai", en="This id is in use")
    detail = Said(
        id="Buat UUID baru. Bila ini pengiriman ulang, pakai Idempotency-Key yang sama.",
        en="Make a new UUID. If this is a retry, use the same Idempotency-Key.",
    )


class FamilyNumberTaken(Conflict):
    """The household has a family with this number."""

    title = Said(
        id="Nomor urut keluarga ini sudah ada", en="The household has a family with this number"
    )
    detail = Said(
        id="Pakai nomor urut lain dari 1 sampai 10.", en="Use another number from 1 to 10."
    )


class TwoHouseholdHeads(Conflict):
    """A household has one head."""

    title = Said(id="Rumah tangga sudah punya kepala", en="The household has a head already")
    detail = Said(
        id="Ubah dahulu hubungan kepala yang lama, lalu ulangi.",
        en="Change the relation of the present head first, then retry.",
    )


class TwoFamilyHeads(Conflict):
    """A family has one head."""

    title = Said(id="Keluarga sudah punya kepala", en="The family has a head already")
    detail = Said(
        id="Ubah dahulu hubungan kepala yang lama, lalu ulangi.",
        en="Change the relation of the present head first, then retry.",
    )


class AlreadyProposed(Conflict):
    """There is a proposal about this household already."""

    title = Said(
        id="Rumah tangga ini sudah diusulkan", en="This household has been proposed already"
    )
    detail = Said(
        id="Lanjutkan usulan yang ada; lihat proposal pada rumah tangga ini.",
        en="Go on with the proposal there is; see `proposal` of this household.",
    )


class SurveyDraftThere(Conflict):
    """The household has a survey that is still being filled in."""

    title = Said(
        id="Survei rumah tangga ini masih diisi", en="A survey of this household is being filled in"
    )
    detail = Said(
        id="Lanjutkan survei yang ada (lihat survey_draft_id pada rumah tangganya), atau batalkan.",
        en="Go on with the one there is (see survey_draft_id of the household), or discard it.",
    )


class EnteredAgain(Conflict):
    """The household of this BDT id has come in once more since."""

    title = Said(
        id="Rumah tangga ini sudah didata lagi", en="This household has been entered again"
    )
    detail = Said(
        id="Ada draf atau data lain dengan ID BDT yang sama di desa ini. Lanjutkan yang itu.",
        en="Another draft or record of the village has the same BDT id. Go on with that one.",
    )


class AssignedAlready(Conflict):
    """The account holds this assignment already."""

    title = Said(id="Penugasan ini sudah ada", en="The account holds this assignment already")
    detail = Said(
        id="Baca akunnya: peran atas wilayah itu sudah dipegang tanpa batas waktu.",
        en="Read the account: it holds that role over that region already, without an end.",
    )


class IdentityTaken(Conflict):
    """This identity is linked with an account."""

    title = Said(id="Identitas ini sudah terhubung", en="This identity is linked already")
    detail = Said(
        id="Satu identitas hanya untuk satu akun. Periksa issuer dan subject, atau lepaskan dahulu "
        "dari akun lama.",
        en="One identity is for one account. Check issuer and subject, or unlink it from the old "
        "account first.",
    )


class AlreadyThere(Conflict):
    """This exists already, or clashes with what exists."""

    title = Said(id="Bertentangan dengan data yang ada", en="This clashes with what exists")
    detail = Said(id="Baca ulang data terkait, lalu ulangi.", en="Read it again, then retry.")


class WindowHeldOpen(Conflict):
    """An exception for this window, region and period is in force."""

    title = Said(
        id="Jadwal ini sudah diperpanjang", en="This window is held open for that period already"
    )
    detail = Said(
        id="Cabut dahulu pengecualian yang ada; lihat /v1/window-exceptions.",
        en="Take back the exception there is first; see /v1/window-exceptions.",
    )


class AgreementNumberTaken(Conflict):
    """Another open agreement there has this number."""

    title = Said(id="Nomor perjanjian sudah dipakai", en="This agreement number is taken")
    detail = Said(
        id="Perjanjian lain di wilayah ini memakai nomor itu. Periksa nomornya, atau akhiri "
        "perjanjian yang lama.",
        en="Another agreement there has this number. Check the number, or end the older agreement.",
    )


class NotStorable(Incomplete):
    """A value cannot be stored."""

    title = Said(id="Ada nilai yang tidak dapat disimpan", en="A value cannot be stored")
    detail = Said(
        id="Periksa angka dan teks yang Anda kirim.", en="Check the numbers and texts you sent."
    )


HEAD_TWICE = Said(
    id="Sudah ada kepala; hanya boleh satu.", en="There is a head already; there is only one."
)

OF_CONSTRAINT: dict[str, tuple[type[Refusal], tuple[Fault, ...]]] = {
    "pk_household": (IdTaken, ()),
    "uq_household_bdt_id": (EnteredAgain, ()),
    "pk_family": (IdTaken, ()),
    "pk_member": (IdTaken, ()),
    "pk_proposal": (IdTaken, ()),
    "pk_account": (IdTaken, ()),
    "uq_assignment_open": (AssignedAlready, ()),
    "pk_external_identity": (IdentityTaken, ()),
    "pk_survey": (IdTaken, ()),
    "pk_deliberation": (IdTaken, ()),
    "pk_responsibility_statement": (IdTaken, ()),
    "uq_agenda_item_open": (OnAnotherAgenda, ()),
    "pk_document": (IdTaken, ()),
    "pk_decree": (IdTaken, ()),
    "uq_decree_number": (DecreeNumberTaken, ()),
    "uq_visit_open_of_household": (VisitOpen, ()),
    "uq_upload_open": (UploadOpen, ()),
    "pk_window_exception": (IdTaken, ()),
    "pk_agreement": (IdTaken, ()),
    "uq_agreement_number": (AgreementNumberTaken, ()),
    "uq_window_exception_granted": (WindowHeldOpen, ()),
    "uq_letter_valid": (LetterInForce, ()),
    "uq_survey_draft_of_household": (SurveyDraftThere, ()),
    "uq_family_number_in_household": (FamilyNumberTaken, ()),
    "ex_member_one_household_head": (
        TwoHouseholdHeads,
        (Fault("/relation_to_household_head", "M01", HEAD_TWICE),),
    ),
    "ex_member_one_family_head": (
        TwoFamilyHeads,
        (Fault("/relation_to_family_head", "M02", HEAD_TWICE),),
    ),
    "uq_proposal_live_of_household": (AlreadyProposed, ()),
    "fk_member_family_id_household_id": (FamilyNotFound, ()),
}

# What no sender can break: only we say how a reading goes.
OURS = {"reading_settings_check"}
# By the class of the SQLSTATE: connection, administrator, resources, system; rolled back.
BUSY = {"08", "57", "53", "55", "58", "40"}


def refusal_of(sqlstate: str | None, constraint: str | None) -> Refusal | None:
    """The refusal that this fault of PostgreSQL means, or None where it is a fault of ours."""
    if constraint in OURS:
        return None
    kind, faults = OF_CONSTRAINT.get(constraint or "", (None, ()))
    if kind is not None:
        return kind(faults)
    classes: dict[str, Refusal] = {"23": AlreadyThere(), "22": NotStorable()}
    state = (sqlstate or "")[:2]
    return Overloaded() if state in BUSY else classes.get(state)


def passes(error: BaseException) -> bool:
    """Whether it is PostgreSQL's trouble of the moment: done again later, it may succeed."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    is_network = isinstance(error, OSError | TimeoutError)
    return is_network or (state or "")[:2] in BUSY
