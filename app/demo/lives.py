"""What the form asks of every member (kol 9 to 27), answered so that nothing is at odds."""

from collections.abc import Sequence
from typing import Any

from app.demo.draws import Draw
from app.demo.kinship import MaritalStatus
from app.demo.people import MemberSketch
from app.demo.regencies import Regency

Answers = dict[str, Any]
Weighted = tuple[tuple[float, int], ...]

# fmt: off
DISABILITIES: Weighted = ((0.975, 0), (0.01, 1), (0.005, 2), (0.005, 3), (0.005, 11))
ILLNESSES: Weighted = ((0.55, 0), (0.2, 1), (0.1, 2), (0.05, 5), (0.04, 3), (0.03, 4), (0.03, 7))
LEVELS_OF_ELDERS: Weighted = ((0.72, 1), (0.16, 4), (0.10, 7), (0.02, 10))
LEVELS: Weighted = ((0.34, 1), (0.28, 4), (0.33, 7), (0.05, 10))
ON_THE_LAND: Weighted = ((0.55, 1), (0.2, 3), (0.15, 2), (0.06, 6), (0.04, 7))
IN_TOWN: Weighted = ((0.28, 12), (0.2, 11), (0.18, 9), (0.14, 19), (0.12, 14), (0.08, 13))
STATUS_ON_THE_LAND: Weighted = ((0.35, 2), (0.3, 6), (0.2, 1), (0.15, 8))
STATUS_IN_TOWN: Weighted = ((0.42, 4), (0.3, 1), (0.23, 7), (0.05, 2))
# fmt: on
ISLAMIC = {1: 3, 4: 6, 7: 9}  # madrasah instead of school
GRADES = {1: 6, 4: 3, 7: 3, 10: 4}
ENDS = {1: 13, 4: 16, 7: 19, 10: 23}  # the age at which a level is through
CERTIFICATES = {1: 1, 4: 2, 7: 3, 10: 5}
BELOW = {1: 0, 4: 1, 7: 2, 10: 3}  # the certificate of the level before
FINISHED = 8
BIRTH_CERTIFICATE, STUDENT_CARD, KTP, DRIVING_LICENCE = 1, 2, 4, 8
FERTILE = range(10, 50)
SCHOOL_AGE, PRIMARY, FULL_AGE, OLD = 5, 7, 17, 60
MARRIED_ONCE = frozenset(MaritalStatus) - {MaritalStatus.NEVER_MARRIED}
WITH_CERTIFICATE = {MaritalStatus.MARRIED, MaritalStatus.DIVORCED}
OWN_BUSINESS = {1, 2}


def life(draw: Draw, regency: Regency, member: MemberSketch, age: int, *, carded: bool) -> Answers:
    """`carded`: listed in a family card that has a number."""
    return {
        **_papers(draw, member, age, carded=carded),
        **_health(draw, member, age),
        **_school(draw, regency, age),
        **_work(draw, regency, member, age),
        **_cards(draw, age),
        "presence": 1,
    }


def _papers(draw: Draw, member: MemberSketch, age: int, *, carded: bool) -> Answers:
    held = BIRTH_CERTIFICATE if draw.chance(0.9 if age < FULL_AGE else 0.5) else 0
    if age >= FULL_AGE:
        held += KTP + (DRIVING_LICENCE if draw.chance(0.2) else 0)
    answers: Answers = {"in_family_card": carded, "identity_documents": held}
    if member.marital_status in WITH_CERTIFICATE:
        answers["marriage_document"] = draw.whole(0, 2)
    if member.nik:
        answers["nik_matches_document"] = 1
    return answers


def _health(draw: Draw, member: MemberSketch, age: int) -> Answers:
    ill = draw.among(ILLNESSES) if age >= OLD else int(draw.chance(0.03))
    answers: Answers = {"disability": draw.among(DISABILITIES), "chronic_illness": ill}
    if member.sex == "female" and age in FERTILE and member.marital_status in MARRIED_ONCE:
        answers["pregnant"] = draw.chance(0.04)
    return answers


