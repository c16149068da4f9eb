"""Proposals by the operators' template V.4: a row is a person, with his card and a programme.

It says nothing of how people are related and has no survey: it makes drafts that say what is
missing. Which kind of proposal a row becomes depends on what the registry knows already.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

from app.domain.errors import Said
from app.domain.imports.cells import DateForm, Neighbourhood, NumberText, TextForm
from app.domain.imports.choices import SEX, Choice, Option, YesNo, coded
from app.domain.imports.columns import (
    Around,
    Column,
    ImportKind,
    Layout,
    Values,
    lettered,
    region_column,
)
from app.domain.imports.people import (
    birth_rule,
    card_rule,
    day_of,
    name_rule,
    nik_rule,
    pregnancy_rule,
    to_come,
)
from app.domain.imports.problems import Problem, problem
from app.domain.programmes import programmes

NOT_ASKED_FOR = "NONBANSOS"  # into the registry, without a programme
MONTHS = 10  # as long as a pregnancy may have lasted, by our reading
LONGEST_PREGNANCY = timedelta(days=31 * MONTHS)

# Words of an occupation, and the reason (of /v1/reasons) for which the family may not be eligible.
PUBLIC_WORDS = {
    "civil_servant": r"ASN|PNS|PPPK|PEGAWAI NEGERI",
    "military": r"TNI|TENTARA",
    "police": r"POLRI|POLISI|KEPOLISIAN",
    "state_enterprise_employee": r"BUMN|BUMD",
    "state_official": r"PEJABAT NEGARA|DPR|DPRD|DPD|GUBERNUR|BUPATI|WALI ?KOTA|MENTERI",
    "village_official": r"PERANGKAT DESA|KEPALA DESA|LURAH",
    "pensioner": r"PENSIUN(?:AN)?",
}
PUBLIC = {
    reason: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for reason, words in PUBLIC_WORDS.items()
}


def _programme_options() -> tuple[Option, ...]:
    """As operators call them: SEMBAKO is BPNT in this template."""
    return tuple(
        Option(each.code, Said(id=name, en=name), (*each.legacy_names, each.name_id))
        for each in programmes().values()
        for name in each.legacy_names[:1]
    )


MARITAL = Choice(
    options=(
        Option(1, Said(id="Belum kawin", en="Belum kawin"), ("BK", "never married", "single")),
        Option(
            2,
            Said(id="Kawin/nikah", en="Kawin/nikah"),
            ("kawin", "nikah", "menikah", "kawin tercatat", "kawin belum tercatat", "married"),
        ),
        Option(3, Said(id="Cerai hidup", en="Cerai hidup"), ("divorced",)),
        Option(4, Said(id="Cerai mati", en="Cerai mati"), ("janda/duda mati", "widowed")),
    ),
)
DISABILITY = Choice(
    options=coded(
        ("PDFSK", "PDFSK", "PDFSK", "fisik|disabilitas fisik|physical"),
        ("PDINT", "PDINT", "PDINT", "intelektual|disabilitas intelektual|intellectual"),
        ("PDMTL", "PDMTL", "PDMTL", "mental|disabilitas mental"),
        ("PDSNS", "PDSNS", "PDSNS", "sensorik|disabilitas sensorik|sensory"),
    ),
)
CODES = Said(
    id="PDFSK fisik, PDINT intelektual, PDMTL mental, PDSNS sensorik; hanya bila status YA",
    en="PDFSK physical, PDINT intellectual, PDMTL mental, PDSNS sensory; only if the status is YA",
)
PREGNANT = Said(
    id="YA hanya untuk perempuan; kosong dibaca TIDAK", en="YA for a woman only; empty is TIDAK"
)

COLUMNS = lettered(
    Column(
        key="nik",
        header=Said(id="NIK", en="Population number (NIK)"),
        form=NumberText(),
        place=("member", "nik"),
        aliases=("Nomor NIK", "No NIK", "Nomor Induk Kependudukan", "No KTP", "Nomor KTP"),
        required=True,
    ),
    Column(
        key="programme",
        header=Said(id="PROGRAM BANSOS", en="Programme"),
        form=Choice(options=_programme_options()),
        place=("asks", "programme"),
        aliases=("Program", "Bansos", "Jenis Bansos", "Nama Program", "Jenis Program"),
        required=True,
    ),
    Column(
        key="card_number",
        header=Said(id="NOKK", en="Family card number"),
        form=NumberText(),
        place=("family", "card_number"),
        aliases=("No KK", "Nomor KK", "KK", "Nomor Kartu Keluarga", "No Kartu Keluarga"),
        required=True,
    ),
    Column(
        key="name",
        header=Said(id="NAMA", en="Name"),
        form=TextForm(repeats=False),
        place=("member", "name"),
        aliases=("Nama Lengkap", "Nama ART", "Nama Anggota", "Full name"),
        required=True,
        says=Said(id="seperti di KTP atau KK, tanpa angka", en="as on the KTP or KK, no digits"),
    ),
    Column(
        key="birth_place",
        header=Said(id="TEMPAT LAHIR", en="Place of birth"),
        form=TextForm(),
        place=("member", "birth_place"),
        aliases=("Tmp Lahir", "Tempat Kelahiran"),
        required=True,
    ),
    Column(
        key="birth_date",
        header=Said(id="TANGGAL LAHIR", en="Date of birth"),
        form=DateForm(),
        place=("member", "birth_date"),
        aliases=("Tgl Lahir", "Tanggal Kelahiran"),
        required=True,
    ),
    Column(
        key="mother_name",
        header=Said(id="IBU KANDUNG", en="Mother's maiden name"),
        form=TextForm(repeats=False),
        place=("member", "mother_name"),
        aliases=("Nama Ibu Kandung", "Nama Ibu", "Nama Gadis Ibu Kandung"),
        required=True,
    ),
    Column(
        key="sex",
        header=Said(id="JENIS KELAMIN", en="Sex"),
        form=SEX,
        place=("member", "sex"),
        aliases=("JK", "L/P", "Kelamin", "Gender"),
        required=True,
    ),
    Column(
        key="occupation",
        header=Said(id="JENIS PEKERJAAN", en="Occupation"),
        form=TextForm(),
        aliases=("Pekerjaan",),
        required=True,
    ),
    Column(
        key="marital_status",
        header=Said(id="STATUS KAWIN", en="Marital status"),
        form=MARITAL,
        place=("member", "marital_status"),
        aliases=("Status Perkawinan", "Status Nikah", "Status Pernikahan"),
        required=True,
    ),
    Column(
        key="address",
        header=Said(id="ALAMAT", en="Address"),
        form=TextForm(),
        place=("household", "address"),
        aliases=("Alamat Lengkap", "Alamat Rumah"),
        required=True,
    ),
    Column(
        key="rt",
        header=Said(id="RT", en="RT"),
        form=Neighbourhood(),
        place=("household", "rt"),
        aliases=("No RT", "Nomor RT"),
        required=True,
    ),
    Column(
        key="rw",
        header=Said(id="RW", en="RW"),
        form=Neighbourhood(),
        place=("household", "rw"),
        aliases=("No RW", "Nomor RW"),
        required=True,
    ),
    region_column(
        "province",
        Said(id="PROVINSI", en="Province"),
        *("Propinsi", "Nama Provinsi", "Prov"),
        required=True,
    ),
    region_column(
        "regency",
        Said(id="KABUPATEN", en="Regency"),
        *("Kabupaten/Kota", "Kab/Kota", "Kota", "Kab", "Nama Kabupaten/Kota"),
        required=True,
    ),
    region_column(
        "district",
        Said(id="KECAMATAN", en="District"),
        *("Kec", "Distrik", "Nama Kecamatan"),
        required=True,
    ),
    region_column(
        "village",
        Said(id="KELURAHAN", en="Village"),
        *("Desa", "Desa/Kelurahan", "Kelurahan/Desa", "Kel/Desa", "Desa/Kel"),
        *("Nama Desa/Kelurahan", "Kode Desa/Kelurahan", "Kode Kemendagri"),
        required=True,
    ),
    Column(
        key="has_disability",
        header=Said(id="STATUS DISABILITAS", en="Has a disability"),
        form=YesNo(),
        aliases=("Disabilitas", "Penyandang Disabilitas"),
        required=True,
    ),
    Column(
        key="disability_code",
        header=Said(id="KODE JENIS DISABILITAS", en="Disability code"),
        form=DISABILITY,
        aliases=("Jenis Disabilitas", "Kode Disabilitas"),
        says=CODES,
    ),
    Column(
        key="pregnant",
        header=Said(id="STATUS HAMIL", en="Pregnant"),
        form=YesNo(),
        place=("answers", "members", "pregnant"),
        aliases=("Hamil", "Status Kehamilan"),
        says=PREGNANT,
    ),
    Column(
        key="pregnancy_began_on",
        header=Said(id="TGL MULAI HAMIL", en="Start of the pregnancy"),
        form=DateForm(),
        aliases=("Tanggal Mulai Hamil", "Mulai Hamil", "Tanggal Hamil"),
    ),
)


def _disability(values: Values, around: Around) -> Iterator[Problem]:
    has, code = values.get("has_disability"), values.get("disability_code")
    if has and not code and "disability_code" not in around.flawed:
        yield problem("disability_code_missing", "disability_code")
    if has is False and code:
        yield problem("disability_code_unasked", "disability_code")


def _pregnancy(values: Values, around: Around) -> Iterator[Problem]:
    key, began = "pregnancy_began_on", day_of(values.get("pregnancy_began_on"))
    is_pregnant = values.get("pregnant") is True
    if is_pregnant and began is None and key not in around.flawed:
        yield problem("pregnancy_start_missing", key)
    if began is None:
        return
    if not is_pregnant and "pregnant" not in around.flawed:
        yield problem("pregnancy_start_unasked", key)
    yield from to_come(values, key, around)
    if around.today - began > LONGEST_PREGNANCY:
        yield problem("pregnancy_too_long_ago", key, words={"months": MONTHS})


def _occupation(values: Values, _: Around) -> Iterator[Problem]:
    occupation = values.get("occupation", "")
    for reason, words in PUBLIC.items():
        if words.search(occupation):
            yield problem("public_employee", "occupation", words={"reason": reason})
            return


def _programme(values: Values, _: Around) -> Iterator[Problem]:
    code = values.get("programme", NOT_ASKED_FOR)
    if code != NOT_ASKED_FOR and not programmes()[code].proposable:
        yield problem("programme_not_proposed", "programme")


LAYOUT = Layout(
    kind=ImportKind.PROPOSALS,
    version="V.4",
    title=Said(id="Usulan (templat V.4)", en="Proposals (template V.4)"),
    columns=COLUMNS,
    max_rows=500_000,
    unit="card_number",
    rules=(
        nik_rule(invalid="error"),
        card_rule,
        name_rule(digits="error"),
        birth_rule,
        pregnancy_rule(of_a_man="error"),
        _disability,
        _pregnancy,
        _occupation,
        _programme,
    ),
    derived={"nik_verdict": ("member", "nik_verdict"), "nik_codes": ("member", "nik_codes")},
)
