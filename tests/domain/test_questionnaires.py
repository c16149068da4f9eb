"""The questionnaire of 2020: every question, every condition and every rule of it, broken once.

What there is to break is read off the codebook, so that a question or a rule without a case that
breaks it fails here.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Language
from app.domain.niks import NikVerdict
from app.domain.questionnaire.codebooks import ANSWERED, NEWEST
from app.domain.questionnaire.findings import CHECKS, findings
from app.domain.questionnaire.questions import Condition, Severity, Span, Type, Variable
from app.domain.questionnaire.shapes import malformed
from app.domain.questionnaire.sheets import Sheet
from tests.questionnaire import (
    FAMILY,
    THE_DAY,
    Answers,
    Family,
    Household,
    Member,
    a_sheet,
    an_answer,
)

HEAD = Member(id=UUID("0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10"))
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "sheet.json"
SCHEMA = jsonschema_rs.validator_for(NEWEST.answers_schema())
E, W = Severity.ERROR, Severity.WARNING


@dataclass
class Form:
    """A sheet in the making."""

    members: list[Member] = field(default_factory=lambda: [HEAD])
    families: list[Family] = field(default_factory=lambda: [Family()])
    answers: Answers = field(default_factory=dict)
    held_elsewhere: set[UUID] = field(default_factory=set)

    def fill_in(self, **so: object) -> "Form":
        self.answers = a_sheet(map(asdict, self.members), families=len(self.families), **so)
        return self

    def of(self, member: Member) -> Answers:
        return self.answers["members"][str(member.id)]

    def found(self, **options: Any) -> list[tuple[Severity, str, str]]:  # noqa: ANN401
        """Severity, pointer and rule of all that is found; each said with what the form prints."""
        assert malformed(NEWEST, self.answers) == []
        SCHEMA.validate(self.answers)
        sheet = Sheet(self.answers, THE_DAY, Household(), self.families, self.members)
        found = findings(NEWEST, sheet, held_elsewhere=self.held_elsewhere, **options)
        for each in found:
            fault = each.fault
            assert fault.words["form_ref"]
            for language in Language:
                told = fault.said.told(language, fault.words)
                assert "{" not in told
                assert fault.code in {"M18", "M19", "M27"} or str(fault.words["form_ref"]) in told
        return [(each.severity, each.fault.pointer, each.fault.code) for each in found]


def form(*members: Member, **so: object) -> Form:
    return Form(list(members or [HEAD])).fill_in(**so)


def member(**changes: object) -> Member:
    return replace(HEAD, id=uuid4(), **changes)  # type: ignore[arg-type]


def child(**changes: object) -> Member:
    second = {"number": 2, "nik": "3672015905100002", "name": "Rini", "marital_status": 1}
    related = {"relation_to_household_head": 3, "relation_to_family_head": 3}
    return member(**{"birth_date": date(2010, 5, 19), **second, **related, **changes})


def aged(years: int) -> date:
    return date(THE_DAY.year - years, THE_DAY.month, THE_DAY.day)


def test_a_sheet_with_nothing_wanting_breaks_no_rule():
    assert form(HEAD, child()).found(proposed=True) == []


def test_the_example_of_the_papers_breaks_none_either():
    sheet = json.loads(EXAMPLE.read_text("utf-8"))
    (head,) = sheet["answers"]["members"]
    form = Form(members=[replace(HEAD, id=UUID(head))], answers=sheet["answers"])

    assert not malformed(NEWEST, form.answers)
    assert form.found(proposed=True) == []


def test_the_household_has_its_44_questions():
    counted = [each for each in NEWEST.answered("household") if each.companion_of is None]
    assert [each.number for each in counted] == list(range(1, 45))


# Questions ---------------------------------------------------------------------------------------

QUESTIONS = [(name, each) for name in ANSWERED for each in NEWEST.sections[name].values()]
ANSWERS = [(name, each) for name, each in QUESTIONS if each.kept_in is None]
CONDITIONS = [
    pytest.param(name, each, condition, key, id=f"{each.key}-{condition.rule}-{key}")
    for name, each in QUESTIONS
    for condition in each.applies_if
    for key in condition.tests
]


def named(value: object) -> str | None:
    return value.key if isinstance(value, Variable) else None


def within(wanted: Any) -> Any:  # noqa: ANN401
    return wanted.max or wanted.min + 20 if isinstance(wanted, Span) else min(wanted)


def without(variable: Variable, wanted: Any) -> Any:  # noqa: ANN401
    if isinstance(wanted, Span):
        return wanted.min - 1 if wanted.max is None else wanted.max + 1
    others = [True, False] if variable.type is Type.BOOLEAN else list(variable.choices)
    return next(code for code in others if code not in wanted)


def asking(section: str, variable: Variable) -> Answers:
    """What has to be answered, or on record, for this to be asked."""
    so: Answers = {}
    for condition in variable.applies_if:
        for key, wanted in condition.tests.items():
            so |= {**asking(section, NEWEST.sections[section][key]), key: within(wanted)}
    return so


def form_with(so: Answers) -> Form:
    """Some of what decides is on the member's record; small children are not married."""
    record = {key: so[key] for key in ("sex", "marital_status") if key in so}
    if so.get("age", 99) < 9:
        record["marital_status"] = 1
    born = {"birth_date": aged(so["age"])} if "age" in so else {}
    return form(replace(HEAD, **record, **born), **so)


