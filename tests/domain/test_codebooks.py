"""A questionnaire is a file: what is in ours, what files carry, and how another one is added."""

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import Fault, Language
from app.domain.questionnaire import contradictions
from app.domain.questionnaire.codebooks import ANSWERED, CODEBOOKS, FOLDER, NEWEST, load
from app.domain.questionnaire.file_codes import read, write
from app.domain.questionnaire.files import CodebookContradictsItself
from app.domain.questionnaire.findings import CHECKS, findings
from app.domain.questionnaire.questions import Span, Type, Variable
from app.domain.questionnaire.shapes import malformed
from app.domain.questionnaire.sheets import Sheet
from tests.questionnaire import THE_DAY, Family, Household, Member

EVERY = [
    *(each for section in NEWEST.sections.values() for each in section.values()),
    *(each for roster in NEWEST.rosters.values() for each in roster.fields.values()),
    *NEWEST.visit.values(),
]


# By hand, from the form: the question, the rule, and what has to be answered for it to be asked.
ASKED_IF: dict[tuple[str, str], dict[str, Any]] = {
    ("wall_condition", "H02"): {"wall_material": {1, 2, 3}},
    ("roof_condition", "H03"): {"roof_material": {1, 2, 3, 4, 5, 6, 7}},
    ("water_customer_number", "H04"): {"drinking_water_source": {3}},
    ("water_provider", "H04"): {"drinking_water_source": {3}},
    ("water_provider_other", "H04"): {"water_provider": {4}},
    ("power_capacity", "H05"): {"lighting_source": {1}},
    ("electricity_customer_number", "H06"): {"lighting_source": {1}},
    ("electricity_customer_number", "H07"): {"power_capacity": {1, 2, 3, 4, 5}},
    ("gas_customer_number", "H08"): {"cooking_fuel": {4}},
    ("gas_provider", "H08"): {"cooking_fuel": {4}},
    ("gas_provider_other", "H08"): {"gas_provider": {3}},
    ("latrine_type", "H09"): {"latrine_access": {1, 2, 3}},
    ("other_land_area", "H10"): {"owns_other_land": {True}},
    ("business", "H12"): {"has_member_business": {True}},
    ("marital_status", "M08"): {"age": Span(10)},
    ("marriage_document", "M09"): {"marital_status": {2, 3}},
    ("pregnant", "M06"): {"sex": {2}},
    ("pregnant", "M07"): {"age": Span(10, 49), "marital_status": {2, 3, 4}},
    ("school_participation", "M10"): {"age": Span(5)},
    ("education_level", "M11"): {"school_participation": {1, 2}},
    ("highest_grade", "M11"): {"school_participation": {1, 2}},
    ("highest_certificate", "M11"): {"school_participation": {1, 2}},
    ("weekly_work_hours", "M14"): {"worked_last_week": {True}},
    ("work_sector", "M14"): {"worked_last_week": {True}},
    ("work_status", "M14"): {"worked_last_week": {True}},
    ("pbi_number", "M28"): {"holds_pbi": {True}},
    ("contraception_method", "K02"): {"uses_contraception": {True}},
    ("contraception_years", "K02"): {"uses_contraception": {True}},
    ("contraception_months", "K02"): {"uses_contraception": {True}},
    ("contraception_place", "K02"): {"uses_contraception": {True}},
    ("reason_no_contraception", "K02"): {"uses_contraception": {False}},
}


def named(value: object) -> str | None:
    return value.key if isinstance(value, Variable) else None


