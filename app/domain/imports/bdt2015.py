"""Files of BDT2015: a row is a member, and repeats what the file says of his household.

Most columns are questions of the questionnaire and are read by its rules. There is no birth date,
no family card and no mother's name: households come in as drafts that say what is missing. Codes
of BPS are kept and not trusted, as is what the columns 49 and 78 say.
"""

import re
from collections.abc import Iterator, Mapping

from app.domain.errors import Said
from app.domain.imports.answers import AnswerForm, answer_form
from app.domain.imports.cells import AreaCode, Form, NumberText, RegionForm, TextForm
from app.domain.imports.columns import Around, Column, ImportKind, Layout, Values, lettered
from app.domain.imports.people import name_rule, nik_rule, pregnancy_rule
from app.domain.imports.problems import Problem
from app.domain.questionnaire.codebooks import NEWEST
from app.domain.questionnaire.questions import Type, Variable

OF_THE_HOUSEHOLD = 78  # columns; the others are of the member
WOMEN = "women_kb_2015"
EIGHTEEN = Said(id="18 angka, sel berformat teks", en="18 digits, in a text cell")
RT = re.compile(r"\bRT[ .:]*([0-9]{1,3})\b", re.IGNORECASE)
RW = re.compile(r"\bRW[ .:]*([0-9]{1,3})\b", re.IGNORECASE)
REQUIRED = frozenset({"bdt_household_id", "village", "member_number", "name"})

# As the file of 2015 names them, in its order.
NAMES_2015 = """
ruta6: ruta_6
bdt_household_id: ID rumah tangga
province: Provinsi
province_code_bps: Kode Provinsi
regency: Kab/Kota
regency_code_bps: Kode Kab/Kota
district: Kecamatan
district_code_bps: Kode Kecamatan
village: Desa/Kelurahan
village_code_bps: Kode Desa/Kelurahan
sls_name: Nama SLS
address: Alamat
head_name: Nama KRT
member_count: Jumlah ART
family_count: Jumlah Keluarga
building_tenure: Status bangunan
land_status: Status lahan
floor_area: Luas lantai
floor_material: Lantai terluas
wall_material: Dinding terluas
wall_condition: Kondisi Dinding
roof_material: Atap Terluas
roof_condition: Kondisi Atap
bedroom_count: Jumlah kamar tidur
drinking_water_source: Sumber air minum
water_acquisition: Cara memperoleh air minum
lighting_source: Sumber penerangan utama
power_capacity: Daya terpasang
cooking_fuel: Bahan bakar memasak
latrine_access: Fasilitas BAB
latrine_type: Jenis kloset
sewage_disposal: Tempat buang tinja
owns_gas_cylinder: Kepemilikan tabung gas 5,5kg
owns_refrigerator: Kepemilikan lemari es
owns_air_conditioner: Kepemilikan ac
owns_water_heater: Kepemilikan pemanas air
owns_landline: Kepemilikan telepon rumah
owns_television: Kepemilikan televisi
owns_gold_or_savings: Kepemilikan emas dan tabungan
owns_computer: Kepemilikan laptop/komputer
owns_bicycle: Kepemilikan sepeda
owns_motorcycle: Kepemilikan sepeda motor
owns_car: Kepemilikan mobil
owns_boat: Kepemilikan perahu
owns_outboard_motor: Kepemilikan motor tempel
owns_motorboat: Kepemilikan perahu motor
owns_ship: Kepemilikan kapal
active_mobile_numbers: Nomor HP yang aktif
bdt2015_column_49: Jumlah ruangan rumah yang ditempati
owns_other_land: Kepemilikan aset tidak bergerak
other_land_area: Luas aset tidak bergerak
owns_other_house: Kepemilikan rumah di tempat lain
cattle_count: Jumlah sapi yang dimiliki
buffalo_count: Jumlah kerbau yang dimiliki
horse_count: Jumlah kuda yang dimiliki
pig_count: Jumlah babi yang dimiliki
goat_sheep_count: Jumlah kambing/domba yang dimiliki
has_member_business: Status ART yang memiliki usaha
has_kks: Status KKS
has_kip: Status KIP
has_kis: Status KIS
has_bpjs_independent: Status BPJS mandiri
has_jamsostek: Status Jamsostek
has_other_health_insurance: Status asuransi kesehatan lainnya
has_pkh: Status PKH
has_rastra: Status Rastra
has_kur: Status KUR
woman_member_number: No Urut ART Wanita Usia Subur
husband_age: Usia Suami
wife_age: Usia Istri
uses_contraception: Kepesertaan KB
contraception_method: Metode Kontrasepsi
contraception_years: Lama menggunakan kontrasepsi (tahun)
contraception_months: Lama menggunakan kontrasepsi (bulan)
contraception_place: Tempat pelayanan KB
wants_more_children: Status ingin punya anak lagi
reason_no_contraception: Alasan utama tidak ber KB
welfare_percentile: percentile
member_number: Nomor urut ART
name: Nama ART
nik: NIK
relation_to_household_head: HubKRT
family_number: Nomor urut keluarga
relation_to_family_head: Hubungan dengan kepala keluarga
sex: jenis kelamin
age: Umur anggota rumah tangga (tahun)
marital_status: Status perkawinan
marriage_document: Kepemilikan akta/buku nikah
in_family_card: Tercantum di dalam KK
identity_documents: Kepemilikan kartu identitas
pregnant: Status kehamilan
disability: Jenis cacat
chronic_illness: Penyakit kronis
school_participation: Partisipasi sekolah
education_level: Pendidikan tertinggi
highest_grade: Kelas tertinggi
highest_certificate: Ijazah tertinggi
worked_last_week: Bekerja seminggu yg lalu
weekly_work_hours: Jumlah jam kerja
work_sector: Lapangan usaha
work_status: Status dalam pekerjaan
"""
NAMES = dict(line.split(": ", 1) for line in NAMES_2015.strip().splitlines())