def place(section: str, variable: Variable) -> str:
    if section != "members":
        return f"/answers/{section}/{variable.key}"
    start = "/answers" if variable.kept_in is None else ""
    return f"{start}/members/{HEAD.id}/{variable.kept_as}"


def part(it: Form, section: str) -> Answers:
    return it.of(HEAD) if section == "members" else it.answers[section]


@pytest.mark.parametrize(("section", "variable", "condition", "key"), CONDITIONS)
def test_what_is_not_asked_is_not_answered(
    section: str, variable: Variable, condition: Condition, key: str
):
    decides = NEWEST.sections[section][key]
    so = asking(section, variable)
    so[key] = without(decides, condition.tests[key])
    it = form_with(so)
    if variable.kept_in is None:
        part(it, section)[variable.key] = an_answer(variable)

    rule = NEWEST.rules[condition.rule or ""]
    assert it.found() == [(rule.severity, place(section, variable), rule.id)]


def test_nobody_is_told_to_take_out_what_is_on_record():
    it = form(HEAD, child(birth_date=aged(8), marital_status=4))
    sheet = Sheet(it.answers, THE_DAY, Household(), it.families, it.members)

    [found] = findings(NEWEST, sheet)

    assert found.fault.code == "M08"
    assert found.fault.said.told(Language.ENGLISH, found.fault.words).startswith("kol 8: ")


@pytest.mark.parametrize(("section", "variable"), ANSWERS, ids=named)
def test_what_is_asked_is_answered(section: str, variable: Variable):
    it = form_with(asking(section, variable))
    assert variable.key in part(it, section)
    assert it.found() == []

    del part(it, section)[variable.key]

    severity, code = NEWEST.unanswered[section], "unanswered"
    if variable.needed:
        severity, code = NEWEST.rules[variable.needed].severity, variable.needed
    found = [(severity, place(section, variable), code)]
    assert it.found() == ([] if variable.optional else found)


@pytest.mark.parametrize(("section", "variable"), ANSWERS, ids=named)
def test_no_answer_is_known_to_be_none_and_is_too_little_for_a_proposal(
    section: str, variable: Variable
):
    it = form_with(asking(section, variable))
    part(it, section)[variable.key] = None

    assert it.found() == []
    stands = variable.needed or (NEWEST.unanswered[section] is E and not variable.optional)
    found = [(E, place(section, variable), variable.needed or "unanswered")]
    assert it.found(proposed=True) == (found if stands else [])


def test_nobody_is_told_what_cannot_be_known():
    """Whether the walls' condition is asked nobody knows before the walls are known."""
    it = form(wall_material=1)
    it.answers["household"]["wall_material"] = None
    assert it.found() == []
    del it.answers["household"]["wall_condition"]
    assert it.found() == []


def test_whoever_is_gone_is_asked_nothing_more():
    gone = child()
    it = form(HEAD, gone)
    it.answers["members"][str(gone.id)] = {"presence": 2}
    it.answers["counts"]["member_count"] = 1
    assert it.found() == []


# Shapes ------------------------------------------------------------------------------------------

