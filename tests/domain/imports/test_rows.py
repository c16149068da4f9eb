"""A row as a whole: what its cells have to do with each other, and what it becomes."""

import pytest

from app.domain.imports.columns import Layout
from app.domain.imports.headers import find_header
from app.domain.imports.layouts import LAYOUTS, placed, read_row
from app.domain.niks import KnownRegions
from tests.domain.imports.rows import (
    BDT2015,
    CORRECTIONS,
    OPERATORS,
    PROPOSALS,
    RESULTS,
    TODAY,
    codes,
    read,
)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda each: each.kind)
def test_a_row_that_is_right_has_no_problems(layout: Layout):
    assert codes(read(layout)) == []


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda each: each.kind)
def test_what_is_required_is_asked_for(layout: Layout):
    for column in layout.columns:
        found = codes(read(layout, **{column.key: "-"}))
        assert ((column.key, "missing", "error") in found) is column.required


def test_what_is_remembered_of_a_cell_is_of_that_cell_alone():
    """1 equals 1.0 and TRUE, and is neither."""
    header = find_header(BDT2015, [["Nama ART", "jenis kelamin"]])
    cells = (1, True, 1.0, "1", False, None)

    found = [read_row(BDT2015, header, ["SITI", cell], today=TODAY) for cell in cells]

    assert [each.values.get("sex") for each in found] == [1, None, 1, 1, None, None]