def _counted(key: str, english: str, kind: Type, most: int) -> AnswerForm:
    """A number that the form of 2020 does not ask for any more."""
    label = Said(id=NAMES[key], en=english)
    return answer_form(Variable(key=key, form_ref=key, label=label, type=kind, min=0, max=most))


# What is no question of the form of 2020: its English name, how it is read, where it belongs.
OTHERS: Mapping[str, tuple[str, Form, tuple[str, ...]]] = {
    "ruta6": ("Short id of the household", TextForm(longest=10), ()),
    "bdt_household_id": (
        "Household id of 2015",
        NumberText(length=18, repeats=True, told=EIGHTEEN),
        (),
    ),
    "province": ("Province", RegionForm(), ("region", "province")),
    "province_code_bps": ("Province, code of BPS", AreaCode(), ()),
    "regency": ("Regency", RegionForm(), ("region", "regency")),
    "regency_code_bps": ("Regency, code of BPS", AreaCode(), ()),
    "district": ("District", RegionForm(), ("region", "district")),
    "district_code_bps": ("District, code of BPS", AreaCode(length=3), ()),
    "village": ("Village", RegionForm(), ("region", "village")),
    "village_code_bps": ("Village, code of BPS", AreaCode(length=3), ()),
    "sls_name": ("Local unit (SLS)", TextForm(), ()),
    "address": ("Address", TextForm(), ("household", "address")),
    "head_name": ("Name of the household head", TextForm(), ()),
    "active_mobile_numbers": (
        "Mobile numbers in use",
        _counted("active_mobile_numbers", "Mobile numbers in use", Type.INTEGER, 99),
        (),
    ),
    "bdt2015_column_49": ("Column 49, as it stands", TextForm(), ()),
    "welfare_percentile": (
        "Percentile of welfare",
        _counted("welfare_percentile", "Percentile of welfare", Type.DECIMAL, 100),
        (),
    ),
    "name": ("Name of the member", TextForm(repeats=False), ("member", "name")),
    "nik": ("Population number (NIK)", NumberText(), ("member", "nik")),
}
NUMBERS = frozenset({"bdt_household_id", "nik"})  # digits that are lost are told, never guessed
MORE_NAMES: Mapping[str, tuple[str, ...]] = {
    "bdt_household_id": ("ID ruta", "IDBDT", "ID BDT", "Nomor ID rumah tangga"),
    "province": ("Propinsi", "province_name", "NMPROP"),
    "province_code_bps": ("KDPROP",),
    "regency": ("Kabupaten/Kota", "Kabupaten", "regency_name", "NMKAB"),
    "regency_code_bps": ("KDKAB", "Kode Kabupaten/Kota"),
    "district": ("district_name", "NMKEC", "Kec"),
    "district_code_bps": ("KDKEC",),
    "village": ("Desa", "Kelurahan", "village_name", "NMDESA", "Kode Kemendagri"),
    "village_code_bps": ("KDDESA",),
    "welfare_percentile": ("persentil", "percentil"),
    "name": ("Nama", "Nama anggota rumah tangga"),
    "nik": ("Nomor NIK", "No KTP"),
}


