"""What a search asks for: a bounded tree of comparisons, made of any of the three query forms.

- `idtype-value`: an identifier and its value;
- `expression`: `{"$and": [{"group_size": {"$lt": 5}}]}`, in the manner of MongoDB;
- `predicate`: a list of pairs `expression1`, `condition`, `expression2`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from app.domain.agreements import FieldGroup
from app.domain.errors import Said
from app.domain.sight import Purpose
from app.domain.spdci.attributes import (
    ATTRIBUTES,
    IDENTIFIERS,
    Attribute,
    Entity,
    Key,
    known,
    named,
    value_of,
)
from app.domain.spdci.reading import Json, whole_number
from app.domain.spdci.words import Code, Rejected

MOST_COMPARISONS = 20
MOST_VALUES = 50
DEEPEST = 4
MOST_SORTS = 3
DIRECTIONS = ["asc", "desc"]  # what was sent may be of any kind
USUAL_PAGE, LARGEST_PAGE = 50, 100
MOST_FOUND = 10_000


class Operator(StrEnum):
    EQ = "eq"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    IN = "in"


@dataclass(frozen=True)
class Comparison:
    attribute: Attribute
    operator: Operator
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Joined:
    NOT: ClassVar[str] = "not"

    how: str  # and, or, not
    parts: "tuple[Condition, ...]"


Condition = Comparison | Joined


@dataclass(frozen=True)
class Page:
    size: int = USUAL_PAGE
    number: int = 1


@dataclass(frozen=True)
class Sorted:
    key: Key
    descending: bool


@dataclass(frozen=True)
class Query:
    entity: Entity
    condition: Condition
    order: tuple[Sorted, ...]
    page: Page


QUERY_TYPE = Said(
    id="query_type adalah idtype-value, expression atau predicate.",
    en="query_type is idtype-value, expression or predicate.",
)
FORM = Said(
    id="Bentuk query tidak sesuai dengan query_type; lihat dokumentasi.",
    en="The form of the query does not fit its query_type; see the documentation.",
)
NO_IDENTIFIER = Said(
    id="Jenis pengenal ini tidak dikenal. Pakai UIN (NIK), KK atau DTKS.",
    en="This kind of identifier is not known. Use UIN (the NIK), KK or DTKS.",
)
OPERATOR = Said(
    id="Operator ini tidak dapat dipakai untuk {name}.",
    en="This operator cannot be used for {name}.",
)
TOO_LARGE = Said(
    id="Query terlalu besar: paling banyak {most} perbandingan, {values} nilai, {deep} tingkat.",
    en="The query is too large: {most} comparisons, {values} values and {deep} levels at most.",
)
TOO_MANY = Said(
    id="Lebih dari 10.000 data ditemukan. Persempit, misalnya menurut wilayah (location).",
    en="More than 10,000 records were found. Narrow it down, by region (location) for example.",
)
ENTITY = Said(id="response_entity adalah Group atau Member.", en="It is Group or Member.")
PAGINATION = Said(
    id="page_size dan page_number adalah bilangan bulat mulai 1.",
    en="page_size and page_number are whole numbers from 1.",
)
SORT = Said(
    id="Urutan hanya menurut {names}, asc atau desc, paling banyak {most}.",
    en="It is sorted by {names}, asc or desc, {most} at most.",
)


def _too_large() -> Rejected:
    most, values, deep = MOST_COMPARISONS, MOST_VALUES, DEEPEST
    return Rejected(Code.CRITERIA, TOO_LARGE, most=most, values=values, deep=deep)


def read_page(criteria: Json, reference: str | None = None) -> Page:
    """A page larger than ours is cut to it: the answer says how many it holds."""
    sent = criteria.get("pagination")
    if sent is None or sent == "":
        return Page()
    if not isinstance(sent, dict):
        raise Rejected(Code.PAGINATION, PAGINATION, reference_id=reference)

    def number(name: str, usual: int) -> int:
        return whole_number(
            sent.get(name, usual), Code.PAGINATION, PAGINATION, least=1, reference=reference
        )

    return Page(min(number("page_size", USUAL_PAGE), LARGEST_PAGE), number("page_number", 1))


def purpose_of(criteria: Json) -> Purpose | None:
    """What a consent or an authorisation says it is for, where it is one of our purposes."""
    for name in ("consent", "authorize"):
        said = criteria.get(name)
        purpose = said.get("purpose") if isinstance(said, dict) else None
        code = purpose.get("code") if isinstance(purpose, dict) else None
        if isinstance(code, str) and code in set(Purpose):
            return Purpose(code)
    return None


def understand(criteria: Json, granted: frozenset[FieldGroup]) -> Query:
    kind, query = criteria.get("query_type"), criteria.get("query")
    if not isinstance(kind, str) or kind not in _READERS:
        raise Rejected(Code.CRITERIA, QUERY_TYPE)
    # Published examples call a list of predicates an expression.
    kind = "predicate" if isinstance(query, list) else kind
    collection, condition = _READERS[kind](query, granted)
    if _comparisons(condition) > MOST_COMPARISONS:
        raise _too_large()
    entity = _entity(criteria.get("response_entity") or collection, condition)
    order = _order(criteria.get("sort"), entity, granted)
    return Query(entity, condition, order, read_page(criteria))


def _comparisons(condition: Condition) -> int:
    return 1 if isinstance(condition, Comparison) else sum(map(_comparisons, condition.parts))


_ENTITIES = {
    "group": Entity.GROUP, "household": Entity.GROUP, "family": Entity.GROUP,
    "member": Entity.MEMBER, "person": Entity.MEMBER, "srperson": Entity.MEMBER,
    "individual": Entity.MEMBER,
}  # fmt: skip


def _entity(said: object, condition: Condition) -> Entity:
    if said is None:
        of_card = isinstance(condition, Comparison) and condition.attribute.key is Key.CARD_NUMBER
        return Entity.GROUP if of_card else Entity.MEMBER
    name = said.rpartition(":")[2].casefold() if isinstance(said, str) else ""
    if name not in _ENTITIES:
        raise Rejected(Code.CRITERIA, ENTITY)
    return _ENTITIES[name]


Read = tuple[object, Condition]


def _identifier(query: object, granted: frozenset[FieldGroup]) -> Read:
    if not isinstance(query, dict):
        raise Rejected(Code.CRITERIA, FORM)
    found = known(query.get("type"))
    if found is None or found.key not in IDENTIFIERS:
        raise Rejected(Code.CRITERIA, NO_IDENTIFIER)
    attribute = named(query.get("type"), granted)
    return None, Comparison(attribute, Operator.EQ, (value_of(attribute, query.get("value")),))


# --- expressions


def _expression(query: object, granted: frozenset[FieldGroup]) -> Read:
    value = query.get("value") if isinstance(query, dict) else None
    found = value.get("expression") if isinstance(value, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("query"), dict):
        raise Rejected(Code.CRITERIA, FORM)
    return found.get("collection"), _node(found["query"], granted, 1)


def _node(node: object, granted: frozenset[FieldGroup], depth: int) -> Condition:
    if not isinstance(node, dict) or not node:
        raise Rejected(Code.CRITERIA, FORM)
    if depth > DEEPEST or len(node) > MOST_COMPARISONS:
        raise _too_large()
    parts = tuple(part for name, sent in node.items() for part in _part(name, sent, granted, depth))
    return parts[0] if len(parts) == 1 else Joined("and", parts)


def _part(
    name: str, sent: object, granted: frozenset[FieldGroup], depth: int
) -> Iterator[Condition]:
    if name in {"$and", "$or"}:
        if not isinstance(sent, list) or not 1 <= len(sent) <= MOST_COMPARISONS:
            raise Rejected(Code.CRITERIA, FORM)
        yield Joined(name[1:], tuple(_node(each, granted, depth + 1) for each in sent))
    elif name == "$not":
        yield Joined("not", (_node(sent, granted, depth + 1),))
    else:
        attribute = named(name, granted)
        compared = sent if isinstance(sent, dict) else {"$eq": sent}
        if not compared:
            raise Rejected(Code.CRITERIA, FORM)
        for operator, value in compared.items():
            yield _compared(attribute, operator.removeprefix("$"), value)


_ALSO_CALLED = {"gte": Operator.GE, "lte": Operator.LE}


def _compared(attribute: Attribute, said: object, sent: object) -> Comparison:
    called = said.casefold() if isinstance(said, str) else ""
    operator = _ALSO_CALLED.get(called, called)
    equals = {Operator.EQ, Operator.IN}
    if operator not in set(Operator) or not (attribute.ordered or operator in equals):
        raise Rejected(Code.CRITERIA, OPERATOR, name=attribute.key.value)
    several = sent if isinstance(sent, list) and operator == Operator.IN else [sent]
    if not 1 <= len(several) <= MOST_VALUES:
        raise _too_large()
    values = tuple(value_of(attribute, each) for each in several)
    return Comparison(attribute, Operator(operator), values)


# --- predicates


def _predicates(query: object, granted: frozenset[FieldGroup]) -> Read:
    if not isinstance(query, list) or not 1 <= len(query) <= MOST_COMPARISONS:
        raise Rejected(Code.CRITERIA, FORM)
    parts = tuple(_predicate(each, granted) for each in query)
    return None, parts[0] if len(parts) == 1 else Joined("and", parts)


def _predicate(sent: object, granted: frozenset[FieldGroup]) -> Condition:
    """A published example has an `expression3`; JSON keeps one `condition` for all of them."""
    if not isinstance(sent, dict) or not sent.get("expression1"):
        raise Rejected(Code.CRITERIA, FORM)
    how = sent.get("condition") or "and"
    if not isinstance(how, str) or how not in {"and", "or", "not"}:
        raise Rejected(Code.CRITERIA, FORM)
    names = [f"expression{number}" for number in range(1, 4)]
    first, *others = [_one(sent[name], granted) for name in names if sent.get(name)]
    if not others:
        return first
    if how == "not":
        return Joined("and", (first, *(Joined("not", (each,)) for each in others)))
    return Joined(how, (first, *others))


def _one(sent: object, granted: frozenset[FieldGroup]) -> Comparison:
    if not isinstance(sent, dict):
        raise Rejected(Code.CRITERIA, FORM)
    attribute = named(sent.get("attribute_name"), granted)
    return _compared(attribute, sent.get("operator"), sent.get("attribute_value"))


_READERS = {"idtype-value": _identifier, "expression": _expression, "predicate": _predicates}


# --- the order


def _order(sent: object, of: Entity, granted: frozenset[FieldGroup]) -> tuple[Sorted, ...]:
    if sent is None or sent == "":
        return ()
    lines = [sent] if isinstance(sent, Mapping) else sent
    if not isinstance(lines, list) or len(lines) > MOST_SORTS:
        raise _no_order(of)
    return tuple(_sorted(each, of, granted) for each in lines)


def _sorted(sent: object, of: Entity, granted: frozenset[FieldGroup]) -> Sorted:
    if not isinstance(sent, dict):
        raise _no_order(of)
    attribute = named(sent.get("attribute_name"), granted, Code.SORT)
    direction = sent.get("sort_order") or "asc"
    if of not in attribute.sorts or direction not in DIRECTIONS:
        raise _no_order(of)
    return Sorted(attribute.key, direction == "desc")


def _no_order(of: Entity) -> Rejected:
    names = ", ".join(each.key for each in ATTRIBUTES.values() if of in each.sorts)
    return Rejected(Code.SORT, SORT, names=names, most=MOST_SORTS)
