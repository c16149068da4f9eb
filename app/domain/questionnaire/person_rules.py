"""Rules about one person: what was answered for them, and what their record says."""

from collections import Counter
from collections.abc import Iterator, Mapping

from app.domain.niks import CARD_SAID, OLDEST, SAID, NikCode, NikVerdict, check_family_card
from app.domain.questionnaire.kin_rules import NEVER_MARRIED
from app.domain.questionnaire.sheets import Broken, Check, Look, is_gone

MISMATCHES = (NikCode.MISMATCH_SEX, NikCode.MISMATCH_BIRTH_DATE)


def _certificate_above_level(look: Look) -> Iterator[Broken]:
    highest = look.rule.parameters["highest_by_level"]
    for member in look.sheet.members:
        level = look.answered(member, "education_level")
        certificate = look.answered(member, "highest_certificate")
        if certificate is not None and certificate > highest.get(level, certificate):
            yield look.answer(member, "highest_certificate")


def _certificate_without_completing(look: Look) -> Iterator[Broken]:
    completed = look.rule.parameters["completed"]
    highest = look.rule.parameters["highest_by_level"]
    for member in look.sheet.members:
        grade = look.answered(member, "highest_grade")
        certificate = look.answered(member, "highest_certificate")
        own_level = highest.get(look.answered(member, "education_level"))
        if certificate and certificate == own_level and grade not in {None, completed}:
            yield look.answer(member, "highest_certificate")


def _public_employees(look: Look) -> Iterator[Broken]:
    for member in look.sheet.members:
        if look.answered(member, "work_status") == look.rule.parameters["status"]:
            yield look.answer(member, "work_status")


def _identity_cards_of_the_young(look: Look) -> Iterator[Broken]:
    grown, bit = look.rule.parameters["age"], look.rule.parameters["bit"]
    for member in look.sheet.members:
        age = look.sheet.age(member)
        unmarried = member.marital_status in {None, NEVER_MARRIED}
        has_one = (look.answered(member, "identity_documents") or 0) & bit
        if has_one and unmarried and age is not None and age < grown:
            yield look.answer(member, "identity_documents")


def _niks_that_cannot_be(look: Look) -> Iterator[Broken]:
    for member in look.sheet.members:
        if member.nik_verdict is NikVerdict.INVALID:
            yield look.record(member, "nik", SAID[NikCode(member.nik_codes[0])])


def _niks_that_say_otherwise(look: Look) -> Iterator[Broken]:
    for member in look.sheet.members:
        for code in MISMATCHES:
            if code in member.nik_codes:
                yield look.record(member, "nik", SAID[code])


def _niks_repeated(look: Look) -> Iterator[Broken]:
    count = Counter(member.nik for member in look.sheet.members if member.nik)
    for member in look.sheet.members:
        if member.nik and count[member.nik] > 1:
            yield look.record(member, "nik")


def _niks_held_elsewhere(look: Look) -> Iterator[Broken]:
    for member in look.sheet.members:
        if member.id in look.held_elsewhere:
            yield look.record(member, "nik")


def _born_after_the_survey(look: Look) -> Iterator[Broken]:
    for member in look.sheet.members:
        if member.birth_date is not None and member.birth_date > look.sheet.surveyed_on:
            yield look.record(member, "birth_date")


def _too_old(look: Look) -> Iterator[Broken]:
    for member in look.sheet.members:
        if (look.sheet.age(member) or 0) > OLDEST:
            yield look.record(member, "birth_date")


def _digits_in_names(look: Look) -> Iterator[Broken]:
    for member in look.sheet.members:
        if any(character.isdigit() for character in member.name):
            yield look.record(member, "name")


def _signs_and_titles(look: Look) -> Iterator[Broken]:
    signs, titles = set(look.rule.parameters["signs"]), look.rule.parameters["titles"]
    for member in look.sheet.members:
        first, *others = member.name.casefold().split() or [""]
        if signs & set(member.name) or (others and first in titles):
            yield look.record(member, "name")


def _listed_without_a_card(look: Look) -> Iterator[Broken]:
    cards = {family.id: family.card_number for family in look.sheet.families}
    for member in look.sheet.members:
        listed = look.answered(member, "in_family_card")
        if listed and member.family_id in cards and not cards[member.family_id]:
            yield look.answer(member, "in_family_card")


def _cards_that_cannot_be(look: Look) -> Iterator[Broken]:
    cites = look.codebook.rosters["family_cards"].form_ref
    for family in look.sheet.families:
        found = check_family_card(family.card_number)
        if found.verdict is NikVerdict.INVALID:
            said = CARD_SAID[found.codes[0]]
            yield Broken(f"/families/{family.id}/card_number", cites, said=said)


def _gone(look: Look) -> Iterator[Broken]:
    asked = look.codebook.presence
    for member in look.sheet.members:
        if asked is not None and is_gone(look.codebook, look.sheet, member):
            yield look.answer(member, asked.key)


CHECKS: Mapping[str, Check] = {
    "M12": _certificate_above_level,
    "M13": _certificate_without_completing,
    "M15": _public_employees,
    "M17": _identity_cards_of_the_young,
    "M18": _niks_that_cannot_be,
    "M19": _niks_that_say_otherwise,
    "M20": _niks_repeated,
    "M21": _niks_held_elsewhere,
    "M22": _born_after_the_survey,
    "M23": _too_old,
    "M24": _digits_in_names,
    "M25": _signs_and_titles,
    "M26": _listed_without_a_card,
    "M27": _cards_that_cannot_be,
    "M29": _gone,
}