def _questions() -> dict[str, tuple[Variable, tuple[str, ...]]]:
    """The questions that the file answers, and where their answers belong."""
    found = {
        key: (each, _place(name, each))
        for name, section in NEWEST.sections.items()
        for key, each in section.items()
        if each.bdt2015_column
    }
    for key, each in NEWEST.rosters[WOMEN].fields.items():
        found[key] = (each, ("answers", "rosters", WOMEN, key))
    return found


def _place(section: str, variable: Variable) -> tuple[str, ...]:
    if variable.kept_in is None:
        return "answers", section, variable.key
    return () if variable.computed else (str(variable.kept_in), variable.kept_as)


QUESTIONS = _questions()


def _column(key: str) -> Column:
    if key in OTHERS:
        english, form, place = OTHERS[key]
        aliases = MORE_NAMES.get(key, ())
    else:
        variable, place = QUESTIONS[key]
        english, form = variable.label.en, answer_form(variable)
        aliases = tuple(filter(None, (variable.legacy_column, variable.label.id)))
    return Column(
        key=key,
        header=Said(id=NAMES[key], en=english),
        form=form,
        place=place,
        aliases=aliases,
        required=key in REQUIRED,
        lenient=not place and key not in NUMBERS,
        empty_is=0 if key.endswith(ANIMALS) else None,
    )


ANIMALS = ("cattle_count", "buffalo_count", "horse_count", "pig_count", "goat_sheep_count")
COLUMNS = lettered(*map(_column, NAMES))
HOUSEHOLD_KEYS = tuple(NAMES)[:OF_THE_HOUSEHOLD]


def _neighbourhood(values: Values, _: Around) -> Iterator[Problem]:
    """The address of 2015 says RT and RW, else the local unit does."""
    places = f"{values.get('address', '')}, {values.get('sls_name', '')}"
    for key, pattern in (("rt", RT), ("rw", RW)):
        if found := pattern.search(places):
            values[key] = found[1].zfill(3)
    yield from ()


LAYOUT = Layout(
    kind=ImportKind.BDT2015,
    version="bdt2015",
    title=Said(id="Berkas BDT2015", en="File of BDT2015"),
    columns=COLUMNS,
    max_rows=2_000_000,  # no more are read of any file
    unit="bdt_household_id",
    of_unit=frozenset(HOUSEHOLD_KEYS),
    rules=(
        nik_rule(invalid="warning"),
        name_rule(digits="warning"),
        pregnancy_rule(of_a_man="warning"),
        _neighbourhood,
    ),
    derived={
        "rt": ("household", "rt"),
        "rw": ("household", "rw"),
        "nik_verdict": ("member", "nik_verdict"),
        "nik_codes": ("member", "nik_codes"),
    },
)
