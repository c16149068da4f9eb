"""The form of the deliberation: what may be answered of each name on the agenda, as data."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.domain.errors import Fault, Said
from app.domain.questionnaire import files
from app.domain.questionnaire.questions import Condition, Variable, words_about, wrong

FILE = Path(__file__).parent / "data" / "deliberation.yaml"
QUESTIONS: Mapping[str, Variable] = files.variables(
    files.read(FILE.read_text(encoding="utf-8"))["questions"], FILE.stem
)
OF_HEALTH = frozenset(key for key, each in QUESTIONS.items() if each.group == "health")

Answers = Mapping[str, object]

UNKNOWN = Said(
    id="Formulir musyawarah tidak memuat isian ini.",
    en="The form of the deliberation has no such question.",
)
NOT_ASKED = Said(
    id="Tidak ditanyakan setelah jawaban sebelumnya; hapus.",
    en="Not asked after the answer before it; leave it out.",
)


def as_json_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: _schema(each) for key, each in QUESTIONS.items()},
    }


def _schema(variable: Variable) -> dict[str, Any]:
    if variable.choices:
        return {"title": variable.label.en, "enum": [*variable.choices, None]}
    return {"title": variable.label.en, "type": ["boolean", "null"]}


def faults_in(answers: Answers) -> Iterator[Fault]:
    """What is no answer, or was not asked. Null says that a question was asked in vain."""
    for key, answer in answers.items():
        variable = QUESTIONS.get(key)
        if variable is None:
            yield Fault("/answers", "not_allowed", UNKNOWN)
        elif answer is not None:
            yield from _faults_of(variable, answer, answers)


def _faults_of(variable: Variable, answer: object, answers: Answers) -> Iterator[Fault]:
    at, found = f"/answers/{variable.key}", wrong(variable, answer)
    if found is not None:
        yield Fault(at, *found, words_about(variable))
    elif not all(_holds(condition, answers) for condition in variable.applies_if):
        yield Fault(at, "not_asked", NOT_ASKED)


def _holds(condition: Condition, answers: Answers) -> bool:
    """A list or an object is no answer, and cannot be looked up among answers."""
    return all(
        isinstance(answers.get(key), bool | int) and answers[key] in wanted
        for key, wanted in condition.tests.items()
    )