def _school(draw: Draw, regency: Regency, age: int) -> Answers:
    if age < SCHOOL_AGE:
        return {}
    if age < PRIMARY or (age >= OLD and draw.chance(0.2)):
        return {"school_participation": 0}
    grade = _grade_at(age)
    if grade and draw.chance(_stays(age)):
        level, at = grade
        return _schooling(1, _kind(draw, regency, level), at, BELOW[level])
    return _schooling_that_ended(draw, regency, age)


def _schooling_that_ended(draw: Draw, regency: Regency, age: int) -> Answers:
    drawn = draw.among(LEVELS_OF_ELDERS if age >= OLD else LEVELS)
    through = [level for level, end in ENDS.items() if end <= age]
    if not through:
        return _schooling(2, 1, draw.whole(1, max(1, age - PRIMARY)), 0)
    level = min(drawn, through[-1])
    if draw.chance(0.8):
        return _schooling(2, _kind(draw, regency, level), FINISHED, CERTIFICATES[level])
    return _schooling(2, level, draw.whole(1, GRADES[level] - 1), BELOW[level])


def _grade_at(age: int) -> tuple[int, int] | None:
    """Level and grade of whoever goes to school at that age and never repeated."""
    first = PRIMARY
    for level, grades in GRADES.items():
        if first <= age < first + grades:
            return level, age - first + 1
        first += grades
    return None


def _stays(age: int) -> float:
    return {1: 0.99, 4: 0.95, 7: 0.7, 10: 0.12}[(_grade_at(age) or (10, 0))[0]]


def _kind(draw: Draw, regency: Regency, level: int) -> int:
    return ISLAMIC.get(level, level) if not regency.pigs and draw.chance(0.2) else level


def _schooling(participation: int, level: int, grade: int, certificate: int) -> Answers:
    return {
        "school_participation": participation,
        "education_level": level,
        "highest_grade": grade,
        "highest_certificate": certificate,
    }


def _work(draw: Draw, regency: Regency, member: MemberSketch, age: int) -> Answers:
    likely = 0.85 if member.sex == "male" else 0.4
    if age < FULL_AGE or not draw.chance(likely / (2 if age >= OLD else 1)):
        return {"worked_last_week": False}
    farms = draw.chance(regency.farming)
    return {
        "worked_last_week": True,
        "weekly_work_hours": draw.whole(12, 56),
        "work_sector": draw.among(ON_THE_LAND if farms else IN_TOWN),
        "work_status": draw.among(STATUS_ON_THE_LAND if farms else STATUS_IN_TOWN),
    }


def _cards(draw: Draw, age: int) -> Answers:
    insured = draw.chance(0.6)
    answers: Answers = {
        "holds_kks": age >= FULL_AGE and draw.chance(0.15),
        "holds_pbi": insured,
        "holds_kip": PRIMARY <= age <= FULL_AGE and draw.chance(0.3),
        "in_pkh": draw.chance(0.1),
        "holds_sembako": age >= FULL_AGE and draw.chance(0.15),
    }
    if insured:
        answers["pbi_number"] = f"000{draw.whole(10**9, 10**10 - 1)}"
    return answers


def participation(draw: Draw, lives: Sequence[Answers]) -> Answers:
    """What the household takes part in, as its members say."""
    held = {"has_kks": "holds_kks", "has_kip": "holds_kip", "has_kis": "holds_pbi"}
    return {
        **{key: any(life[of] for life in lives) for key, of in held.items()},
        "has_pkh": any(life["in_pkh"] for life in lives),
        "has_bpjs_independent": draw.chance(0.05),
        "has_jamsostek": draw.chance(0.08),
        "has_other_health_insurance": draw.chance(0.01),
        "has_rastra": draw.chance(0.1),
        "has_kur": draw.chance(0.04),
    }