class TestAProposal:
    def test_speaks_the_names_and_codes_of_the_registry(self):
        found = read(PROPOSALS, pregnant="YA", pregnancy_began_on="01/09/2026")

        assert placed(PROPOSALS, found.values) == {
            "household": {"address": "JL SUNAN DEMAK 12", "rt": "004", "rw": "002"},
            "family": {"card_number": "3672010101200007"},
            "member": {
                "name": "SITI AMINAH",
                "nik": "3672015905840001",
                "nik_verdict": "valid",
                "nik_codes": [],
                "sex": 2,
                "birth_place": "CILEGON",
                "birth_date": "1984-05-19",
                "mother_name": "ROHMAH",
                "marital_status": 4,
            },
            "asks": {"programme": "SEMBAKO"},
            "answers": {"members": {"pregnant": True}},
            "region": {
                "province": "BANTEN",
                "regency": "KOTA CILEGON",
                "district": "CILEGON",
                "village": "CIWADUK",
            },
        }
        assert found.values["occupation"] == "PETANI"
        assert found.values["pregnancy_began_on"] == "2026-09-01"

    @pytest.mark.parametrize(
        ("nik", "code"),
        [
            ("367201590584000", "nik_format"),
            ("0000000000000000", "nik_placeholder"),
            ("3672013202840001", "nik_date"),
            ("3672015905840000", "nik_serial"),
        ],
    )
    def test_has_a_nik_that_can_be_one(self, nik: str, code: str):
        found = read(PROPOSALS, nik=nik)
        assert codes(found) == [("nik", code, "error")]
        assert found.values["nik_verdict"] == "invalid"

    def test_whose_nik_is_a_number_is_told_that_only(self):
        assert codes(read(PROPOSALS, nik=3672015905840001.0)) == [
            ("nik", "number_instead_of_text", "error")
        ]

    def test_asks_of_the_regions_what_the_caller_knows_of_them(self):
        header = find_header(PROPOSALS, [[each.header.id for each in PROPOSALS.columns]])
        row = ["9972015905840001", *[None] * 20]
        known = KnownRegions(frozenset({"36"}), frozenset({"3672"}), frozenset())

        found = read_row(PROPOSALS, header, row, today=TODAY, known=known)

        assert "nik_region_unknown_province" in {each.code for each in found.problems}

    def test_agrees_with_its_nik_or_is_shown_to_whoever_checks(self):
        assert codes(read(PROPOSALS, sex="L")) == [("nik", "nik_mismatch_sex", "warning")]
        assert codes(read(PROPOSALS, birth_date="19/06/1984")) == [
            ("nik", "nik_mismatch_birth_date", "warning")
        ]

    def test_with_day_and_month_exchanged_is_told_so(self):
        found = read(PROPOSALS, nik="3672014506840001", birth_date="06/05/1984")
        assert codes(found) == [("birth_date", "day_month_swapped", "warning")]

    def test_of_somebody_born_tomorrow_is_wrong_once(self):
        tomorrow, today = (read(PROPOSALS, birth_date=f"{day}/11/2026") for day in (23, 22))
        assert codes(tomorrow) == [("birth_date", "date_future", "error")]
        assert codes(today) == [("nik", "nik_mismatch_birth_date", "warning")]

    def test_has_a_card_that_can_be_one(self):
        assert codes(read(PROPOSALS, card_number="36720101012")) == [
            ("card_number", "card_format", "error")
        ]
        assert codes(read(PROPOSALS, card_number="3672019901200007")) == [
            ("card_number", "card_date", "warning")
        ]

    def test_has_a_name_as_a_card_prints_it(self):
        assert codes(read(PROPOSALS, name="S1TI")) == [("name", "name_with_digits", "error")]
        for name in ("Hj SITI", "SITI, A", "dr. SITI"):
            assert codes(read(PROPOSALS, name=name)) == [("name", "name_with_signs", "warning")]

    def test_tells_the_disability_exactly_where_there_is_one(self):
        missing = read(PROPOSALS, has_disability="YA")
        unasked = read(PROPOSALS, disability_code="PDSNS")

        assert codes(missing) == [("disability_code", "disability_code_missing", "error")]
        assert codes(unasked) == [("disability_code", "disability_code_unasked", "error")]
        assert codes(read(PROPOSALS, has_disability="YA", disability_code="fisik")) == []
        assert codes(read(PROPOSALS, has_disability="YA", disability_code="?")) == [
            ("disability_code", "not_a_choice", "error")
        ]

    @pytest.mark.parametrize(
        ("pregnant", "began", "code"),
        [
            ("YA", None, "pregnancy_start_missing"),
            ("TIDAK", "01/09/2026", "pregnancy_start_unasked"),
            (None, "01/09/2026", "pregnancy_start_unasked"),
            ("YA", "23/11/2026", "date_future"),
            ("YA", "15/01/2026", "pregnancy_too_long_ago"),
        ],
    )
    def test_tells_since_when_exactly_who_is_pregnant(
        self, pregnant: str, began: str | None, code: str
    ):
        found = read(PROPOSALS, pregnant=pregnant, pregnancy_began_on=began)
        assert codes(found) == [("pregnancy_began_on", code, "error")]

    def test_of_a_man_says_nothing_of_a_pregnancy(self):
        man = {"sex": "L", "nik": "3672011905840001", "pregnancy_began_on": "01/09/2026"}
        assert codes(read(PROPOSALS, **man, pregnant="YA")) == [
            ("pregnant", "pregnant_man", "error")
        ]

    @pytest.mark.parametrize(
        ("occupation", "reason"),
        [
            ("PNS", "civil_servant"),
            ("Pegawai Negeri Sipil", "civil_servant"),
            ("anggota TNI", "military"),
            ("KEPOLISIAN RI (POLRI)", "police"),
            ("KARYAWAN BUMN", "state_enterprise_employee"),
            ("Anggota DPRD Kabupaten", "state_official"),
            ("perangkat desa", "village_official"),
            ("PENSIUNAN", "pensioner"),
        ],
    )
    def test_of_a_public_employee_is_a_matter_of_the_whole_card(self, occupation: str, reason: str):
        [problem] = read(PROPOSALS, occupation=occupation).problems
        assert (problem.code, problem.severity) == ("public_employee", "warning")
        assert problem.words == {"reason": reason}

    def test_of_others_is_not(self):
        for occupation in ("PETANI", "Belum/tidak bekerja", "buruh di kelurahan", "buruh tani"):
            assert codes(read(PROPOSALS, occupation=occupation)) == []

    def test_is_for_a_programme_that_villages_propose_or_for_none(self):
        assert codes(read(PROPOSALS, programme="BST")) == [
            ("programme", "programme_not_proposed", "error")
        ]
        for name, code in {
            "non bansos": "NONBANSOS",
            "pbi": "PBI_JK",
            "Sembako": "SEMBAKO",
        }.items():
            found = read(PROPOSALS, programme=name)
            assert (found.values["programme"], found.problems) == (code, ())


