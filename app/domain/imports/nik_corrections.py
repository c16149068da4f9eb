"""The workbook of invalid NIK and KK, as a village sends it back.

A to N are as printed, O to T new; U to Z is what the right NIK may be, to be copied from.
"""

from collections.abc import Iterator
from typing import Any

from app.domain.errors import Said
from app.domain.imports.cells import (
    DateForm,
    Form,
    IdForm,
    Kept,
    NoteForm,
    NumberText,
    TextForm,
    Unread,
)
from app.domain.imports.choices import SEX, Choice, coded
from app.domain.imports.columns import Around, Column, ImportKind, Layout, Values, lettered
from app.domain.imports.people import birth_rule, card_rule, day_of, name_rule, nik_check
from app.domain.imports.people import nik_problems as problems_of
from app.domain.imports.problems import Flawed, Problem, problem
from app.domain.people import sex_of

REPAIRED, MOVED, UNFINISHED = "repaired", "moved", "unfinished"
CHANGES = ("nik", "card_number", "name", "birth_date")
BEFORE = {key: f"old_{key}" for key in CHANGES}
KEPT, UNREAD = Kept(), Unread()
OUTCOME = Choice(
    options=coded(
        (REPAIRED, "DIPERBAIKI", "DIPERBAIKI", "perbaikan|sudah diperbaiki|benar"),
        ("deceased", "MENINGGAL", "MENINGGAL", "meninggal dunia|MD|wafat"),
        (MOVED, "PINDAH", "PINDAH", "PD|pindah alamat"),
        ("not_found", "TIDAK DITEMUKAN", "TIDAK DITEMUKAN", "TT"),
        ("duplicate", "GANDA", "GANDA", "data ganda"),
        (UNFINISHED, "BELUM SELESAI", "BELUM SELESAI", "belum|menunggu"),
    ),
)


SUGGESTED = 3
COMPARE = Said(
    id="bandingkan dengan KTP atau KK; bila sama, salin ke NIK BENAR",
    en="compare with the KTP or KK; where it agrees, copy it to NIK BENAR",
)


def _printed(key: str, name_id: str, name_en: str, *aliases: str, form: Form = KEPT) -> Column:
    header = Said(id=name_id, en=name_en)
    return Column(key=key, header=header, form=form, aliases=aliases, protected=True)


def _suggested(number: int) -> Column:
    header = Said(id=f"SARAN NIK {number}", en=f"Suggested NIK {number}")
    form = Unread(name="digits")
    return Column(
        key=f"suggestion_{number}", header=header, form=form, protected=True, says=COMPARE
    )


def _reason(number: int) -> Column:
    name_id, name_en = f"ALASAN SARAN {number}", f"Reason of suggestion {number}"
    return _printed(f"reason_{number}", name_id, name_en, form=UNREAD)