WRONG: dict[Type, Callable[[Variable], list[Any]]] = {
    Type.CHOICE: lambda it: [max(it.choices) + 1, -1, "1", True, 1.0, [], {}],
    Type.BOOLEAN: lambda _: [0, 1, 3, "true", []],
    Type.INTEGER: lambda it: [(it.min or 0) - 1, (it.max or 0) + 1, 10**400, 1.5, "1", True],
    Type.FLAGS: lambda it: [-1, (it.max or 0) + 1, "5", [1, 4], True],
    Type.DECIMAL: lambda it: [it.min_exclusive, -0.5, (it.max or 0) + 0.5, "36", True, 1e308],
    Type.TEXT: lambda it: ["", " ", 5, True, [], "1" * ((it.max_length or 13) + 1)],
}
GENERIC = {"out_of_range", "not_a_number", "not_a_choice", "not_a_boolean", "not_text", "too_long"}
FIELDS = [
    (f"rosters/{roster.key}/0", each)
    for roster in NEWEST.answered_rosters
    for each in roster.fields.values()
]


def sheet_of(section: str, key: str, answer: object) -> Answers:
    if section.startswith("rosters"):
        return {"rosters": {section.split("/")[1]: [{key: answer}]}}
    if section == "members":
        return {"members": {str(HEAD.id): {key: answer}}}
    return {section: {key: answer}}


@pytest.mark.parametrize(("section", "variable"), [*ANSWERS, *FIELDS], ids=named)
def test_what_is_no_answer_is_not_kept(section: str, variable: Variable):
    for answer in WRONG[variable.type](variable):
        answers = sheet_of(section, variable.key, answer)
        assert [fault.words["form_ref"] for fault in malformed(NEWEST, answers)] == [
            variable.form_ref
        ], answer
        [fault] = malformed(NEWEST, answers)
        at = f"members/{HEAD.id}" if section == "members" else section
        assert fault.pointer == f"/{at}/{variable.key}"
        assert fault.code == variable.rule or fault.code in GENERIC | {"too_short", "pattern"}
        assert variable.form_ref in fault.said.told(Language.INDONESIAN, fault.words)
        if answer != 1.0 or isinstance(answer, bool):  # to JSON Schema 1.0 is a whole number
            assert not SCHEMA.is_valid(answers), answer


@pytest.mark.parametrize(("section", "variable"), [*ANSWERS, *FIELDS], ids=named)
def test_what_lies_on_the_bounds_is_an_answer(section: str, variable: Variable):
    bounds = [*variable.choices, variable.min, variable.max, None]
    if variable.type is Type.BOOLEAN:
        bounds = [True, False, None]
    if variable.type is Type.TEXT:
        bounds = ["1" * (variable.max_length or 16 if variable.key == "nik" else 13), None]
    for answer in bounds:
        answers = sheet_of(section, variable.key, answer)
        assert malformed(NEWEST, answers) == []
        assert SCHEMA.is_valid(answers)


def test_a_name_that_is_no_text_is_refused_in_words_that_are():
    for answers in ({"\ud800": {}}, {"household": {"\ud800": 1}}, {"members": {"\ud800": {}}}):
        [fault] = malformed(NEWEST, answers)
        assert fault.pointer.encode()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_json_has_no_word_for_is_no_number(number: float):
    answers = sheet_of("household", "floor_area", number)
    assert [fault.code for fault in malformed(NEWEST, answers)] == ["H01"]


@pytest.mark.parametrize("text", ["a\x00b", "a\u200bb", "a\u202eb", "a\ud800b", "a\nb"])
def test_text_holds_nothing_that_nobody_typed(text: str):
    answers = sheet_of("household", "water_customer_number", text)
    assert [fault.code for fault in malformed(NEWEST, answers)] == ["characters"]


@pytest.mark.parametrize(
    ("answers", "at", "code"),
    [
        ([], "", "malformed"),
        ({"kitchen": {}}, "/kitchen", "not_allowed"),
        ({"household": None}, "/household", "malformed"),
        ({"household": {"a/b~c": 1}}, "/household/a~1b~0c", "not_allowed"),
        ({"household": {"sex": 1}}, "/household/sex", "not_allowed"),
        ({"household": {"x" * 61: 1}}, f"/household/{'x' * 60}", "not_allowed"),
        ({"members": {"1": {}}}, "/members/1", "not_an_id"),
        ({"members": {str(HEAD.id).upper(): {}}}, f"/members/{str(HEAD.id).upper()}", "not_an_id"),
        ({"members": {str(HEAD.id): {"sex": 1}}}, f"/members/{HEAD.id}/sex", "not_allowed"),
        ({"members": {str(uuid4()): {} for _ in range(100)}}, "/members", "too_long"),
        ({"rosters": {"business": {}}}, "/rosters/business", "malformed"),
        ({"rosters": {"business": [1]}}, "/rosters/business/0", "malformed"),
        ({"rosters": {"business": [{}] * 51}}, "/rosters/business", "too_long"),
        ({"rosters": {"family_cards": []}}, "/rosters/family_cards", "not_allowed"),
    ],
)
def test_a_sheet_has_the_shape_of_the_form(answers: Any, at: str, code: str):  # noqa: ANN401
    assert [(fault.pointer, fault.code) for fault in malformed(NEWEST, answers)] == [(at, code)]
    assert not SCHEMA.is_valid(answers)


