"""Lists for people: who stands on record in a place (BNBA), and how many (rekapitulasi).

A list is asked for, made in the background, kept for some days, and is its asker's own: what
stands in it is what he may read.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.actors import Actor, Role
from app.domain.errors import Conflict, Fault, Incomplete, NotFound, NotPermitted, Said
from app.domain.programmes import known
from app.domain.regions import Region, Tier
from app.domain.workflow import Transition, Workflow

MOST_NAMES = 50_000  # of a workbook: what is more is an extract
MOST_PRINTED = 3_000  # names: some hundred pages
# Of a recapitulation: both ends are inside.
AGE_GROUPS = {"0_6": (0, 6), "7_18": (7, 18), "19_59": (19, 59), "60": (60, 200)}
SURVEY_MONTHS = 24  # after which the law wants another (UU 13/2011, Art. 8)


class ListKind(StrEnum):
    NAMED_LIST = "named_list"  # BNBA: by name, by address
    RECAPITULATION = "recapitulation"  # counts, and nobody by name


class ListFormat(StrEnum):
    XLSX = "xlsx"
    PDF = "pdf"


MOST_OPEN = 5  # of one account


class ListState(StrEnum):
    REQUESTED = "requested"  # a job is at it
    MADE = "made"
    FAILED = "failed"
    EXPIRED = "expired"


class ListAction(StrEnum):
    REQUEST = "request"
    MAKE = "make"
    FAIL = "fail"
    EXPIRE = "expire"


R, S, A = Role, ListState, ListAction
# Whose work is with the people of a place; who reads NIK and KK in full finds them so in the list.
NAMERS = frozenset(
    {
        R.VILLAGE_OPERATOR,
        R.VILLAGE_HEAD,
        R.DISTRICT_OFFICER,
        R.REGENCY_OPERATOR,
        R.REGENCY_VERIFIER,
        R.PROVINCE_OFFICER,
        R.MINISTRY_ANALYST,
    }
)
# A recapitulation names nobody. Machines take extracts, enumerators have their visits.
COUNTERS = NAMERS | {
    R.REGENCY_ENDORSER,
    R.REGENCY_ADMIN,
    R.MINISTRY_DETERMINER,
    R.MINISTRY_ADMIN,
    R.AUDITOR,
}
ASKERS: dict[ListKind, frozenset[Role]] = {
    ListKind.NAMED_LIST: NAMERS,
    ListKind.RECAPITULATION: COUNTERS,
}

# fmt: off
LISTS = Workflow(
    "list", initial=S.REQUESTED, begun=(A.REQUEST, COUNTERS), implied={A.MAKE, A.FAIL, A.EXPIRE},
    transitions=[
    #          action    from         to          by
    Transition(A.MAKE,   S.REQUESTED, S.MADE,     COUNTERS),
    Transition(A.FAIL,   S.REQUESTED, S.FAILED,   COUNTERS),
    Transition(A.EXPIRE, S.MADE,      S.EXPIRED,  COUNTERS),
])
# fmt: on


class ListNotFound(NotFound):
    """You have no such list."""

    title = Said(id="Daftar tidak ditemukan", en="You have no such list")
    detail = Said(
        id="Periksa pengenalnya. Daftar hanya terlihat oleh pemintanya sendiri.",
        en="Check its id. A list is seen only by whoever asked for it.",
    )


class ListNotMade(Conflict):
    """The file is not there: it is still being made, could not be made, or is no longer kept."""

    title = Said(id="Berkas daftar tidak tersedia", en="The file of this list is not there")
    detail = Said(
        id="Status daftar ini: {state}. Bila masih dibuat, tunggu lalu unduh lagi; selain itu, "
        "minta daftar yang baru (POST /v1/lists).",
        en="This list is {state}. While it is being made, wait and ask again; else ask for a new "
        "one (POST /v1/lists).",
    )


class ListNotYours(NotPermitted):
    """Lists of this kind are for others."""

    title = Said(id="Daftar ini milik peran lain", en="This list belongs to other roles")
    detail = Said(id="Daftar {what} dapat diminta oleh: {roles}.", en="A {what} is for: {roles}.")


class ListNotOffered(Incomplete):
    """There is no such list."""

    title = Said(id="Daftar seperti itu tidak ada", en="There is no such list")
    detail = Said(
        id="Perbaiki bagian yang disebut dalam errors, lalu minta lagi.",
        en="Correct the parts named in errors, then ask again.",
    )


class ListTooLong(Conflict):
    """More names than such a file holds."""

    title = Said(id="Nama terlalu banyak untuk satu berkas", en="Too many names for one file")
    detail = Said(
        id="Lebih dari {most} nama. Untuk cetakan sebanyak itu minta XLSX, atau pilih wilayah yang "
        "lebih kecil; untuk seluruh data pakai ekstrak (/v1/extracts).",
        en="There are more than {most} names. Ask for XLSX instead of PDF, or for a smaller "
        "region; all of the data are for an extract (/v1/extracts).",
    )


class TooManyLists(Conflict):
    """You have asked for as many as are made at once."""

    title = Said(id="Daftar yang sedang dibuat terlalu banyak", en="Too many lists are open")
    detail = Said(
        id="Paling banyak {most} daftar dibuat bersamaan. Tunggu salah satunya selesai.",
        en="{most} are made at once at most. Wait for one of them to end.",
    )


class ListEnded(Conflict):
    """Its job ended before the file was made."""

    title = Said(id="Pembuatan daftar tidak selesai", en="The list was not made")
    detail = Said(
        id="Pekerjaannya dibatalkan atau gagal. Minta daftar itu sekali lagi.",
        en="Its job was cancelled, or failed. Ask for the list once more.",
    )


ONLY_XLSX = Said(
    id="Rekapitulasi hanya dibuat sebagai XLSX.", en="A recapitulation is made as XLSX only."
)
NO_ROWS = Said(
    id="Hanya rekapitulasi yang dirinci per wilayah.", en="Only a recapitulation has rows."
)
NO_PROGRAMME = Said(
    id="Rekapitulasi memuat semua program; kosongkan.",
    en="A recapitulation has every programme; leave it out.",
)
ROWS_WITHIN = Said(
    id="Baris harus lebih kecil dari wilayahnya: {tiers}.",
    en="Its rows have to be smaller than its region: {tiers}.",
)
WHOLE_NATION = Said(
    id="Rekapitulasi dibuat paling luas untuk satu provinsi; sebutkan region_code.",
    en="A recapitulation is of one province at most; name a region_code.",
)
BELOW: dict[Tier, tuple[Tier, ...]] = {
    Tier.PROVINCE: (Tier.REGENCY, Tier.DISTRICT, Tier.VILLAGE),
    Tier.REGENCY: (Tier.DISTRICT, Tier.VILLAGE),
    Tier.DISTRICT: (Tier.VILLAGE,),
    Tier.VILLAGE: (Tier.VILLAGE,),
}
# Per district where there are several, else per village.
USUAL_ROWS = {
    Tier.PROVINCE: Tier.DISTRICT,
    Tier.REGENCY: Tier.DISTRICT,
    Tier.DISTRICT: Tier.VILLAGE,
    Tier.VILLAGE: Tier.VILLAGE,
}


@dataclass(frozen=True)
class Wish:
    """Which list of which region. `rows` are the regions that a recapitulation counts apart."""

    kind: ListKind
    region: Region
    format: ListFormat
    programme: str | None = None
    rows: Tier | None = None

    @property
    def most(self) -> int:
        return MOST_PRINTED if self.format is ListFormat.PDF else MOST_NAMES


def permitted(kind: ListKind, *, by: Actor) -> None:
    if by.role not in ASKERS[kind]:
        raise ListNotYours(what=WHAT[kind], roles=sorted(ASKERS[kind]))


WHAT = {
    ListKind.NAMED_LIST: Said(id="nama dan alamat (BNBA)", en="named list (BNBA)"),
    ListKind.RECAPITULATION: Said(id="rekapitulasi", en="recapitulation"),
}


def completed(wish: Wish) -> Wish:
    """The wish with all that is needed to make the list, or why there is none like that."""
    if wish.programme is not None:
        known(wish.programme)
    if wish.kind is ListKind.NAMED_LIST:
        if wish.rows is not None:
            raise _not_offered("/rows", "rows", NO_ROWS)
        return wish
    return _recapitulation(wish)


def _recapitulation(wish: Wish) -> Wish:
    tiers = BELOW.get(wish.region.tier)
    if tiers is None:
        raise _not_offered("/region_code", "region", WHOLE_NATION)
    if wish.format is not ListFormat.XLSX:
        raise _not_offered("/format", "format", ONLY_XLSX)
    if wish.programme is not None:
        raise _not_offered("/programme", "programme", NO_PROGRAMME)
    rows = wish.rows or USUAL_ROWS[wish.region.tier]
    if rows not in tiers:
        raise _not_offered("/rows", "rows", ROWS_WITHIN, tiers=[tier.value for tier in tiers])
    return Wish(wish.kind, wish.region, wish.format, rows=rows)


def _not_offered(pointer: str, code: str, said: Said, **words: object) -> ListNotOffered:
    return ListNotOffered([Fault(pointer, code, said, words)])