class TestTheQuestionnaireOf2020:
    def test_is_the_newest(self):
        assert NEWEST is CODEBOOKS["dtks-2020"]

    def test_has_the_columns_of_the_official_file_of_2015_where_that_has_them(self):
        columns = [each.bdt2015_column for each in EVERY if each.bdt2015_column]
        assert len(columns) == len(set(columns))
        household = [each.bdt2015_column for each in NEWEST.sections["household"].values()]
        assert {*range(16, 48), *range(50, 59)} == set(household) - {None}

    def test_asks_of_a_member_the_columns_9_to_27_and_keeps_the_others_on_record(self):
        members = NEWEST.sections["members"].values()
        assert {each.kol for each in members if each.kept_in is None} == {*range(9, 28), None}
        assert {each.kol for each in members if each.kept_in} == {*range(9), 28}

    def test_alternates_the_codes_of_neighbours(self):
        assets = [each for each in EVERY if re.fullmatch(r"V\.1[a-o]", each.form_ref)]
        assert [each.form_true for each in assets] == [1, 3] * 7 + [1]

    def test_says_what_not_every_role_reads(self):
        assert NEWEST.keys_of("health") == {
            "members": {"pregnant", "disability", "chronic_illness"},
            "rosters": {"women_kb_2015"},
        }
        assert NEWEST.keys_of("school") == {
            "members": {
                *("school_participation", "education_level"),
                *("highest_grade", "highest_certificate"),
            },
            "rosters.dependants_outside": {"student_number", "school_name"},
        }
        programmes = NEWEST.keys_of("programmes")
        assert programmes["participation"] == set(NEWEST.sections["participation"])
        assert programmes["members"] == {
            *("holds_kks", "holds_pbi", "pbi_number", "holds_kip", "in_pkh", "holds_sembako")
        }

    def test_is_told_whole_and_as_json(self):
        document = json.loads(json.dumps(NEWEST.document()))
        walls = next(each for each in document["household"] if each["key"] == "wall_condition")
        assert walls["applies_if"] == [
            {"rule": "H02", "when": {"wall_material": {"any_of": [1, 2, 3]}}}
        ]
        assert walls["choices"][1] == {
            "code": 2,
            "label_id": "Jelek/kualitas rendah",
            "label_en": "Poor",
        }
        rooms = next(each for each in document["household"] if each["key"] == "bedroom_count")
        assert rooms["min"] == 0
        assert {rule["id"] for rule in document["rules"]} == set(NEWEST.rules)

    def test_has_a_schema_that_shows_a_form_in_both_languages(self):
        schema = NEWEST.answers_schema()
        jsonschema_rs.meta.validate(schema)
        walls = schema["properties"]["household"]["properties"]["wall_condition"]
        assert walls["title"] == "R.4b Kondisi dinding"
        assert walls["description"] == "Condition of the walls"
        assert walls["enum"] == [1, 2, None]
        assert walls["x-labels"]["1"] == {"id": "Bagus/kualitas tinggi", "en": "Good"}

    def test_has_51_rules_of_which_these_stand_in_nobodys_way(self):
        assert len(NEWEST.rules) == 51
        warnings = {rule.id for rule in NEWEST.rules.values() if rule.severity == "warning"}
        assert warnings == {
            *("H07", "H15", "M03", "M04", "M05", "M07", "M08", "M10", "M13", "M15", "M17"),
            *("M19", "M21", "M23", "M25", "M26", "M31"),
        }

    def test_asks_these_only_after_certain_answers(self):
        asked = {
            (each.key, condition.rule): dict(condition.tests)
            for each in [*EVERY, *NEWEST.rosters.values()]
            for condition in each.applies_if
            if condition.rule
        }
        assert asked == ASKED_IF

    def test_has_a_check_for_every_rule_that_needs_code(self):
        elsewhere = {"H17", "M30"}  # of files, and of proposals
        assert set(contradictions.BY_CODE) == set(CHECKS) | elsewhere


# What files carry ---------------------------------------------------------------------------------


def answers_to(variable: Variable) -> st.SearchStrategy[Any]:
    low = variable.min if variable.min_exclusive is None else variable.min_exclusive
    if variable.type is Type.CHOICE:
        return st.sampled_from(list(variable.choices))
    if variable.type in {Type.INTEGER, Type.FLAGS}:
        return st.integers(low, variable.max)
    if variable.type is Type.DECIMAL:
        return st.floats(low + 0.001, variable.max) | st.integers(low + 1, variable.max)
    if variable.type is Type.TEXT:
        digits = re.findall(r"{([0-9]+)}", variable.pattern or "")
        pattern = f"[0-9]{{{digits[0]}}}" if digits else r"\w{1,30}"
        return st.from_regex(pattern, fullmatch=True).filter(lambda text: text.isprintable())
    return st.dates() if variable.type is Type.DATE else st.booleans()


@pytest.mark.parametrize("variable", EVERY, ids=named)
def test_what_is_written_to_a_file_is_read_back(variable: Variable):
    @settings(max_examples=20)
    @given(answers_to(variable) | st.none())
    def there_and_back(answer: Any) -> None:  # noqa: ANN401
        assert read(NEWEST, variable, write(variable, answer)) == answer

    there_and_back()


