"""What each role reads, written out a second time by hand from the architecture's table."""

import pytest

from app.domain.actors import Role
from app.domain.sight import SIGHT_OF, USUAL_PURPOSE_OF, Purpose

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
WORDS = {"clear": "yes", "full": "yes", "hidden": "no", True: "yes", False: "no"}


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


def test_every_role_has_a_usual_purpose():
    assert set(USUAL_PURPOSE_OF) == set(Role)
    assert USUAL_PURPOSE_OF[Role.AUDITOR] is Purpose.AUDIT
    assert USUAL_PURPOSE_OF[Role.INTEGRATION] is Purpose.EXTRACT


def test_the_purposes_are_a_closed_list():
    assert set(Purpose) == {"verification", "service", "audit", "extract", "correction"}