def test_whoever_sends_thousands_of_faults_is_told_a_hundred():
    answers = {"household": {f"question_{number}": 1 for number in range(80_000)}}
    assert len(malformed(NEWEST, answers)) == 100


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
KEYS = (
    st.sampled_from([*ANSWERED, "rosters", "business", str(HEAD.id), "wall_material"]) | st.text()
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_whatever_comes_in_is_told_and_breaks_nothing(answers: Any):  # noqa: ANN401
    for fault in malformed(NEWEST, answers):
        assert fault.said.told(Language.ENGLISH, fault.words)


# Rosters -----------------------------------------------------------------------------------------


def with_row(roster: str, row: Answers) -> Form:
    it = form(has_member_business=roster == "business")
    it.answers["rosters"] = {roster: [row]}
    return it


ROWS = {
    "business": {"member_number": 1},
    "women_kb_2015": {"woman_member_number": 1, "uses_contraception": True},
    "dependants_outside": {},
}
FIELD_CONDITIONS = [
    (roster.key, each) for roster in NEWEST.answered_rosters for each in roster.fields.values()
]


@pytest.mark.parametrize(("roster", "variable"), FIELD_CONDITIONS, ids=named)
def test_a_row_answers_what_its_other_answers_ask_for(roster: str, variable: Variable):
    row = dict(ROWS[roster])
    at = f"/answers/rosters/{roster}/0/{variable.key}"
    for condition in variable.applies_if:
        for key, wanted in condition.tests.items():
            row[key] = without(NEWEST.rosters[roster].fields[key], wanted)
    row.setdefault(variable.key, an_answer(variable))

    rule = variable.applies_if[0].rule if variable.applies_if else None
    assert with_row(roster, row).found() == ([(E, at, rule)] if rule else [])

    del row[variable.key]
    found = [(E, at, variable.needed)] if variable.needed else []
    assert with_row(roster, row).found() == found


# Rules -------------------------------------------------------------------------------------------

Broken = tuple[Form, list[tuple[Severity, str]]]
BREAKING: dict[str, Callable[[], Broken]] = {}


def breaks(rule: str) -> Callable[[Callable[[], Broken]], Callable[[], Broken]]:
    def kept(case: Callable[[], Broken]) -> Callable[[], Broken]:
        BREAKING[rule] = case
        return case

    return kept


def answer(who: Member, key: str) -> str:
    return f"/answers/members/{who.id}/{key}"


def record(who: Member, key: str) -> str:
    return f"/members/{who.id}/{key}"


@breaks("H12")
def _() -> Broken:
    return form(has_member_business=True), [(E, "/answers/rosters/business")]


@breaks("H13")
def _() -> Broken:
    it = form()
    it.answers["counts"]["member_count"] = 2
    return it, [(E, "/answers/counts/member_count")]


@breaks("H14")
def _() -> Broken:
    it = form()
    it.answers["counts"]["family_count"] = 2
    return it, [(E, "/answers/counts/family_count")]


@breaks("H15")
def _() -> Broken:
    it = form(in_family_card=False)
    it.families = [Family(card_number=None)]
    return it, [(W, f"/families/{FAMILY}/card_number")]


@breaks("H16")
def _() -> Broken:
    it = form()
    it.families = [Family(), *(Family(id=uuid4()) for _ in range(10))]
    return it, [(E, "/families")]


@breaks("M01")
def _() -> Broken:
    return form(replace(HEAD, relation_to_household_head=8)), [(E, "/members")]


@breaks("M02")
def _() -> Broken:
    second = child(relation_to_family_head=1)
    return form(HEAD, second), [(E, f"/families/{FAMILY}")]


@breaks("M03")
def _() -> Broken:
    head = replace(HEAD, relation_to_family_head=6)
    grown = child(relation_to_family_head=1, birth_date=aged(18))
    return form(head, grown), [(W, record(head, "relation_to_family_head"))]


@breaks("M04")
def _() -> Broken:
    spouse = child(relation_to_household_head=2, relation_to_family_head=2, marital_status=3)
    both = [(W, record(spouse, "sex")), (W, record(spouse, "marital_status"))]
    return form(HEAD, replace(spouse, birth_date=aged(40))), both


@breaks("M05")
def _() -> Broken:
    older = child(birth_date=aged(60))
    younger = child(relation_to_household_head=6, relation_to_family_head=6, number=3, nik=None)
    both = [(W, record(older, "birth_date")), (W, record(younger, "birth_date"))]
    return form(HEAD, older, younger), both


@breaks("M12")
def _() -> Broken:
    it = form(school_participation=2, education_level=1, highest_certificate=2)
    return it, [(E, answer(HEAD, "highest_certificate"))]


@breaks("M13")
def _() -> Broken:
    it = form(school_participation=2, education_level=4, highest_certificate=2, highest_grade=2)
    return it, [(W, answer(HEAD, "highest_certificate"))]


@breaks("M15")
def _() -> Broken:
    return form(worked_last_week=True, work_status=5), [(W, answer(HEAD, "work_status"))]


@breaks("M17")
def _() -> Broken:
    young = child(birth_date=aged(17) + timedelta(days=1))
    it = form(HEAD, young, identity_documents=4)
    return it, [(W, answer(young, "identity_documents"))]


@breaks("M18")
def _() -> Broken:
    wrong = replace(HEAD, nik_verdict=NikVerdict.INVALID, nik_codes=["serial"])
    return form(wrong), [(E, record(HEAD, "nik"))]


@breaks("M19")
def _() -> Broken:
    codes = ["region_unknown_district", "mismatch_sex", "mismatch_birth_date"]
    other = replace(HEAD, nik_verdict=NikVerdict.VALID_WITH_WARNING, nik_codes=codes)
    return form(other), [(W, record(HEAD, "nik"))] * 2


@breaks("M20")
def _() -> Broken:
    twin = child(nik=HEAD.nik)
    return form(HEAD, twin), [(E, record(HEAD, "nik")), (E, record(twin, "nik"))]


@breaks("M21")
def _() -> Broken:
    it = form()
    it.held_elsewhere = {HEAD.id}
    return it, [(W, record(HEAD, "nik"))]


@breaks("M22")
def _() -> Broken:
    unborn = child(birth_date=THE_DAY + timedelta(days=1))
    return form(HEAD, unborn), [(E, record(unborn, "birth_date"))]


@breaks("M23")
def _() -> Broken:
    return form(replace(HEAD, birth_date=aged(121))), [(W, record(HEAD, "birth_date"))]


@breaks("M24")
def _() -> Broken:
    return form(replace(HEAD, name="Siti 2")), [(E, record(HEAD, "name"))]


@breaks("M25")
def _() -> Broken:
    return form(replace(HEAD, name="Hj Siti Aminah")), [(W, record(HEAD, "name"))]


@breaks("M26")
def _() -> Broken:
    """Whoever has no card is in doubt as well (H15)."""
    it = form(in_family_card=True)
    it.families = [Family(card_number=None)]
    return it, [(W, answer(HEAD, "in_family_card"))]


@breaks("M27")
def _() -> Broken:
    it = form()
    it.families = [Family(card_number="367201010120007")]
    return it, [(E, f"/families/{FAMILY}/card_number")]


@breaks("M29")
def _() -> Broken:
    gone = child()
    it = form(HEAD, gone)
    it.of(gone)["presence"] = 3
    it.answers["counts"]["member_count"] = 1
    return it, [(E, answer(gone, "presence"))]


@breaks("M31")
def _() -> Broken:
    grown = child(number=1, marital_status=2, birth_date=aged(20))
    return form(replace(HEAD, number=2), grown), [(W, record(HEAD, "number"))]


@breaks("B01")
def _() -> Broken:
    at = "/answers/rosters/business/0/member_number"
    return with_row("business", {"member_number": 2}), [(E, at)]


@breaks("K01")
def _() -> Broken:
    it = form(replace(HEAD, sex=1))
    it.answers["rosters"] = {"women_kb_2015": [{"woman_member_number": 1}]}
    return it, [(E, "/answers/rosters/women_kb_2015/0/woman_member_number")]


BESIDE = {"M26": {"H15"}}


@pytest.mark.parametrize("rule", sorted(BREAKING))
def test_a_rule_is_told_where_it_is_broken(rule: str):
    it, expected = BREAKING[rule]()
    found = it.found(proposed=True)
    told = [(severity, pointer) for severity, pointer, code in found if code == rule]
    assert told == expected
    assert {code for *_, code in found} == {rule} | BESIDE.get(rule, set())
    assert {severity for severity, _ in expected} == {NEWEST.rules[rule].severity}


def test_every_rule_is_broken_somewhere_here():
    of_conditions = {condition.values[2].rule for condition in CONDITIONS}
    fields = [each for _, each in [*QUESTIONS, *FIELDS]]
    of_rows = {each.applies_if[0].rule for _, each in FIELDS if each.applies_if}
    by_themselves = {each.rule for each in fields if each.rule}
    elsewhere = {"H17", "M30"}  # of files; of proposals

    derived = of_conditions | of_rows | by_themselves | elsewhere
    assert set(NEWEST.rules) == set(BREAKING) | derived
    assert set(CHECKS) <= set(BREAKING)


def test_a_rule_holds_up_to_its_limit_and_no_further():
    ten_cards = form()
    ten_cards.families = [Family(), *(Family(id=uuid4()) for _ in range(9))]
    married = {"birth_date": aged(16), "marital_status": 2}
    unbroken = [
        ten_cards,
        form(HEAD, child(birth_date=aged(17)), identity_documents=4),
        form(HEAD, child(**married), identity_documents=4),
        form(HEAD, child(birth_date=THE_DAY)),
        form(replace(HEAD, birth_date=aged(120))),
        form(replace(HEAD, nik=None), child(nik=None)),
        form(HEAD, child(family_id=None)),
        form(school_participation=2, education_level=4, highest_certificate=1, highest_grade=2),
    ]
    assert [it.found() for it in unbroken] == [[]] * len(unbroken)


def test_nobody_is_born_with_their_child():
    twin = child(birth_date=HEAD.birth_date)
    assert form(HEAD, twin).found() == [(W, record(twin, "birth_date"), "M05")]


def test_what_hangs_on_a_question_that_is_not_asked_is_not_asked_either():
    it = form(drinking_water_source=1)
    it.answers["household"]["water_provider_other"] = "PAM desa"
    place = "/answers/household/water_provider_other"
    assert it.found() == [(E, place, "H04")]


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("Siti Aminah", False),
        ("Siti-Aminah", False),
        ("Ma'ruf", True),
        ("Siti, S.Pd", True),
        ("H. Budi", True),
        ("Drs Budi", True),
        ("Hendra", False),
        ("H", False),
    ],
)
def test_signs_and_titles_in_a_name_are_in_doubt_and_a_hyphen_is_not(name: str, odd: bool):  # noqa: FBT001
    found = [code for *_, code in form(replace(HEAD, name=name)).found()]
    assert found == (["M25"] if odd else [])


@pytest.mark.parametrize(("years", "code"), [(9, "M07"), (10, None), (49, None), (50, "M07")])
def test_pregnancy_is_asked_from_10_to_49_in_completed_years(years: int, code: str | None):
    it = form(replace(HEAD, birth_date=aged(years)))
    asked = "pregnant" in it.of(HEAD)
    it.of(HEAD)["pregnant"] = False
    assert asked == (code is None)
    assert code in {*[code for *_, code in it.found()], None}


def test_a_household_with_everybody_in_the_usual_order_is_in_no_doubt():
    husband = member(number=2, sex=1, nik=None, relation_to_household_head=2, marital_status=2)
    people = [
        replace(HEAD, marital_status=2),
        replace(husband, relation_to_family_head=2),
        child(number=3, birth_date=aged(15)),
        child(number=4, nik=None, birth_date=aged(12)),
        child(number=5, nik=None, birth_date=aged(20), marital_status=2),
        child(number=6, nik=None, relation_to_household_head=8, relation_to_family_head=8),
        child(number=7, nik=None, relation_to_household_head=7, relation_to_family_head=7),
    ]
    assert form(*people).found(proposed=True) == []
