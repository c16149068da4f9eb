"""A codebook told to others: as JSON Schema for the contract, and as it is, to show a form by."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from app.domain.errors import Said
from app.domain.questionnaire.questions import Condition, Roster, Span, Type, Variable, Wanted

MEMBERS = 99  # of one household, and so the highest number of a member
ID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
PRINTABLE = r"\S"
PYTHONS = {"label", "choices", "bits", "applies_if", "accepted_unasked", "counts_as_member"}
JSON_TYPES = {
    Type.CHOICE: "integer",
    Type.INTEGER: "integer",
    Type.FLAGS: "integer",
    Type.DECIMAL: "number",
    Type.BOOLEAN: "boolean",
    Type.TEXT: "string",
}

Asked = Mapping[str, Sequence[Variable]]
Json = dict[str, Any]


def answers(title: Said, asked: Asked, rosters: Iterable[Roster]) -> Json:
    """Everything may be missing: what is left out was not asked."""
    parts = {name: _object(variables) for name, variables in asked.items()}
    parts["members"] = {
        "type": "object",
        "description": "The answers of each member, by the member's id.",
        "propertyNames": {"pattern": ID},
        "maxProperties": MEMBERS,
        "additionalProperties": parts["members"],
    }
    lists = {roster.key: _list(roster) for roster in rosters}
    parts["rosters"] = {"type": "object", "properties": lists, "additionalProperties": False}
    return {
        "type": "object",
        "title": title.id,
        "description": f"{title.en}. Left out is not asked, null is not answered.",
        "properties": parts,
        "additionalProperties": False,
    }


def _object(variables: Iterable[Variable]) -> Json:
    properties = {variable.key: of(variable) for variable in variables}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _list(roster: Roster) -> Json:
    return {
        "type": "array",
        "title": f"{roster.form_ref} {roster.label.id}",
        "description": roster.label.en,
        "maxItems": roster.max_rows,
        "items": _object(roster.fields.values()),
    }


def of(variable: Variable) -> Json:
    """The schema of one answer."""
    schema: Json = {
        "title": f"{variable.form_ref} {variable.label.id}",
        "description": variable.label.en,
        "type": [JSON_TYPES[variable.type], "null"],
        "x-form-ref": variable.form_ref,
        "minimum": variable.min,
        "exclusiveMinimum": variable.min_exclusive,
        "maximum": variable.max,
        "maxLength": variable.max_length,
        "pattern": variable.pattern,
        "x-unit": variable.unit,
    }
    schema = {name: value for name, value in schema.items() if value is not None}
    if variable.choices:
        schema |= {"enum": [*variable.choices, None], "x-labels": _by_code(variable.choices)}
    if variable.bits:
        schema["x-bits"] = _by_code(variable.bits)
    if variable.type is Type.TEXT:
        schema = {"minLength": 1, "pattern": PRINTABLE} | schema
    return schema


def _by_code(choices: Mapping[int, Said]) -> Json:
    return {str(code): {"id": said.id, "en": said.en} for code, said in choices.items()}


def described(variable: Variable) -> Json:
    """Everything that the file says of a question, without what it leaves out."""
    plain = {each.name: getattr(variable, each.name) for each in fields(variable)}
    plain = {
        k: v for k, v in plain.items() if k not in PYTHONS and v is not None and v is not False
    }
    return {
        **plain,
        **_labelled(variable.label),
        **_unless_empty("choices", _coded(variable.choices)),
        **_unless_empty("bits", _coded(variable.bits)),
        **_unless_empty("applies_if", [_told(each) for each in variable.applies_if]),
        **_unless_empty("accepted_unasked", sorted(variable.accepted_unasked)),
        **_unless_empty("counts_as_member", sorted(variable.counts_as_member)),
    }


def described_roster(roster: Roster) -> Json:
    return {
        "key": roster.key,
        "form_ref": roster.form_ref,
        **_labelled(roster.label),
        "max_rows": roster.max_rows,
        **({"needed": roster.needed} if roster.needed else {}),
        **({"group": roster.group} if roster.group else {}),
        **({"kept_in": roster.kept_in} if roster.kept_in else {}),
        **_unless_empty("applies_if", [_told(each) for each in roster.applies_if]),
        "fields": [described(each) for each in roster.fields.values()],
    }


def _labelled(said: Said) -> Json:
    return {"label_id": said.id, "label_en": said.en}


def _coded(choices: Mapping[int, Said]) -> list[Json]:
    return [{"code": code, **_labelled(said)} for code, said in choices.items()]


def _unless_empty(name: str, value: list[Any]) -> Json:
    return {name: value} if value else {}


def _told(condition: Condition) -> Json:
    return {
        "rule": condition.rule,
        "when": {key: _wanted(wanted) for key, wanted in condition.tests.items()},
    }


def _wanted(wanted: Wanted) -> Json:
    if isinstance(wanted, Span):
        return {"min": wanted.min, "max": wanted.max}
    return {"any_of": sorted(wanted)}
