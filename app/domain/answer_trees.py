"""The answers of a sheet as a tree: laid over each other, taken out, told apart.

What is absent was not asked; null was asked and not answered. So taking an answer out is said by
its pointer, and never by a null.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Answers = Mapping[str, Any]

NOT_ASKED: dict[str, Any] = {}  # beside answers, which are never an object: there was none


def merged(answers: Answers, sent: Answers, not_asked: Iterable[str] = ()) -> dict[str, Any]:
    """`answers` without those at `not_asked`, and `sent` over them: what is not sent stays.

    The pointers are those of a survey: they begin with `/answers`. A roster is one answer: its
    rows are replaced together.
    """
    kept = answers
    for pointer in not_asked:
        kept = _without(kept, steps_of(pointer)[1:])
    return _pruned(_over(kept, sent))


def _over(below: object, above: object) -> Any:  # noqa: ANN401
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: _over(below.get(key), value) for key, value in above.items()}}


def _without(answers: Answers, steps: list[str]) -> Answers:
    first, *rest = steps
    inside = answers.get(first)
    if not rest:
        return {key: value for key, value in answers.items() if key != first}
    return {**answers, first: _without(inside, rest)} if isinstance(inside, dict) else answers


def _pruned(answers: Answers) -> dict[str, Any]:
    """Without sections, members and rows of which nothing is said."""
    members, rosters = answers.get("members"), answers.get("rosters")
    if isinstance(members, dict):
        answers = {**answers, "members": {k: v for k, v in members.items() if v != {}}}
    if isinstance(rosters, dict):
        answers = {**answers, "rosters": {k: _filled(rows) for k, rows in rosters.items()}}
    return {key: value for key, value in answers.items() if value != {}}


def _filled(rows: object) -> object:
    return [row for row in rows if row != {}] if isinstance(rows, list) else rows


def flat(answers: object, place: str = "") -> dict[str, Any]:
    """Pointer -> answer."""
    if isinstance(answers, dict):
        inside = [flat(value, f"{place}/{_escaped(key)}") for key, value in answers.items()]
    elif isinstance(answers, list) and answers:
        inside = [flat(row, f"{place}/{number}") for number, row in enumerate(answers)]
    else:
        return {place: answers}
    return {pointer: value for part in inside for pointer, value in part.items()}


def differences(before: Answers, after: Answers) -> dict[str, list[Any]]:
    """Pointer -> [before, after] of every answer that is another one, `NOT_ASKED` for none."""
    old, new = flat(before), flat(after)
    return {
        pointer: [old.get(pointer, NOT_ASKED), new.get(pointer, NOT_ASKED)]
        for pointer in sorted(old.keys() | new.keys())
        if pointer not in old or pointer not in new or old[pointer] != new[pointer]
    }


def steps_of(pointer: str) -> list[str]:
    """The names in a JSON pointer, from the outside in."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
