"""What a regency may set: windows that say all they need, inside it, and inside the ministry's."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from app.domain.actors import TIERS_OF, Role
from app.domain.errors import Fault, Incomplete, Said
from app.domain.regions import Region, Tier, narrowed
from app.domain.windows import Opening, Recurrence, Window, national, window_of

ABOVE_THE_REGENCY = frozenset({Tier.PROVINCE, Tier.NATION})
ROLES = frozenset(role for role in Role if not TIERS_OF[role] & ABOVE_THE_REGENCY)


class WindowsNotAccepted(Incomplete):
    """These windows cannot be kept as they are."""

    title = Said(id="Jadwal belum dapat diterima", en="These windows cannot be kept as they are")
    detail = Said(
        id="Perbaiki bagian yang disebut di bawah, lalu kirim lagi. Belum ada yang berubah.",
        en="Mend the parts named below and send it again. Nothing has changed yet.",
    )


TWICE = Said(
    id="Nama ini sudah dipakai jadwal lain. Pilih nama lain.",
    en="Another window has this name. Choose another.",
)
UNKNOWN = Said(
    id="Wilayah ini tidak ada. Pakai wilayah di dalam {regency}, atau hapus.",
    en="There is no such region. Name one within {regency}, or leave it out.",
)
NOT_YOURS = Said(
    id="Jadwal peran ini bukan wewenang kabupaten/kota: {roles}.",
    en="A regency sets no window for: {roles}.",
)
NEEDED = Said(
    id="Isi bagian ini: jadwal {recurrence} membutuhkannya.",
    en="Give this: a {recurrence} window needs it.",
)
BACKWARDS = Said(id="Jadwal ini berakhir sebelum dimulai.", en="This window ends before it begins.")
WIDER = Said(
    id="Jadwal daerah hanya boleh lebih sempit. Pusat membuka {label} {first} s.d. {last}; "
    "{day} di luarnya.",
    en="A regency's window may only be narrower. The ministry opens {label} from {first} to "
    "{last}; {day} lies outside.",
)
NEEDS: dict[Recurrence, tuple[str, ...]] = {
    Recurrence.MONTHLY: ("start_day", "end_day"),
    Recurrence.DAILY: ("cut_off_day",),
    Recurrence.YEARLY: ("start", "end"),
    Recurrence.ONCE: ("start", "end"),
    Recurrence.QUARTERLY: (),
}


def accept(
    rows: Sequence[Mapping[str, Any]], regency: Region, *, known: Collection[str], today: date
) -> None:
    """Refuse with everything that is wrong, each at its place, or say nothing.

    `known` are the regions there are, of those that are named.
    """
    faults = [*_twice(rows)]
    for number, row in enumerate(rows):
        at = f"/windows/{number}"
        wrong = [*_foreign(row, regency, known, at), *_wanting(row, at)]
        faults += wrong or _wider(window_of(row), at, today)
    if faults:
        raise WindowsNotAccepted(faults)


def _twice(rows: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    seen = {window.name for window in national()}
    for number, row in enumerate(rows):
        if row["name"] in seen:
            yield Fault(f"/windows/{number}/name", "used_twice", TWICE)
        seen.add(row["name"])


def _foreign(
    row: Mapping[str, Any], regency: Region, known: Collection[str], at: str
) -> Iterator[Fault]:
    narrowed(regency, row["region_code"])
    if row["region_code"] not in known:
        yield Fault(f"{at}/region_code", "no_such_region", UNKNOWN, {"regency": regency.code})
    others = sorted(set(row["roles"]) - ROLES)
    if others:
        yield Fault(f"{at}/roles", "not_of_a_regency", NOT_YOURS, {"roles": others})


def _wanting(row: Mapping[str, Any], at: str) -> Iterator[Fault]:
    words: dict[str, object] = {"recurrence": row["recurrence"]}
    missing = [name for name in NEEDS[row["recurrence"]] if row.get(name) is None]
    yield from (Fault(f"{at}/{name}", "missing", NEEDED, words) for name in missing)
    if not missing:
        yield from (Fault(f"{at}/{name}", "backwards", BACKWARDS) for name in _backwards(row))


def _backwards(row: Mapping[str, Any]) -> Iterator[str]:
    pairs = {Recurrence.MONTHLY: ("start_day", "end_day"), Recurrence.ONCE: ("start", "end")}
    start, end = pairs.get(row["recurrence"], ("valid_from", "valid_to"))
    for first, last in ((start, end), ("valid_from", "valid_to")):
        if row.get(first) is not None and row.get(last) is not None and row[last] < row[first]:
            yield last
            return


def _wider(window: Window, at: str, today: date) -> list[Fault]:
    for wide in national():
        if not _same_work(window, wide):
            continue
        for opening in window.openings(today):
            outside = _outside(opening, wide)
            if outside is not None:
                words = {"label": wide.label, **outside}
                return [Fault(at, "wider_than_the_ministrys", WIDER, words)]
    return []


def _same_work(window: Window, wide: Window) -> bool:
    return (
        bool(window.roles & wide.roles)
        and bool(window.acts & wide.acts)
        and (not wide.kinds or not window.kinds or bool(window.kinds & wide.kinds))
        and (not wide.programmes or bool(window.programmes & wide.programmes))
    )


def _outside(opening: Opening, wide: Window) -> dict[str, object] | None:
    """The first day on which the ministry's is closed; None where it covers them all."""
    if not _valid_on(opening, wide):
        return None
    around = next(wide.openings(opening.first), None)
    if around is None:
        return None
    words: dict[str, object] = {"first": around.first, "last": around.last}
    if opening.first < around.first:
        return {**words, "day": opening.first}
    return {**words, "day": opening.last} if opening.last > around.last else None


def _valid_on(opening: Opening, wide: Window) -> bool:
    begun = wide.valid_from is None or wide.valid_from <= opening.first
    return begun and (wide.valid_to is None or opening.last <= wide.valid_to)