COLUMNS = lettered(
    Column(
        key="case_id",
        header=Said(id="ID BARIS", en="Row id"),
        form=IdForm(told=Said(id="jangan diubah", en="leave as it is")),
        place=("case_id",),
        aliases=("ID",),
        required=True,
        protected=True,
    ),
    _printed("dtks_id", "ID DTKS", "DTKS id"),
    _printed("old_nik", "NIK LAMA", "NIK on record"),
    _printed("old_card_number", "NO KK LAMA", "Family card on record", "NOKK LAMA"),
    _printed("old_name", "NAMA", "Name on record"),
    _printed("old_birth_place", "TEMPAT LAHIR", "Place of birth on record"),
    _printed("old_birth_date", "TANGGAL LAHIR", "Date of birth on record", "TGL LAHIR"),
    _printed("old_sex", "JENIS KELAMIN", "Sex on record"),
    _printed(
        "old_mother_name", "NAMA IBU KANDUNG", "Mother's maiden name on record", "IBU KANDUNG"
    ),
    _printed("old_address", "ALAMAT", "Address on record"),
    _printed("old_rt", "RT", "RT on record"),
    _printed("old_rw", "RW", "RW on record"),
    _printed("check", "KODE MASALAH", "Code of the problem"),
    _printed("explanation", "PENJELASAN", "Explanation", form=UNREAD),
    Column(
        key="nik",
        header=Said(id="NIK BENAR", en="Right NIK"),
        form=NumberText(),
        place=("changes", "nik"),
        aliases=("NIK BARU", "NIK PERBAIKAN"),
    ),
    Column(
        key="card_number",
        header=Said(id="NO KK BENAR", en="Right family card"),
        form=NumberText(),
        place=("changes", "card_number"),
        aliases=("NOKK BENAR", "NO KK BARU", "NOKK BARU"),
        says=Said(id="16 angka, bila berbeda", en="16 digits, if it differs"),
    ),
    Column(
        key="name",
        header=Said(id="NAMA BENAR", en="Right name"),
        form=TextForm(repeats=False),
        place=("changes", "name"),
        aliases=("NAMA BARU",),
        says=Said(id="seperti di KTP, bila berbeda", en="as on the KTP, if it differs"),
    ),
    Column(
        key="birth_date",
        header=Said(id="TANGGAL LAHIR BENAR", en="Right date of birth"),
        form=DateForm(),
        place=("changes", "birth_date"),
        aliases=("TGL LAHIR BENAR", "TANGGAL LAHIR BARU"),
    ),
    Column(
        key="outcome",
        header=Said(id="HASIL", en="Outcome"),
        form=OUTCOME,
        place=("outcome",),
    ),
    Column(
        key="note",
        header=Said(id="CATATAN / BUKTI", en="Note, evidence"),
        form=NoteForm(),
        place=("note",),
        aliases=("CATATAN", "BUKTI", "KETERANGAN"),
        says=Said(id="jenis dan nomor dokumennya", en="which document, and its number"),
    ),
    *map(_suggested, range(1, SUGGESTED + 1)),
    *map(_reason, range(1, SUGGESTED + 1)),
)


def _outcome(values: Values, around: Around) -> Iterator[Problem]:
    """Who gives what is right need not say that it is repaired. A row left alone stays as it is."""
    filled = [key for key in CHANGES if key in values]
    if filled and "outcome" not in around.flawed:
        values.setdefault("outcome", REPAIRED)
    outcome = values.get("outcome")
    if outcome is None and "note" in values and "outcome" not in around.flawed:
        yield problem("outcome_missing", "outcome")
    if outcome == REPAIRED and not filled and around.flawed.isdisjoint(CHANGES):
        yield problem("correction_missing", "outcome")
    if outcome not in {None, REPAIRED}:
        yield from (problem("correction_unasked", key) for key in filled)


def _evidence(values: Values, _: Around) -> Iterator[Problem]:
    if values.get("outcome") not in {None, REPAIRED, UNFINISHED} and "note" not in values:
        yield problem("evidence_missing", "note")


def _nik(values: Values, around: Around) -> Iterator[Problem]:
    """The right NIK beside the sex and the birth date that are right, or were printed."""
    born = day_of(values.get("birth_date") or _read(DateForm(), values.get("old_birth_date")))
    sex = sex_of(_read(SEX, values.get("old_sex")))
    found = nik_check(values.get("nik"), around, sex=sex, born=born)
    yield from problems_of(found, invalid="error", born=born)


def _read(form: DateForm | Choice, text: str | None) -> Any:  # noqa: ANN401 - what was printed
    found = form.read(text)
    return None if isinstance(found, Flawed) else found


def _unchanged(values: Values, _: Around) -> Iterator[Problem]:
    for key, before in BEFORE.items():
        value = values.get(key)
        if value is not None and _shown(key, value) == values.get(before):
            yield problem("same_as_before", key)


def _shown(key: str, value: str) -> str:
    return "/".join(reversed(value.split("-"))) if key == "birth_date" else value


LAYOUT = Layout(
    kind=ImportKind.NIK_CORRECTIONS,
    version="nik-repair-1",
    title=Said(id="Perbaikan NIK", en="NIK corrections"),
    columns=COLUMNS,
    max_rows=200_000,
    rules=(
        _outcome,
        _evidence,
        _nik,
        card_rule,
        name_rule(digits="error"),
        birth_rule,
        _unchanged,
    ),
)
