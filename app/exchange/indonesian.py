"""Numbers and days in Indonesian words, as official letters write them."""

from datetime import date

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
DIGITS = ("", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
# From the largest: how much, its word, and the word where there is one of it.
SCALES = ((1000, "ribu", "seribu"), (100, "ratus", "seratus"), (10, "puluh", "sepuluh"))


def in_words(number: int) -> str:
    """1 to 9,999, the years of letters: 2026 is `dua ribu dua puluh enam`."""
    if number < len(DIGITS):
        return DIGITS[number]
    if 11 <= number <= 19:  # noqa: PLR2004 - the teens have a word of their own
        return "sebelas" if number == 11 else f"{DIGITS[number - 10]} belas"  # noqa: PLR2004
    size, many, one = next(scale for scale in SCALES if number >= scale[0])
    count, rest = divmod(number, size)
    first = one if count == 1 else f"{in_words(count)} {many}"
    return f"{first} {in_words(rest)}".strip()


def day_in_words(day: date) -> str:
    return (
        f"{DAYS[day.weekday()]}, tanggal {in_words(day.day)} bulan {MONTHS[day.month - 1]} "
        f"tahun {in_words(day.year)}"
    )


def written(day: date) -> str:
    """18 November 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
