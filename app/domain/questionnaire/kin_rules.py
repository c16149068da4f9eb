"""Rules about who is whose: heads, spouses, children, and the order in which they stand."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from uuid import UUID

from app.domain.questionnaire.sheets import Broken, Check, Look, Member

HEAD, SPOUSE, CHILD, IN_LAW, GRANDCHILD, PARENT, SERVANT, OTHER = range(1, 9)
NEVER_MARRIED, MARRIED = 1, 2
TO_HOUSEHOLD, TO_FAMILY = "relation_to_household_head", "relation_to_family_head"


def families(members: Sequence[Member]) -> dict[UUID, list[Member]]:
    found: dict[UUID, list[Member]] = {}
    for member in members:
        if member.family_id is not None:
            found.setdefault(member.family_id, []).append(member)
    return found


def _one_household_head(look: Look) -> Iterator[Broken]:
    count = len(_in_relation(look.present, TO_HOUSEHOLD, HEAD))
    if count != 1:
        cites = look.codebook.of_member(TO_HOUSEHOLD).form_ref
        yield Broken("/members", cites, {"count": count})


def _one_family_head(look: Look) -> Iterator[Broken]:
    cites = look.codebook.of_member(TO_FAMILY).form_ref
    known = {family.id for family in look.sheet.families}
    for family_id, own in families(look.present).items():
        count = len(_in_relation(own, TO_FAMILY, HEAD))
        if family_id in known and count != 1:
            yield Broken(f"/families/{family_id}", cites, {"count": count})


def _household_head_heads_a_family(look: Look) -> Iterator[Broken]:
    for head in _in_relation(look.present, TO_HOUSEHOLD, HEAD):
        if head.relation_to_family_head not in {None, HEAD}:
            yield look.record(head, TO_FAMILY)


def _spouses(look: Look) -> Iterator[Broken]:
    for spouse, head, _ in _related(look, {SPOUSE}):
        if spouse.sex is not None and spouse.sex == head.sex:
            yield look.record(spouse, "sex")
        if spouse.marital_status not in {None, MARRIED}:
            yield look.record(spouse, "marital_status")


def _generations(look: Look) -> Iterator[Broken]:
    for member, head, relation in _related(look, {CHILD, PARENT}):
        older, younger = (head, member) if relation == CHILD else (member, head)
        born = older.birth_date, younger.birth_date
        if born[0] is not None and born[1] is not None and born[0] >= born[1]:
            yield look.record(member, "birth_date")


def _order(look: Look) -> Iterator[Broken]:
    """The first who stands too late; those without a number stand nowhere."""
    numbered = [member for member in look.present if member.number is not None]
    numbered.sort(key=lambda member: member.number or 0)
    for before, after in pairwise(numbered):
        if _rank(after) < _rank(before):
            yield look.record(after, "member_number")
            return


def _rank(member: Member) -> tuple[int, date]:
    relation = member.relation_to_household_head
    unmarried = relation == CHILD and member.marital_status in {None, NEVER_MARRIED}
    place = UNMARRIED_CHILD if unmarried else PLACES.get(relation, OTHERS)
    return place, (member.birth_date if unmarried else None) or date.min


def _related(look: Look, relations: set[int]) -> Iterator[tuple[Member, Member, int]]:
    """Who stands so to which head, of the household or of the family; once each."""
    groups = [(look.present, TO_HOUSEHOLD)]
    groups += [(own, TO_FAMILY) for own in families(look.present).values()]
    told = set()
    for members, column in groups:
        heads = _in_relation(members, column, HEAD)
        for relation in relations:
            for member in _in_relation(members, column, relation):
                if heads and (member.id, heads[0].id, relation) not in told:
                    told.add((member.id, heads[0].id, relation))
                    yield member, heads[0], relation


def _in_relation(members: Sequence[Member], column: str, relation: int) -> list[Member]:
    return [member for member in members if getattr(member, column) == relation]


UNMARRIED_CHILD, OTHERS = 2, 4
PLACES: Mapping[int | None, int] = {
    HEAD: 0,
    SPOUSE: 1,
    CHILD: 3,  # married, with a family
    IN_LAW: 3,
    GRANDCHILD: 3,
    OTHER: OTHERS,
    PARENT: 5,
    SERVANT: 6,
}
CHECKS: Mapping[str, Check] = {
    "M01": _one_household_head,
    "M02": _one_family_head,
    "M03": _household_head_heads_a_family,
    "M04": _spouses,
    "M05": _generations,
    "M31": _order,
}
