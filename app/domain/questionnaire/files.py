"""Codebooks as they are written down: from a YAML file to questions."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from app.domain.errors import Said
from app.domain.questionnaire.questions import (
    Condition,
    Kept,
    Roster,
    Rule,
    Severity,
    Span,
    Type,
    Variable,
    Wanted,
)


class CodebookContradictsItself(ValueError):
    """The file is not loaded, and the service does not start with it."""


try:
    from yaml import CSafeLoader as Loader
except ImportError:  # built without libyaml: the same, more slowly
    from yaml import SafeLoader as Loader  # type: ignore[assignment]


class _Strict(Loader):
    """YAML would keep the last of two equal keys and say nothing."""


def _mapping(loader: _Strict, node: yaml.MappingNode) -> dict[object, object]:
    pairs = loader.construct_pairs(node, deep=True)
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            line = node.start_mark.line + 1
            raise CodebookContradictsItself(f"{key!r} stands twice from line {line}")
    return dict(pairs)


_Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read(text: str) -> dict[str, Any]:
    try:
        written: dict[str, Any] = yaml.load(text, Loader=_Strict)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as wrong:
        raise CodebookContradictsItself(f"not YAML: {wrong}") from wrong
    return written


def variables(rows: Sequence[Mapping[str, Any]], place: str) -> dict[str, Variable]:
    found: dict[str, Variable] = {}
    for row in rows:
        key = row.get("key")
        if not isinstance(key, str):
            raise CodebookContradictsItself(f"{place}: a question without a key")
        if key in found:
            raise CodebookContradictsItself(f"{place}: {key} stands twice")
        found[key] = _made(_variable, row, f"{place}: {key}")
    return found


def roster(key: str, row: Mapping[str, Any]) -> Roster:
    made: Roster = _made(_roster, {**row, "key": key}, f"rosters: {key}")
    return made


def rules(rows: Sequence[Mapping[str, Any]]) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for row in rows:
        rule: Rule = _made(_rule, row, f"rules: {row.get('id')}")
        if rule.id in found:
            raise CodebookContradictsItself(f"rules: {rule.id} stands twice")
        found[rule.id] = rule
    return found


def label(row: dict[str, Any], name: str = "label") -> Said:
    return Said(id=row.pop(f"{name}_id"), en=row.pop(f"{name}_en"))


def _made(make: Any, row: Mapping[str, Any], place: str) -> Any:  # noqa: ANN401
    try:
        return make(dict(row))
    except (KeyError, TypeError, ValueError) as wrong:
        raise CodebookContradictsItself(f"{place}: {wrong}") from wrong


def _variable(row: dict[str, Any]) -> Variable:
    said, kept = label(row), row.pop("kept_in", None)
    return Variable(
        label=said,
        type=Type(row.pop("type")),
        kept_in=kept and Kept(kept),
        choices=_labels(row.pop("choices", {})),
        bits=_labels(row.pop("bits", {})),
        applies_if=_conditions(row.pop("applies_if", ())),
        accepted_unasked=frozenset(row.pop("accepted_unasked", ())),
        counts_as_member=frozenset(row.pop("counts_as_member", ())),
        **row,
    )


def _roster(row: dict[str, Any]) -> Roster:
    said, kept = label(row), row.pop("kept_in", None)
    return Roster(
        label=said,
        kept_in=kept and Kept(kept),
        fields=variables(row.pop("fields"), f"rosters: {row['key']}"),
        applies_if=_conditions(row.pop("applies_if", ())),
        **row,
    )


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        said=label(row, "said"),
        severity=Severity(row.pop("severity")),
        parameters=row.pop("with", {}),
        **row,
    )


def _labels(choices: Mapping[int, Sequence[str]]) -> dict[int, Said]:
    return {code: Said(*both) for code, both in choices.items()}


def _conditions(rows: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    return tuple(_condition(dict(row)) for row in rows)


def _condition(row: dict[str, Any]) -> Condition:
    rule = row.pop("rule", None)
    return Condition(rule, {key: _wanted(wanted) for key, wanted in row.items()})


def _wanted(wanted: Mapping[str, int] | Sequence[bool | int]) -> Wanted:
    return Span(**wanted) if isinstance(wanted, Mapping) else frozenset(wanted)
