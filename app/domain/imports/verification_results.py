"""What a tier says of many proposals, in a file: approved, returned or rejected."""

from collections.abc import Iterator

from app.domain.errors import Said
from app.domain.imports.cells import (
    SHORT_LINE,
    DateForm,
    IdForm,
    NoteForm,
    TextForm,
    WholeNumber,
)
from app.domain.imports.choices import Choice, Option, coded
from app.domain.imports.columns import Around, Column, ImportKind, Layout, Values, lettered
from app.domain.imports.people import to_come
from app.domain.imports.problems import Problem, problem
from app.domain.labels import labels
from app.domain.proposals import ProposalState, Verdict
from app.domain.reasons import REJECTION, reasons

BACK_TO = (
    ProposalState.DRAFTED,
    ProposalState.AWAITING_DELIBERATION,
    ProposalState.AWAITING_REGENCY,
    ProposalState.AWAITING_MINISTRY,
)
VERDICT = Choice(
    options=coded(
        (Verdict.APPROVE, "SETUJU", "SETUJU", "setujui|disetujui|menyetujui|layak|lolos|approved"),
        (Verdict.RETURN, "KEMBALIKAN", "KEMBALIKAN", "dikembalikan|kembali|mengembalikan|returned"),
        (Verdict.REJECT, "TOLAK", "TOLAK", "ditolak|menolak|tidak layak|rejected"),
    ),
)


def _states() -> tuple[Option, ...]:
    named = labels()["states"]
    return tuple(
        Option(str(state), Said(id=named[state]["id"], en=named[state]["en"])) for state in BACK_TO
    )


def _reasons() -> tuple[Option, ...]:
    return tuple(
        Option(each.code, Said(id=each.label_id, en=each.label_en))
        for each in reasons().values()
        if REJECTION in each.also_for
    )


COLUMNS = lettered(
    Column(
        key="proposal_id",
        header=Said(id="ID USULAN", en="Proposal id"),
        form=IdForm(),
        place=("id",),
        aliases=("ID", "Usulan", "Proposal"),
        required=True,
    ),
    Column(
        key="version",
        header=Said(id="VERSI", en="Version"),
        form=WholeNumber(min=1, max=999_999_999),
        place=("version",),
        says=Said(
            id="versi yang Anda baca; kosong: versi sekarang",
            en="the version that you read; empty: the present one",
        ),
    ),
    Column(
        key="verdict",
        header=Said(id="KEPUTUSAN", en="Decision"),
        form=VERDICT,
        place=("verdict",),
        aliases=("Hasil", "Hasil Verifikasi", "Verdict"),
        required=True,
    ),
    Column(
        key="target",
        header=Said(id="KEMBALI KE", en="Returned to"),
        form=Choice(options=_states()),
        place=("target",),
        aliases=("Tujuan", "Dikembalikan ke"),
        says=Said(
            id="hanya untuk pengembalian; kosong: ke draf",
            en="only for what is returned; empty: to the draft",
        ),
    ),
    Column(
        key="reason",
        header=Said(id="ALASAN", en="Reason"),
        form=Choice(options=_reasons()),
        place=("grounds", "reason"),
        aliases=("Kode Alasan", "Reason code"),
        says=Said(
            id="wajib untuk pengembalian dan penolakan",
            en="needed for whatever is returned or rejected",
        ),
    ),
    Column(
        key="note",
        header=Said(id="CATATAN", en="Note"),
        form=NoteForm(),
        place=("grounds", "note"),
        aliases=("Keterangan", "Penjelasan"),
    ),
    Column(
        key="letter_number",
        header=Said(id="NOMOR SURAT PENGESAHAN", en="Number of the letter"),
        form=TextForm(longest=SHORT_LINE),
        place=("grounds", "letter_number"),
        aliases=("Nomor Surat", "No Surat"),
        says=Said(id="hanya untuk pengesahan", en="only for an endorsement"),
    ),
    Column(
        key="letter_date",
        header=Said(id="TANGGAL SURAT PENGESAHAN", en="Date of the letter"),
        form=DateForm(),
        place=("grounds", "letter_date"),
        aliases=("Tanggal Surat", "Tgl Surat"),
        says=Said(id="hanya untuk pengesahan", en="only for an endorsement"),
    ),
)


def _grounds(values: Values, around: Around) -> Iterator[Problem]:
    verdict, reason = values.get("verdict"), values.get("reason")
    if verdict == Verdict.APPROVE and reason:
        yield problem("reason_unasked", "reason")
    needs_reason = verdict in {Verdict.RETURN, Verdict.REJECT}
    if needs_reason and not reason and "reason" not in around.flawed:
        yield problem("reason_missing", "reason")
    if reason and reasons()[reason].requires and not {"note"} & {*values, *around.flawed}:
        yield problem("note_missing", "note")


def _target(values: Values, around: Around) -> Iterator[Problem]:
    """Whatever is returned goes to the village's desk, unless another state is named."""
    verdict = values.get("verdict")
    if verdict == Verdict.RETURN and "target" not in around.flawed:
        values.setdefault("target", str(ProposalState.DRAFTED))
    elif verdict and "target" in values:
        yield problem("target_unasked", "target")


def _letter(values: Values, around: Around) -> Iterator[Problem]:
    yield from to_come(values, "letter_date", around)


LAYOUT = Layout(
    kind=ImportKind.VERIFICATION_RESULTS,
    version="verification-1",
    title=Said(id="Hasil verifikasi", en="Verification results"),
    columns=COLUMNS,
    max_rows=100_000,
    rules=(_grounds, _target, _letter),
)
