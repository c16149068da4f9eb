"""A letter on paper (surat keterangan DTKS), with the address at which anybody can check it."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from io import BytesIO
from typing import Any

import segno

from app.domain.actors import Role
from app.domain.labels import labels
from app.domain.letters import in_groups
from app.domain.regions import Region, RegionKind
from app.exchange.indonesian import written
from app.exchange.named_lists import place_of
from app.exchange.printing import printed

TEMPLATE = "letter"
CHECKS = "/v1/letter-checks/"
OF_THE_VILLAGE = {Role.VILLAGE_OPERATOR, Role.VILLAGE_HEAD}
SEXES = {1: "Laki-laki", 2: "Perempuan"}
STAMPS = {"revoked": "DICABUT", "expired": "KEDALUWARSA"}
QUIET_ZONE = 4  # modules, as ISO/IEC 18004 asks
PAPUA = {"91", "92", "93", "94", "95", "96"}
Said = Mapping[str, Any]


def address_of(code: str, base: str) -> str:
    """Where it is checked: what the QR code says."""
    return f"{base}{CHECKS}{code}"


def office(issued_as: str | None, region_code: str, name: str) -> str | None:
    """Who speaks in the letter, if there is one."""
    if issued_as is None:
        return None
    if Role(issued_as) not in OF_THE_VILLAGE:
        return f"Dinas Sosial {name}"
    return f"Pemerintah {village_word(region_code)} {name}"


def village_word(code: str) -> str:
    return "Kelurahan" if Region(code).kind is RegionKind.KELURAHAN else "Desa"


async def print_letter(told: str, base: str) -> bytes:
    """A PDF/A of what `app.db.letters.paper` tells."""
    said = json.loads(told)
    return await printed(
        TEMPLATE, letter(said, base), at=datetime.fromisoformat(said["created_at"])
    )


def letter(said: Said, base: str) -> dict[str, Any]:
    """What the template prints, in words."""
    content, code = said["content"], said["code"]
    by_village = Role(said["issued_as"]) in OF_THE_VILLAGE
    word = village_word(content["village_code"])
    head = "Lurah" if word == "Kelurahan" else "Kepala Desa"
    return {
        **{name: content[name] for name in ("village", "district", "regency", "province")},
        "by_village": by_village,
        "village_word": word,
        "district_word": _district_word(content),
        "signs_as": f"{head} {content['village']}" if by_village else "Kepala Dinas Sosial",
        "seat": content["village"] if by_village else content["regency"],
        "number": said["number"],
        "person": _person(content, word),
        "name": content["name"],
        "dtks_id": content["dtks_id"],
        "purpose": labels()["purposes"][said["purpose"]]["id"],
        "note": said["note"] or "",
        "issued_on": written(date.fromisoformat(said["issued_on"])),
        "valid_until": written(date.fromisoformat(said["valid_until"])),
        "stamp": STAMPS.get(said["state"]),
        "qr": qr_code(address_of(code, base)),
        "code": in_groups(code),
        "address": address_of(in_groups(code), base),
    }


def _district_word(content: Said) -> str:
    return "Distrik" if content["village_code"][:2] in PAPUA else "Kecamatan"


def _person(content: Said, word: str) -> list[list[str]]:
    born = content["birth_date"]
    day = written(date.fromisoformat(born)) if born else ""
    where = f"RT/RW {place_of(content)}, {word} {content['village']}"
    around = f"{_district_word(content)} {content['district']}, {content['regency']}"
    address = [content["address"], where, around, f"Provinsi {content['province']}"]
    rows = (
        ("Nama", content["name"]),
        ("NIK", content["nik"]),
        ("Nomor KK", content["card_number"]),
        ("Tempat, tanggal lahir", ", ".join(filter(None, (content["birth_place"], day)))),
        ("Jenis kelamin", SEXES.get(content["sex"])),
        ("Alamat", ", ".join(filter(None, address))),
        ("ID DTKS", content["dtks_id"]),
    )
    return [[name, value or "-"] for name, value in rows]


def qr_code(address: str) -> str:
    """As SVG: it is printed as lines, however large."""
    drawn = BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", border=QUIET_ZONE, light="white", xmldecl=False, scale=4
    )
    return drawn.getvalue().decode()
