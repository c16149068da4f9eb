"""What can be wrong with a cell or a row of a file, by stable codes, in words that help."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.domain.errors import Said
from app.domain.niks import CARD_SAID
from app.domain.niks import SAID as NIK_SAID
from app.domain.questionnaire.codebooks import NEWEST

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """A fault, or a doubt, in one cell; `column` is its key, none: the row as a whole."""

    column: str | None
    code: str
    said: Said
    words: Mapping[str, object] = field(default_factory=dict)
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Flawed:
    """What a cell holds that cannot be taken as it is, and what of it may be kept."""

    code: str
    words: Mapping[str, object] = field(default_factory=dict)
    said: Said | None = None  # none: that of the code
    value: object = None


def problem(
    code: str,
    column: str | None = None,
    /,
    *,
    severity: Severity | None = None,
    words: Mapping[str, object] | None = None,
) -> Problem:
    """By its code, with its own sentence; `severity` where it is not the usual one."""
    return Problem(column, code, SAID[code], words or {}, severity or usual(code))


def usual(code: str) -> Severity:
    return "warning" if code in WARNINGS else "error"


OF_CELLS: Mapping[str, Said] = {
    "missing": Said(id="Kolom ini wajib diisi.", en="This column has to be filled in."),
    "cell_error": Said(
        id="Sel ini berisi galat Excel ({given}). Ketik isinya langsung, tanpa rumus.",
        en="This cell holds an error of Excel ({given}). Type what belongs here, not a formula.",
    ),
    "unreadable": Said(
        id="Isi sel ini tidak terbaca. Ubah selnya menjadi teks, lalu ketik ulang.",
        en="What this cell holds cannot be read. Make the cell text and type it again.",
    ),
    "date_instead_of_text": Said(
        id="Excel mengubah isi sel ini menjadi tanggal. Ubah selnya menjadi teks, lalu ketik "
        "ulang.",
        en="Excel has made a date of this cell. Make the cell text and type it again.",
    ),
    "number_instead_of_text": Said(
        id="Nomor ini tersimpan sebagai angka, padahal Excel hanya menyimpan 15 angka pertama. "
        "Ubah selnya menjadi teks, lalu salin lagi semua angkanya dari dokumen.",
        en="This number is stored as a number, of which Excel keeps the first 15 digits only. Make "
        "the cell text and copy all its digits from the document again.",
    ),
    "scientific_number": Said(
        id="Nomor ini sudah dipendekkan Excel (bentuk 3,67E+15), jadi angkanya hilang. Ubah "
        "kolomnya menjadi teks, lalu salin lagi dari dokumen.",
        en="Excel has shortened this number (3.67E+15), so its digits are lost. Make the column "
        "text and copy it from the document again.",
    ),
    "characters": Said(
        id="Sel ini memuat karakter yang tidak tampak. Hapus isinya, lalu ketik ulang.",
        en="This cell holds characters that nobody can see. Empty it and type it again.",
    ),
    "too_long": Said(
        id="Paling panjang {longest} huruf. Singkatlah.",
        en="{longest} characters at most. Make it shorter.",
    ),
    "not_a_date": Said(
        id="Tulis tanggal sebagai hari/bulan/tahun dengan tahun empat angka, misalnya 19/05/1984.",
        en="Write the date as day/month/year with four digits for the year, such as 19/05/1984.",
    ),
    "not_a_choice": Said(
        id="Bukan salah satu pilihan kolom ini. Pilih: {choices}.",
        en="Not one of the choices of this column. Choose among: {choices}.",
    ),
    "not_a_number": Said(
        id="Tulis bilangan bulat dengan angka saja.", en="Write a whole number, in digits only."
    ),
    "out_of_range": Said(
        id="Harus dari {min} sampai {max}.", en="This lies between {min} and {max}."
    ),
    "not_digits": Said(
        id="Harus tepat {length} angka, tanpa tanda lain.",
        en="Exactly {length} digits, and nothing else.",
    ),
    "not_a_neighbourhood": Said(
        id="Tulis nomor RT atau RW saja, paling banyak tiga angka, misalnya 004.",
        en="Write only the number of the RT or RW, three digits at most, such as 004.",
    ),
    "not_an_id": Said(
        id="Bukan id yang kami berikan. Salin id dari berkas atau daftar asalnya tanpa diubah.",
        en="No id of ours. Copy the id from the file or the list it came in, unchanged.",
    ),
    "not_a_username": Said(
        id="Nama pengguna: 3 sampai 60 huruf kecil, angka, titik, garis bawah, atau tanda hubung. "
        "Kosongkan bila ingin dibuatkan.",
        en="A username has 3 to 60 small letters, digits and . _ -. Leave it empty to be given "
        "one.",
    ),
}

OF_ROWS: Mapping[str, Said] = {
    "name_with_digits": Said(
        id="Nama ditulis tanpa angka. Salin dari KTP atau KK.",
        en="A name has no digits. Copy it from the KTP or KK.",
    ),
    "name_with_signs": Said(
        id="Tanda baca atau gelar di depan nama hanya dipakai bila tercetak demikian di KTP atau "
        "KK. Hapus bila tidak.",
        en="Signs, or a title before the name, stay only if the KTP or KK prints them. Take them "
        "out if not.",
    ),
    "nik_missing": Said(
        id="NIK belum ada; orang ini belum dapat diusulkan. Lengkapi dari KTP atau KK.",
        en="There is no NIK; this person cannot be proposed yet. Copy it from the KTP or KK.",
    ),
    "date_future": Said(
        id="Tanggal ini belum tiba. Periksa tahunnya.",
        en="This day has not come. Check the year.",
    ),
    "day_month_swapped": Said(
        id="Hari dan bulan mungkin tertukar: bila ditukar, tanggalnya sama dengan yang di NIK. "
        "Cocokkan dengan KTP atau KK.",
        en="Day and month may have been exchanged: the other way round, the date is that of the "
        "NIK. Compare with the KTP or KK.",
    ),
    "pregnant_man": Said(
        id="Menurut jenis kelaminnya orang ini laki-laki, tetapi tertulis hamil. Perbaiki salah "
        "satunya.",
        en="By the column sex this is a man, yet pregnant. Correct one of the two.",
    ),
    "pregnancy_start_missing": Said(
        id="Isi tanggal mulai hamil, karena kolom hamil berisi YA.",
        en="Give the day on which the pregnancy began, as the column before says YA.",
    ),
    "pregnancy_start_unasked": Said(
        id="Kosongkan tanggal ini, atau isi YA pada kolom hamil.",
        en="Leave this day empty, or write YA in the column of pregnancy.",
    ),
    "pregnancy_too_long_ago": Said(
        id="Sudah lebih dari {months} bulan yang lalu. Periksa tanggal mulai hamil.",
        en="That was more than {months} months ago. Check the day on which the pregnancy began.",
    ),
    "disability_code_missing": Said(
        id="Isi kode jenis disabilitas (PDFSK, PDINT, PDMTL, atau PDSNS), karena statusnya YA.",
        en="Give the code of the disability (PDFSK, PDINT, PDMTL or PDSNS), as the status is YA.",
    ),
    "disability_code_unasked": Said(
        id="Kosongkan kode ini, atau isi YA pada status disabilitas.",
        en="Leave this code empty, or write YA as the status of disability.",
    ),
    "public_employee": Said(
        id="Dengan pekerjaan ini seluruh KK mungkin tidak layak. Periksa sebelum mengusulkan.",
        en="With this occupation the whole family card may not be eligible. Check before you "
        "propose.",
    ),
    "programme_not_proposed": Said(
        id="Program ini tidak diusulkan lagi lewat desa/kelurahan. Pilih program lain, atau "
        "NONBANSOS.",
        en="Villages do not propose this programme any more. Choose another one, or NONBANSOS.",
    ),
    "reason_missing": Said(
        id="Pengembalian dan penolakan memerlukan kode alasan dari /v1/reasons.",
        en="Whatever is returned or rejected needs the code of a reason, of /v1/reasons.",
    ),
    "reason_unasked": Said(
        id="Persetujuan tidak memakai alasan. Kosongkan kolom ini, atau ubah keputusannya.",
        en="An approval has no reason. Leave this empty, or change the decision.",
    ),
    "note_missing": Said(
        id="Alasan ini harus dijelaskan dalam catatan: orang atau data mana yang dimaksud.",
        en="This reason is to be put in words in the note: which person or record is meant.",
    ),
    "target_unasked": Said(
        id="Tujuan hanya diisi untuk pengembalian. Kosongkan kolom ini, atau ubah keputusannya.",
        en="Only what is returned goes somewhere. Leave this empty, or change the decision.",
    ),
    "outcome_missing": Said(
        id="Pilih HASIL untuk baris ini; catatannya sudah diisi.",
        en="Choose the HASIL of this row; its note is filled in already.",
    ),
    "correction_missing": Said(
        id="HASIL berbunyi DIPERBAIKI, tetapi tidak ada yang diperbaiki. Isi NIK, nomor KK, nama, "
        "atau tanggal lahir yang benar.",
        en="HASIL says DIPERBAIKI, but nothing is. Give the right NIK, family card, name or birth "
        "date.",
    ),
    "correction_unasked": Said(
        id="Isian yang benar hanya dipakai bila HASIL berbunyi DIPERBAIKI. Ubah HASIL, atau "
        "kosongkan kolom ini.",
        en="What is right is taken only where HASIL says DIPERBAIKI. Change HASIL, or leave this "
        "empty.",
    ),
    "same_as_before": Said(
        id="Sama dengan yang lama, jadi tidak ada yang berubah. Periksa lagi dokumennya.",
        en="The same as before, so nothing changes. Look at the document again.",
    ),
    "evidence_missing": Said(
        id="Tulis buktinya (jenis dan nomor dokumen) agar usulannya dapat diputus.",
        en="Write down the evidence (which document, its number), or nobody can decide on it.",
    ),
}

OF_FILES: Mapping[str, Said] = {
    "nik_repeated": Said(
        id="NIK ini tertulis lebih dari sekali dalam berkas, juga pada baris {rows}. Hapus yang "
        "ganda, atau perbaiki NIK-nya.",
        en="This NIK stands in the file more than once, in rows {rows} too. Delete the copy, or "
        "correct the NIK.",
    ),
    "row_repeated": Said(
        id="Hal yang sama sudah disebut pada baris {rows}. Sisakan satu baris saja.",
        en="Rows {rows} are about the same. Leave only one of them.",
    ),
    "household_differs": Said(
        id="Berbeda dari baris {row} untuk rumah tangga yang sama. Samakan keduanya.",
        en="Not the same as in row {row} of the same household. Make them agree.",
    ),
    "member_count_differs": Said(
        id="Tertulis {said} anggota, tetapi berkas memuat {count} baris rumah tangga ini. Lengkapi "
        "barisnya, atau perbaiki jumlahnya.",
        en="{said} members, it says, but the file has {count} rows of this household. Add the rows "
        "that are missing, or correct the number.",
    ),
    "family_count_differs": Said(
        id="Tertulis {said} keluarga, tetapi nomor keluarga anggotanya menyebut {count}. Perbaiki "
        "salah satunya.",
        en="{said} families, it says, but the members' family numbers name {count}. Correct one of "
        "the two.",
    ),
    "member_number_repeated": Said(
        id="Nomor urut ini juga dipakai pada baris {rows}. Beri setiap anggota nomor sendiri.",
        en="Rows {rows} have this number too. Give every member a number of his own.",
    ),
    "two_household_heads": Said(
        id="Rumah tangga ini punya lebih dari satu kepala (juga baris {rows}). Tetapkan satu saja.",
        en="This household has more heads than one (rows {rows} too). Name only one.",
    ),
    "two_family_heads": Said(
        id="Keluarga ini punya lebih dari satu kepala (juga baris {rows}). Tetapkan satu saja.",
        en="This family has more heads than one (rows {rows} too). Name only one.",
    ),
    "no_household_head": Said(
        id="Rumah tangga ini belum punya kepala. Tetapkan satu sebelum diusulkan.",
        en="This household has no head. Name one before it is proposed.",
    ),
    "villages_differ": Said(
        id="Nomor KK ini juga ada pada baris {rows} di desa/kelurahan lain. Satu KK berada di satu "
        "desa/kelurahan; periksa nomor KK dan wilayahnya.",
        en="Rows {rows} have this family card in another village. A card belongs to one village; "
        "check its number and the region.",
    ),
    "two_family_programmes": Said(
        id="Satu KK mendapat satu program keluarga per periode, tetapi baris {rows} meminta yang "
        "lain. Pilih satu.",
        en="A family card takes one family programme in a period, but rows {rows} ask for another. "
        "Choose one.",
    ),
}

SAID: Mapping[str, Said] = {
    **OF_CELLS,
    **OF_ROWS,
    **OF_FILES,
    **{f"nik_{code}": said for code, said in NIK_SAID.items()},
    **{f"card_{code}": said for code, said in CARD_SAID.items()},
}
WARNINGS = frozenset(
    {
        "name_with_signs",
        "day_month_swapped",
        "public_employee",
        "same_as_before",
        "evidence_missing",
        "nik_missing",
        "no_household_head",
        "nik_region_unknown_regency",
        "nik_region_unknown_district",
        "nik_mismatch_sex",
        "nik_mismatch_birth_date",
        "nik_mismatch_region",
        "nik_age_over_120",
        "card_date",
    }
)


def catalogue() -> Mapping[str, Said]:
    """Every code that a problem can have: ours, and the rules of the questionnaire by number."""
    questions = [
        *(each for section in NEWEST.sections.values() for each in section.values()),
        *(each for roster in NEWEST.rosters.values() for each in roster.fields.values()),
    ]
    asked = {each.rule for each in questions if each.bdt2015_column and each.kept_in is None}
    ruled = [*sorted(rule for rule in asked if rule), "H17"]
    return {**SAID, **{rule: NEWEST.rules[rule].said for rule in ruled}}