class TestAMemberOf2015:
    def test_speaks_the_names_and_codes_of_the_registry(self):
        found = read(BDT2015, address="DUSUN 3 RT 07 RW.3", province_code_bps="36")

        assert placed(BDT2015, found.values) == {
            "household": {"address": "DUSUN 3 RT 07 RW.3", "rt": "007", "rw": "003"},
            "region": {"village": "Ciwaduk"},
            "family": {"number": 1},
            "member": {
                "number": 1,
                "name": "SITI AMINAH",
                "nik": "3672015905840001",
                "nik_verdict": "valid",
                "nik_codes": [],
                "sex": 2,
                "relation_to_household_head": 1,
                "relation_to_family_head": 1,
            },
            "answers": {
                "counts": {"member_count": 1, "family_count": 1},
                "household": {
                    "floor_material": 9,
                    "owns_gas_cylinder": False,
                    "owns_refrigerator": True,
                    **dict.fromkeys(
                        (
                            "cattle_count",
                            "buffalo_count",
                            "horse_count",
                            "pig_count",
                            "goat_sheep_count",
                        ),
                        0,
                    ),
                },
                "members": {"identity_documents": 5, "disability": 0},
            },
        }
        assert found.values["bdt_household_id"] == "520602000709810001"
        assert (found.values["province_code_bps"], found.values["age"]) == ("36", 31)

    def test_of_fertile_age_is_a_row_of_their_list(self):
        found = read(BDT2015, woman_member_number="1", uses_contraception="1")
        women = placed(BDT2015, found.values)["answers"]["rosters"]["women_kb_2015"]
        assert women == {"woman_member_number": 1, "uses_contraception": True}

    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            ({"nik": "0000000000000000"}, "nik_placeholder"),
            ({"nik": None}, "nik_missing"),
            ({"sex": "1"}, "nik_mismatch_sex"),
            ({"name": "S1TI"}, "name_with_digits"),
            ({"sex": "1", "nik": "3672011905840001", "pregnant": "1"}, "pregnant_man"),
        ],
    )
    def test_makes_a_draft_that_says_what_is_wrong(self, cells: dict[str, str | None], code: str):
        [problem] = read(BDT2015, **cells).problems
        assert (problem.code, problem.severity) == (code, "warning")

    def test_whose_numbers_have_lost_their_digits_waits(self):
        for key in ("nik", "bdt_household_id"):
            assert (key, "number_instead_of_text", "error") in codes(read(BDT2015, **{key: 5.2e17}))

    def test_with_a_code_of_the_other_pair_waits(self):
        assert codes(read(BDT2015, owns_refrigerator="1")) == [
            ("owns_refrigerator", "H17", "error")
        ]


