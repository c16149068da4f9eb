"""The minutes as they are printed: PDF/A in Indonesian, whatever is written in them."""

import json
import re
from datetime import date
from typing import Any

import pytest

from app.domain.deliberations import DeliberationKind
from app.domain.proposals import Attendance, Outcome, ProposalKind
from app.exchange import minutes
from app.exchange.indonesian import day_in_words, in_words
from app.exchange.minutes import letter, print_minutes
from app.exchange.press import compiled
from app.exchange.printing import SUBSTITUTE, UNPRINTED, NotPrinted, printable, printed

LAST = 0x2FFFF


def a_line(number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "number": number,
        "kind": "new_family",
        "programme": None,
        "name": "Siti Aminah",
        "nik": "3522************",
        "address": "Dusun Krajan",
        "rt": "004",
        "rw": "002",
        "outcome": "eligible",
        "reason": None,
        "note": None,
    } | changes


def a_meeting(*names: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """As `app.db.deliberations.minutes` tells it."""
    return {
        "village_code": "3522012001",
        "village": "Luwihaji",
        "district": "Ngraho",
        "regency": "Kabupaten Bojonegoro",
        "province": "Jawa Timur",
        "kind": "musdes",
        "held_on": "2026-11-18",
        "place": "Balai Desa",
        "chair": "Suparman",
        "minutes_number": "470/12/MUSDES/2026",
        "note": None,
        "attendance": [{"name": "Tarmizi", "capacity": "rt_rw", "present": True}],
        "present": 1,
        "quorum": 0,
        "state": "closed",
        "closed_at": "2026-11-18T08:00:00.123456+00:00",
        "names": list(names),
    } | changes


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


class TestTheLetter:
    def test_counts_by_kind_and_outcome(self):
        names = [
            a_line(1),
            a_line(2, outcome="not_eligible", reason="no_longer_poor", note="Rumah permanen."),
            a_line(3, kind="programme", programme="PKH", outcome="postponed"),
            a_line(4, kind="programme", programme="SEMBAKO"),
        ]

        said = letter(a_meeting(*names))

        assert said["counts"] == [
            {"kind": "Usulan DTKS baru", "outcomes": [1, 1, 0], "names": 2},
            {"kind": "Usulan bantuan sosial (PKH)", "outcomes": [0, 0, 1], "names": 1},
            {"kind": "Usulan bantuan sosial (SEMBAKO)", "outcomes": [1, 0, 0], "names": 1},
        ]
        assert said["names"][1]["reason"] == "Sudah mampu. Rumah permanen."
        assert said["day"] == (
            "Rabu, tanggal delapan belas bulan November tahun dua ribu dua puluh enam"
        )

    def test_calls_a_kelurahan_and_its_lurah_by_their_names(self):
        said = letter(a_meeting(village_code="3672011001", kind="muskel"))

        assert (said["village_word"], said["head_word"]) == ("Kelurahan", "Lurah")
        assert said["title"] == "Musyawarah Kelurahan"

    @pytest.mark.parametrize(
        ("state", "stamp"), [("open", "RANCANGAN"), ("cancelled", "DIBATALKAN"), ("closed", None)]
    )
    def test_says_where_it_is_none(self, state: str, stamp: str | None):
        assert letter(a_meeting(state=state))["stamp"] == stamp

    def test_has_a_word_for_everything_that_there_is(self):
        assert set(minutes.KINDS) == set(ProposalKind)
        assert set(minutes.OUTCOMES) == set(Outcome)
        assert set(minutes.CAPACITIES) == set(Attendance)
        assert set(minutes.TITLES) == set(DeliberationKind)


class TestThePrint:
    async def test_is_pdf_a_and_the_same_bytes_for_the_same_minutes(self):
        told = json.dumps(a_meeting(*(a_line(number) for number in range(1, 60))))

        first, second = await print_minutes(told), await print_minutes(told)

        assert first == second
        assert b"2026-11-18T08:00:00" in first
        assert b"<pdfaid:part>2</pdfaid:part>" in first
        assert b"<pdfaid:conformance>B</pdfaid:conformance>" in first
        assert pages_of(first) > 2

    async def test_replaces_visibly_what_no_font_has_and_names_the_row(self):
        names = [a_line(1), a_line(2, name="林美 ꦱꦶꦠꦶ سيتي", address="שלום 🏠")]
        told = a_meeting(*names, place="中心", note="\u0e2a\u0e27")

        pdf = await print_minutes(json.dumps(told))

        assert pdf.startswith(b"%PDF")
        assert letter(told)["unprinted"] == [2]
        assert printable("Lin 林 Mei") == f"Lin {SUBSTITUTE} Mei"

    async def test_takes_what_is_written_for_text_and_nothing_else(self):
        code = '#panic("x") $1/0$ ` \\ *tebal* #sys.inputs " ] } <a> // @b'

        pdf = await print_minutes(json.dumps(a_meeting(a_line(1, name=code), place=code)))

        assert pdf.startswith(b"%PDF")

    async def test_says_when_it_cannot_be(self, capfd: pytest.CaptureFixture[str]):
        with pytest.raises(NotPrinted):
            await printed("minutes", {})
        assert capfd.readouterr().err.startswith("minutes: ")


def test_everything_that_counts_as_printable_is_printed():
    """In every weight that the minutes use. A newer typst may bring other fonts."""
    every = [chr(sign) for sign in range(0x20, LAST) if not 0xD800 <= sign < 0xE000]
    signs = " ".join(sign for sign in every if not UNPRINTED.search(sign))
    names = [a_line(number, name=signs, address=signs, note=signs) for number in (1, 2)]
    assert len(signs) > 2000

    assert compiled("minutes", json.dumps(letter(a_meeting(*names, note=signs, chair=signs))))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "satu"),
        (10, "sepuluh"),
        (11, "sebelas"),
        (17, "tujuh belas"),
        (31, "tiga puluh satu"),
        (100, "seratus"),
        (1945, "seribu sembilan ratus empat puluh lima"),
        (2011, "dua ribu sebelas"),
    ],
)
def test_numbers_are_written_in_words(number: int, words: str):
    assert in_words(number) == words


def test_a_day_is_written_with_its_weekday():
    assert day_in_words(date(2026, 1, 1)).startswith("Kamis, tanggal satu bulan Januari")