def question(key: str) -> Variable:
    return next(each for each in EVERY if each.key == key)


def read_in(key: str, raw: object) -> object:
    found = read(NEWEST, question(key), raw)
    return found.code if isinstance(found, Fault) else found


@pytest.mark.parametrize(
    "variable", [each for each in EVERY if each.type is Type.BOOLEAN], ids=named
)
def test_a_code_of_the_neighbouring_row_is_told_and_never_guessed(variable: Variable):
    for code in {1, 2, 3, 4} - {variable.form_true, variable.form_false}:
        found = read(NEWEST, variable, f"0{code}")
        assert isinstance(found, Fault)
        assert found.code == "H17"
        assert variable.form_ref in found.said.told(Language.INDONESIAN, found.words)
    assert read(NEWEST, variable, f"0{variable.form_true}") is True
    assert read(NEWEST, variable, float(variable.form_false or 0)) is False


@pytest.mark.parametrize(
    ("key", "raw", "answer"),
    [
        ("floor_material", "06", 6),
        ("floor_material", "6", 6),
        ("floor_material", 6.0, 6),
        ("floor_material", "11", "not_a_choice"),
        ("floor_material", "6x", "not_a_choice"),
        ("floor_material", "٦", "not_a_choice"),
        ("owns_car", "5", "not_a_choice"),
        ("owns_car", "ya", "not_a_choice"),
        ("owns_car", True, "not_a_choice"),
        ("owns_car", " ", None),
        ("owns_car", None, None),
        ("floor_area", "36,5", 36.5),
        ("floor_area", "36.5", 36.5),
        ("floor_area", "1.300", "H01"),  # a thousand, or a little more than one
        ("floor_area", "0", "H01"),
        ("floor_area", "36 m2", "H01"),
        ("bedroom_count", "-1", "H11"),
        ("bedroom_count", "2.5", "H11"),
        ("identity_documents", "5", 5),
        ("identity_documents", "16", "M16"),
        ("water_customer_number", 104772, "104772"),
        ("pbi_number", "123", "M28"),
        ("birth_date", "19/05/1984", date(1984, 5, 19)),
        ("birth_date", "1984-05-19", date(1984, 5, 19)),
        ("birth_date", datetime(1984, 5, 19, 1, 2), date(1984, 5, 19)),  # noqa: DTZ001
        ("birth_date", "31/04/1984", "not_a_date"),
        ("birth_date", "05/1984", "not_a_date"),
    ],
)
def test_a_cell_is_read_as_it_was_meant_or_told(key: str, raw: object, answer: object):
    assert read_in(key, raw) == answer


def test_two_digits_are_printed_where_the_form_prints_two():
    assert write(question("floor_material"), 6) == "06"
    assert write(question("wall_material"), 6) == "6"
    assert write(question("owns_refrigerator"), answer=False) == "4"
    assert write(question("floor_area"), 36.5) == "36,5"
    assert write(question("floor_area"), None) == ""


# Another generation of the form -------------------------------------------------------------------

SMALL = """
version: small-2031
title_id: Formulir kecil
title_en: A small form
unanswered: {counts: error, household: error, participation: warning, members: warning}
household:
  - key: stove
    form_ref: A.1
    label_id: Kompor
    label_en: Stove
    type: choice
    choices:
      1: [Ada, There is one]
      2: [Tidak ada, There is none]
  - {key: burners, form_ref: A.2, label_id: Tungku, label_en: Burners, type: integer, min: 1,
     max: 9, needed: Z01, applies_if: [{rule: Z01, stove: [1]}]}
members:
  - {key: in_school, form_ref: B.1, label_id: Sekolah, label_en: At school, type: boolean,
     form_true: 3, form_false: 4, group: school}
rules:
  - {id: Z01, severity: warning, said_id: "Tungku dihitung bila ada kompor.",
     said_en: "Burners are counted where there is a stove."}
"""


def written(folder: Path, text: str = SMALL, name: str = "small-2031") -> Path:
    file = folder / f"{name}.yaml"
    file.write_text(text, encoding="utf-8")
    return file


