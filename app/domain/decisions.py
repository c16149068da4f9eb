"""Decisions for many at once: by name, or all that match, as far as nothing has changed since."""

from app.domain.errors import Conflict, Said

AT_ONCE = 1_000
COUNTED = 10_000  # exactly; more than that are not decided as one


class CountChanged(Conflict):
    """What matches is no longer what was seen."""

    title = Said(
        id="Jumlah usulan yang cocok sudah berubah", en="Another number of proposals matches now"
    )
    detail = Said(
        id="Anda melihat {expected}, sekarang {current}. Belum ada yang diputus: lihat lagi dengan "
        "/v1/decisions/preview, lalu kirim jumlah yang baru.",
        en="You saw {expected}; now it is {current}. Nothing was decided: look again at "
        "/v1/decisions/preview and send the new number.",
    )


class TooManyMatch(Conflict):
    """More match than are counted."""

    title = Said(id="Terlalu banyak usulan yang cocok", en="Too many proposals match")
    detail = Said(
        id="Lebih dari {most} usulan cocok. Persempit filter, misalnya per wilayah.",
        en="More than {most} proposals match. Narrow the filter, to a part of the region say.",
    )


def same_count(expected: int, current: int) -> None:
    """Refuse to decide on others than those that were seen."""
    if current > COUNTED:
        raise TooManyMatch(most=COUNTED)
    if current != expected:
        refusal = CountChanged(expected=expected, current=current)
        refusal.members.update(expected_count=expected, current_count=current)
        raise refusal