class TestACorrection:
    def test_that_is_filled_in_says_by_itself_that_it_is_a_repair(self):
        found = read(CORRECTIONS, nik="3672015905840001", note="KTP asli")

        assert codes(found) == []
        assert placed(CORRECTIONS, found.values) == {
            "case_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
            "changes": {"nik": "3672015905840001"},
            "outcome": "repaired",
            "note": "KTP asli",
        }

    def test_that_nobody_touched_changes_nothing(self):
        found = read(CORRECTIONS)
        assert not {"outcome", "note"} & found.values.keys()
        assert "changes" not in placed(CORRECTIONS, found.values)

    @pytest.mark.parametrize(
        ("cells", "expected"),
        [
            ({"outcome": "DIPERBAIKI"}, ("outcome", "correction_missing", "error")),
            ({"note": "akta"}, ("outcome", "outcome_missing", "error")),
            (
                {"outcome": "PINDAH", "name": "SITI", "note": "surat"},
                ("name", "correction_unasked", "error"),
            ),
            ({"outcome": "MENINGGAL"}, ("note", "evidence_missing", "warning")),
            ({"nik": "3672015905840000"}, ("nik", "nik_serial", "error")),
            ({"nik": "3672011905840001"}, ("nik", "nik_mismatch_sex", "warning")),
            (
                {"nik": "3672015905850001"},
                ("nik", "nik_mismatch_birth_date", "warning"),
            ),
            ({"birth_date": "19/05/1984"}, ("birth_date", "same_as_before", "warning")),
            ({"card_number": "1"}, ("card_number", "card_format", "error")),
            ({"nik": 3672015905840001.0}, ("nik", "number_instead_of_text", "error")),
        ],
    )
    def test_is_told_what_is_wrong_with_it(
        self, cells: dict[str, str], expected: tuple[str, str, str]
    ):
        assert expected in codes(read(CORRECTIONS, **cells))

    def test_that_cannot_be_read_is_not_told_to_be_missing_too(self):
        assert codes(read(CORRECTIONS, outcome="DIPERBAIKI", nik=3672015905840001.0)) == [
            ("nik", "number_instead_of_text", "error")
        ]

    def test_is_not_held_up_by_what_is_only_printed(self):
        found = read(CORRECTIONS, old_nik=3.0, old_rt="\x00", old_name="A" * 999, outcome="BELUM")
        assert codes(found) == []
        assert found.values["outcome"] == "unfinished"


class TestAResult:
    def test_speaks_the_words_of_a_decision(self):
        found = read(
            RESULTS, version="3", verdict="Ditolak", reason="Ganda", note="Lihat R00000000421."
        )
        assert placed(RESULTS, found.values) == {
            "id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
            "version": 3,
            "verdict": "reject",
            "grounds": {"reason": "duplicate", "note": "Lihat R00000000421."},
        }

    def test_goes_back_to_the_draft_unless_it_says_where_to(self):
        returned = {"verdict": "KEMBALIKAN", "reason": "data_incomplete"}
        assert read(RESULTS, **returned).values["target"] == "drafted"
        further = read(RESULTS, **returned, target="menunggu musyawarah")
        assert further.values["target"] == "awaiting_deliberation"

    @pytest.mark.parametrize(
        ("cells", "expected"),
        [
            ({"verdict": "TOLAK"}, ("reason", "reason_missing", "error")),
            ({"reason": "moved"}, ("reason", "reason_unasked", "error")),
            ({"target": "drafted"}, ("target", "target_unasked", "error")),
            ({"verdict": "TOLAK", "reason": "other"}, ("note", "note_missing", "error")),
            (
                {"verdict": "TOLAK", "reason": "programme_ended"},  # not for a rejection
                ("reason", "not_a_choice", "error"),
            ),
        ],
    )
    def test_rests_on_what_a_decision_rests_on(
        self, cells: dict[str, str], expected: tuple[str, str, str]
    ):
        assert codes(read(RESULTS, **cells)) == [expected]


class TestAnOperator:
    def test_becomes_an_account_in_a_village(self):
        found = read(OPERATORS, username="Op.Ciwaduk", nik="3672015905840001", district="Cilegon")
        assert placed(OPERATORS, found.values) == {
            "account": {"username": "op.ciwaduk", "display_name": "Siti Aminah"},
            "person": {"nik": "3672015905840001"},
            "region": {"village": "3672011001", "district": "Cilegon"},
        }

    def test_has_a_nik_that_can_be_one_if_he_says_it(self):
        assert codes(read(OPERATORS, nik="1")) == [("nik", "nik_format", "error")]
