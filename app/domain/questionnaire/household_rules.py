"""Rules that relate the household's counts and lists to the people in it."""

from collections.abc import Iterable, Iterator, Mapping

from app.domain.questionnaire.sheets import Broken, Check, Look, Member

MOST_CARDS = 10
FEMALE = 2


def _member_count(look: Look) -> Iterator[Broken]:
    return _counted(look, "member_count", len(look.present))


def _family_count(look: Look) -> Iterator[Broken]:
    families = {member.family_id for member in look.present if member.family_id is not None}
    return _counted(look, "family_count", len(families))


def _counted(look: Look, key: str, count: int) -> Iterator[Broken]:
    said = look.sheet.of("counts").get(key)
    if said is not None and said != count:
        cites = look.codebook.sections["counts"][key].form_ref
        yield Broken(f"/counts/{key}", cites, {"count": count}, in_answers=True)


def _cards(look: Look) -> Iterator[Broken]:
    cites = look.codebook.rosters["family_cards"].form_ref
    for family in look.sheet.families:
        if not family.card_number:
            yield Broken(f"/families/{family.id}/card_number", cites)


def _too_many_cards(look: Look) -> Iterator[Broken]:
    count = len(look.sheet.families)
    if count > MOST_CARDS:
        cites = look.codebook.rosters["family_cards"].form_ref
        yield Broken("/families", cites, {"count": count})


def _businesses(look: Look) -> Iterator[Broken]:
    return _named(look, "business", "member_number", look.sheet.members)


def _women(look: Look) -> Iterator[Broken]:
    women = [member for member in look.sheet.members if member.sex == FEMALE]
    return _named(look, "women_kb_2015", "woman_member_number", women)


def _named(look: Look, roster: str, key: str, members: Iterable[Member]) -> Iterator[Broken]:
    numbers = {member.number for member in members}
    cites = look.codebook.rosters[roster].fields[key].form_ref
    for place, row in enumerate(look.sheet.rows(roster)):
        if row.get(key) is not None and row[key] not in numbers:
            yield Broken(f"/rosters/{roster}/{place}/{key}", cites, in_answers=True)


CHECKS: Mapping[str, Check] = {
    "H13": _member_count,
    "H14": _family_count,
    "H15": _cards,
    "H16": _too_many_cards,
    "B01": _businesses,
    "K01": _women,
}
