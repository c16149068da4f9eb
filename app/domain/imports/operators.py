"""Accounts of village operators, a row each: each is opened with its first assignment."""

from collections.abc import Iterator

from app.domain.appointments import MOST_AT_ONCE
from app.domain.errors import Said
from app.domain.imports.cells import NumberText, TextForm, UsernameForm
from app.domain.imports.columns import (
    Around,
    Column,
    ImportKind,
    Layout,
    Values,
    lettered,
    region_column,
)
from app.domain.imports.people import nik_check, nik_problems
from app.domain.imports.problems import Problem

COLUMNS = lettered(
    Column(
        key="username",
        header=Said(id="NAMA PENGGUNA", en="Username"),
        form=UsernameForm(),
        place=("account", "username"),
        aliases=("Username", "User", "Akun", "User ID"),
    ),
    Column(
        key="display_name",
        header=Said(id="NAMA OPERATOR", en="Name of the operator"),
        form=TextForm(repeats=False),
        place=("account", "display_name"),
        aliases=("Nama", "Nama Lengkap", "Operator", "Nama Petugas"),
        required=True,
    ),
    Column(
        key="nik",
        header=Said(id="NIK", en="Population number (NIK)"),
        form=NumberText(),
        place=("person", "nik"),
        aliases=("Nomor NIK", "No KTP"),
        says=Said(
            id="boleh kosong; agar ia tidak memutus keluarganya sendiri",
            en="may be empty; so that he decides nothing on his own family",
        ),
    ),
    region_column(
        "village",
        Said(id="DESA/KELURAHAN", en="Village"),
        *("Desa", "Kelurahan", "Kelurahan/Desa"),
        *("Kode Desa/Kelurahan", "Kode Wilayah", "Kode Kemendagri"),
        required=True,
    ),
    region_column(
        "district",
        Said(id="KECAMATAN", en="District"),
        *("Kec", "Distrik"),
        says=Said(
            id="bila nama desanya ada di beberapa kecamatan",
            en="where several districts have a village of that name",
        ),
    ),
    region_column(
        "regency",
        Said(id="KABUPATEN/KOTA", en="Regency"),
        *("Kabupaten", "Kota", "Kab/Kota"),
    ),
)


def _nik(values: Values, around: Around) -> Iterator[Problem]:
    found = nik_check(values.get("nik"), around, sex=None, born=None)
    yield from nik_problems(found, invalid="error", born=None)


LAYOUT = Layout(
    kind=ImportKind.OPERATORS,
    version="operators-1",
    title=Said(id="Akun operator desa/kelurahan", en="Accounts of village operators"),
    columns=COLUMNS,
    max_rows=MOST_AT_ONCE,
    rules=(_nik,),
)
