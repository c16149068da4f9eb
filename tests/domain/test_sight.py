"""What each role reads, written out a second time by hand from the architecture's table."""

from dataclasses import asdict, replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis.strategies import frozensets, sampled_from

from app.domain.actors import TIERS_OF, Actor, Role
from app.domain.agreements import Agreement, AgreementExpired, FieldGroup
from app.domain.questionnaire.codebooks import CODEBOOKS
from app.domain.questionnaire.questions import Type
from app.domain.regions import INDONESIA, Region, Tier
from app.domain.sight import (
    NOTHING,
    SIGHT_OF,
    USUAL_PURPOSE_OF,
    Purpose,
    ReadsNobody,
    granted,
    sight_as_agreed,
    sight_of,
    sight_of_people,
)

# role | identity | NIK and KK in clear | survey | health, pregnancy, school | programmes
BY_THE_BOOK = """
enumerator              yes     yes     yes      yes  yes
village_operator        yes     yes     yes      yes  yes
village_head            yes     yes     yes      yes  yes
regency_operator        yes     yes     yes      yes  yes
regency_verifier        yes     yes     yes      yes  yes
ministry_analyst        yes     yes     yes      yes  yes
district_officer        yes     masked  yes      no   yes
province_officer        yes     masked  yes      no   yes
regency_endorser        yes     masked  summary  no   yes
ministry_determiner     yes     masked  summary  no   yes
civil_registry_officer  yes     yes     no       no   no
auditor                 masked  masked  no       no   no
regency_admin           no      no      no       no   no
ministry_admin          no      no      no       no   no
integration             no      no      no       no   no
"""
ROWS = [line.split() for line in BY_THE_BOOK.strip().splitlines()]
WORDS: dict[object, str] = {
    "clear": "yes",
    "full": "yes",
    "hidden": "no",
    True: "yes",
    False: "no",
}


def test_the_book_speaks_of_every_role():
    assert {row[0] for row in ROWS} == set(Role) == set(SIGHT_OF)


@pytest.mark.parametrize(("role", "expected"), [(Role(row[0]), row[1:]) for row in ROWS])
def test_a_role_reads_what_the_book_says(role: Role, expected: list[str]):
    sight = SIGHT_OF[role]
    told = [sight.identity, sight.nik, sight.survey, sight.health, sight.programmes]
    assert [WORDS.get(word, word) for word in told] == expected


@pytest.mark.parametrize("role", sorted(Role))
def test_only_who_reads_something_reads_of_people(role: Role):
    reads_nobody = {Role.REGENCY_ADMIN, Role.MINISTRY_ADMIN, Role.INTEGRATION}
    assert SIGHT_OF[role].of_people is (role not in reads_nobody)


AGREED = Agreement(
    UUID(int=9),
    "045/PKS/2026",
    "Penyaluran bantuan provinsi",
    frozenset(FieldGroup),
    date(2026, 1, 1),
    date(2026, 12, 31),
    in_force=True,
)
# group -> what of a sight it opens; nothing else does
OPENED = {
    FieldGroup.IDENTITY: {"identity", "nik"},
    FieldGroup.SURVEY: {"survey"},
    FieldGroup.HEALTH: {"health"},
    FieldGroup.PROGRAMMES: {"programmes"},
}


class TestAMachine:
    @given(fields=frozensets(sampled_from(FieldGroup)), region=sampled_from(["", "36", "3672"]))
    def test_reads_the_groups_of_its_agreement_and_no_other(
        self, fields: frozenset[FieldGroup], region: str
    ):
        agreement = replace(AGREED, fields=fields)
        machine = Actor(UUID(int=1), Role.INTEGRATION, Region(region), agreement)
        opened = {key for key, value in asdict(sight_of(machine)).items() if WORDS[value] == "yes"}
        assert opened == set().union(*(OPENED[group] for group in fields))

    def test_reads_nothing_without_one(self):
        machine = Actor(UUID(int=1), Role.INTEGRATION, INDONESIA)
        assert sight_of(machine) == NOTHING
        with pytest.raises(ReadsNobody):
            sight_of_people(machine)

    def test_is_told_of_one_that_is_not_in_force(self):
        agreement = replace(AGREED, in_force=False)
        machine = Actor(UUID(int=1), Role.INTEGRATION, INDONESIA, agreement)
        with pytest.raises(AgreementExpired) as refused:
            sight_of(machine)
        assert refused.value.members["number"] == "045/PKS/2026"
        assert sight_as_agreed(machine) == NOTHING

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.INTEGRATION}))
    def test_a_person_reads_by_the_role_whatever_was_agreed(self, role: Role):
        region = Region("3672011001").at(next(tier for tier in Tier if tier in TIERS_OF[role]))
        assert sight_of(Actor(UUID(int=1), role, region, AGREED)) == SIGHT_OF[role]


# Answers in words or numbers of their own that name nobody.
TELLING_NOBODY = {"water_provider_other", "gas_provider_other", "business_description"}


def test_an_answer_that_could_name_somebody_is_not_for_who_reads_no_names():
    """Whatever is asked in free text stands in one of the two lists, also in the next codebook."""
    unnamed = granted({FieldGroup.SURVEY, FieldGroup.HEALTH, FieldGroup.PROGRAMMES}).withheld
    for codebook in CODEBOOKS.values():
        asked = {name: [*codebook.answered(name)] for name in ("household", "members")} | {
            f"rosters.{each.key}": [*each.fields.values()] for each in codebook.answered_rosters
        }
        for place, questions in asked.items():
            texts = {each.key for each in questions if each.type is Type.TEXT}
            assert texts - TELLING_NOBODY == unnamed.get(place, frozenset()), place


def test_every_role_has_a_usual_purpose():
    assert set(USUAL_PURPOSE_OF) == set(Role)
    assert USUAL_PURPOSE_OF[Role.AUDITOR] is Purpose.AUDIT
    assert USUAL_PURPOSE_OF[Role.INTEGRATION] is Purpose.EXTRACT


def test_the_purposes_are_a_closed_list():
    assert set(Purpose) == {"verification", "service", "audit", "extract", "correction"}