class TestAnotherGeneration:
    @pytest.fixture
    def small(self, tmp_path: Path) -> Any:  # noqa: ANN401
        return load(written(tmp_path))

    def found(self, small: Any, answers: dict[str, Any], member: Member) -> list[Any]:  # noqa: ANN401
        sheet = Sheet(answers, THE_DAY, Household(), [Family()], [member])
        return [
            (f.severity, f.fault.pointer, f.fault.code)
            for f in findings(small, sheet, answers_at="", proposed=True)
        ]

    def test_has_its_own_answers(self, small: Any):  # noqa: ANN401
        member = Member(name="Siti 2")  # the small form has no rule about names
        own = {
            "household": {"stove": 1, "burners": 2},
            "members": {str(member.id): {"in_school": True}},
        }
        jsonschema_rs.validate(small.answers_schema(), own)
        assert malformed(small, own) == []
        assert self.found(small, own, member) == []
        assert small.keys_of("school") == {"members": {"in_school"}}

        assert malformed(small, {"household": {"wall_material": 1}})
        assert malformed(small, {"household": {"burners": 10}})

    def test_has_its_own_rules(self, small: Any):  # noqa: ANN401
        member = Member()
        cold = {"household": {"stove": 2, "burners": 2}, "members": {str(member.id): {}}}
        assert self.found(small, cold, member) == [
            ("warning", "/household/burners", "Z01"),
            ("warning", f"/members/{member.id}/in_school", "unanswered"),
        ]
        assert self.found(small, {"household": {"stove": 1}}, member)[0][2] == "Z01"

    def test_reads_its_own_codes(self, small: Any):  # noqa: ANN401
        asked = small.sections["members"]["in_school"]
        assert read(small, asked, "3") is True
        assert isinstance(read(small, asked, "1"), Fault)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("rule: Z01, stove", "rule: Z09, stove", "cites Z09"),
        ("needed: Z01", "needed: Z09", "cites Z09"),
        ("stove: [1]", "oven: [1]", "depends on oven"),
        ("stove: [1]", "burners: [1]", "depends on burners"),
        ("stove: [1]", "stove: [3]", "what it cannot be"),
        ("rule: Z01, stove", "stove", "cites no rule"),
        ("key: burners", "key: stove", "stove stands twice"),
        ("      1: [Ada", "      2: [Ada", "stands twice"),
        ("form_false: 4", "form_false: 2", "1 and 2, or 3 and 4"),
        ("\n     max: 9,", "", "upper bound"),
        ("type: boolean", "type: bool", "bool"),
        ("form_true", "form_truth", "form_truth"),
        ("label_id: Tungku, ", "", "label_id"),
        (
            "rules:",
            "rules:\n  - {id: Z02, severity: error, said_id: a, said_en: b}",
            "Z02: nothing",
        ),
        (
            "rules:",
            "rules:\n  - {id: M12, severity: error, said_id: a, said_en: b}",
            "education_level",
        ),
        ("rules:", "rules:\n  - {id: Z01, severity: error, said_id: a, said_en: b}", "Z01 stands"),
        ("dihitung", "{count} dihitung", "its sentence names ['count']"),
        ("severity: warning", "severity: grave", "grave"),
        ("small-2031", "small-2032", "not named small-2032"),
        ("rules:", "ruled:", "ruled"),
        ("household: error, ", "", "unanswered"),
        ("version:", "vers:", "version"),
        ("version:", "versi: [", "small-2031.yaml"),
    ],
)
def test_a_file_that_contradicts_itself_is_not_loaded(
    tmp_path: Path, old: str, new: str, told: str
):
    assert old in SMALL
    with pytest.raises(CodebookContradictsItself, match=re.escape(told)) as refused:
        load(written(tmp_path, SMALL.replace(old, new, 1)))
    assert str(refused.value).startswith("small-2031.yaml: ")


def test_a_rule_that_code_checks_needs_its_parameters(tmp_path: Path):
    ours = (FOLDER / "dtks-2020.yaml").read_text(encoding="utf-8")
    wanting = ours.replace("with: {age: 17, bit: 4}", "with: {age: 17}")
    assert wanting != ours
    with pytest.raises(CodebookContradictsItself, match="M17: takes"):
        load(written(tmp_path, wanting, "dtks-2020"))


def test_every_generation_can_be_answered():
    for codebook in CODEBOOKS.values():
        assert set(codebook.sections) == set(ANSWERED)
        jsonschema_rs.validator_for(codebook.answers_schema())
