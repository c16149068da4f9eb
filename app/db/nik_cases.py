"""Finding NIK cases, and those of whom there should be one, and telling of them."""

import json
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import sight as shown
from app.db.facts import words
from app.db.pages import Asked, page
from app.db.plain import plain
from app.db.scope import lies_within, one_of
from app.db.sessions import Reading
from app.db.tables.nik_cases import IS_UNSETTLED, NikCase
from app.domain.actors import Actor, Role
from app.domain.facts import Fact
from app.domain.nik_cases import (
    CIVIL_REGISTRY,
    NIK_CASES,
    UNSETTLED,
    NikCaseNotFound,
    NikProblem,
)
from app.domain.niks import SEQUENCE, NikVerdict
from app.domain.regions import Region
from app.domain.sight import Shown, Sight, sight_of

# What is wrong with the NIK of a member `m`, and with the card of his family `f`: as they are now.
_NIK_PROBLEMS = f"""CASE m.nik_verdict WHEN '{NikVerdict.MISSING}' THEN
    '{{{NikProblem.MISSING}}}'::text[] ELSE m.nik_codes END"""
# The rules of `check_family_card`, for many at once; tests hold the two together.
CARD_PROBLEMS = f"""CASE
    WHEN f.card_number !~ '^[0-9]{{16}}$' THEN '{{{NikProblem.CARD_FORMAT}}}'::text[]
    WHEN f.card_number ~ '^(00|(.)\\2{{15}}$|{SEQUENCE}$)'
        THEN '{{{NikProblem.CARD_PLACEHOLDER}}}'::text[]
    ELSE '{{}}'::text[] END"""
PROBLEMS = f"({_NIK_PROBLEMS} || {CARD_PROBLEMS})"

_WANTING = text(f"""
SELECT m.id, m.household_id, m.scope_code, {PROBLEMS} AS problems
FROM member m JOIN household h ON h.id = m.household_id LEFT JOIN family f ON f.id = m.family_id
WHERE m.scope_code BETWEEN :first AND :last AND m.state <> 'inactive' AND h.state <> 'inactive'
    AND (m.nik_verdict <> ALL (CAST(:unlike AS text[])) OR cardinality({CARD_PROBLEMS}) > 0)
    AND NOT EXISTS (SELECT FROM nik_case c WHERE c.member_id = m.id
        AND c.scope_code = m.scope_code AND c.{IS_UNSETTLED})
ORDER BY m.scope_code, m.id LIMIT :most
""")
# Who is taken out with his whole household is not marked himself.
_GONE = "(m.id IS NULL OR m.state = 'inactive' OR h.state = 'inactive')"
_ENDED = f"""
SELECT c.id, {_GONE} AS gone
FROM nik_case c
LEFT JOIN member m ON m.id = c.member_id AND m.household_id = c.household_id
LEFT JOIN household h ON h.id = m.household_id
LEFT JOIN family f ON f.id = m.family_id
WHERE c.scope_code BETWEEN :first AND :last AND c.{IS_UNSETTLED} AND {{among}}
    AND ({_GONE} OR cardinality({PROBLEMS}) = 0)
ORDER BY c.scope_code, c.id LIMIT :most
"""
_OF_HOUSEHOLDS = text(_ENDED.replace("{among}", "c.household_id = ANY (:households)"))
_ANYWHERE = text(_ENDED.replace("{among}", "true"))
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('siks nik cases'), :regency)")
MOST = 100_000  # of the households of one transaction
Ended = tuple[Any, bool]


async def find(session: AsyncSession, case_id: UUID, *, within: Region, by: Actor) -> NikCase:
    """The civil registry finds what it was asked."""
    found = select(NikCase).where(NikCase.id == case_id, lies_within(NikCase.scope_code, within))
    if by.role in CIVIL_REGISTRY:
        found = found.where(col(NikCase.asked_by).is_not(None))
    case = (await session.exec(found)).one_or_none()
    if case is None:
        raise NikCaseNotFound
    return case


async def found(session: AsyncSession, ids: Collection[UUID], *, within: Region) -> dict[UUID, Any]:
    """Those of them that lie within; to be looked at, and moved by `record_all`."""
    wanted = select(NikCase).where(one_of(NikCase.id, ids), lies_within(NikCase.scope_code, within))
    return {each.id: each for each in await plain(session, NikCase, wanted)}


async def of_member(session: AsyncSession, member_id: UUID, *, within: Region) -> NikCase | None:
    """The case of that person, unless it is settled."""
    found = await session.exec(
        select(NikCase).where(
            NikCase.member_id == member_id,
            col(NikCase.state).in_(UNSETTLED),
            lies_within(NikCase.scope_code, within),
        )
    )
    return found.first()


async def take_turn(session: AsyncSession, region: Region) -> None:
    """One after the other in a regency: the second finds what the first has opened."""
    await session.connection()
    await session.exec(_TURN, params={"regency": region.first // 1_000_000})  # type: ignore[call-overload]


async def wanting(
    session: AsyncSession, *, within: Region, doubtful: bool, most: int
) -> list[Mapping[str, Any]]:
    """Members with something wrong of whom there is no case."""
    unlike = [NikVerdict.VALID, *([] if doubtful else [NikVerdict.VALID_WITH_WARNING])]
    reach = {"first": within.first, "last": within.last}
    connection = await session.connection()
    found = await connection.execute(_WANTING, {**reach, "unlike": unlike, "most": most})
    return [dict(row._mapping) for row in found]  # noqa: SLF001 - SQLAlchemy's public name for it


async def ended(
    session: AsyncSession,
    *,
    within: Region,
    households: Collection[UUID] | None = None,
    most: int = MOST,
) -> list[Ended]:
    """Cases whose number is good now, and those whose person is no longer there (true)."""
    await session.flush()
    connection = await session.connection()
    asked: dict[str, Any] = {"first": within.first, "last": within.last, "most": most}
    statement = _ANYWHERE
    if households is not None:
        statement, asked["households"] = _OF_HOUSEHOLDS, list(households)
    gone: dict[UUID, bool] = {
        row.id: row.gone for row in await connection.execute(statement, asked)
    }
    if not gone:
        return []
    cases = await found(session, gone, within=within)
    return [(each, gone[each.id]) for each in cases.values()]


# --- who may

_WHO = "(SELECT person_nik_of({actor}::uuid))"
_CONDITIONS: dict[Fact, str] = {
    Fact.OWN_WORK: f"""(s.asked_by = {{actor}}::uuid OR CASE WHEN {_WHO} IS NULL THEN false
        ELSE coalesce(person_nik_of(s.asked_by) = {_WHO}, false) END)""",
    Fact.OWN_FAMILY: f"""CASE WHEN {_WHO} IS NULL THEN false ELSE EXISTS (SELECT FROM member o
        WHERE o.household_id = s.household_id AND o.nik = {_WHO} OFFSET 0) END""",
}
_OFFERS = {role: json.dumps(NIK_CASES.offers(role, NIK_CASES.situations(role))) for role in Role}


async def facts_of(session: AsyncSession, case: NikCase, *, by: Actor) -> frozenset[Fact]:
    """What may bar him: that he asked it himself, or lives there."""
    told = ", ".join(f"{sql.format(actor=':actor')} AS {f}" for f, sql in _CONDITIONS.items())
    statement = text(f"SELECT {told} FROM nik_case s WHERE s.id = :id".replace("::uuid", ""))
    connection = await session.connection()
    [row] = await connection.execute(statement, {"actor": by.id, "id": case.id})
    return frozenset(fact for fact in _CONDITIONS if getattr(row, fact))


def _open_to(role: Role, *, offers: str, actor: str) -> str:
    named = [
        f"CASE WHEN {_CONDITIONS[fact].format(actor=actor)} THEN '{fact}' END"
        for fact in NIK_CASES.bars_for(role)
    ]
    situation = f"concat_ws(' ', {', '.join(named)})" if named else "''"
    return f"({offers}::jsonb -> {situation} -> s.state)"


# --- telling

_PERSON = """LEFT JOIN member m ON m.id = s.member_id AND m.household_id = s.household_id
    LEFT JOIN family f ON f.id = m.family_id
    LEFT JOIN household h ON h.id = s.household_id"""
_SUBJECTS = """(SELECT coalesce(array_agg(DISTINCT each), '{}')
    FROM shown s, unnest(array[s.household_id, s.member_id]) AS each)"""


def _line(seen_by: Actor, *, offers: str, actor: str) -> dict[str, str]:
    """What every look at a row `s` tells; numbers masked, as in every list."""
    sight = sight_of(seen_by)
    masked = Shown.MASKED if sight.nik is Shown.CLEAR else sight.nik
    return {
        "version": "s.version",
        "id": "s.id",
        "village_code": "s.scope_code::text",
        "household_id": "s.household_id",
        "member_id": "s.member_id",
        "member_state": "m.state",
        "name": shown.name("m.name", sight.identity),
        "nik": shown.number("m.nik", masked),
        "problems": f"""CASE WHEN m.id IS NULL OR s.state NOT IN ({words(UNSETTLED)})
            THEN s.problems ELSE {PROBLEMS} END""",
        "due_on": "s.due_on",
        "asked_by": "s.asked_by",
        "answered": "s.answer IS NOT NULL",
        "proposal": """(SELECT json_build_object('id', p.id, 'state', p.state)
            FROM proposal p WHERE p.id = s.proposal_id)""",
        "state": "s.state",
        "created_at": "s.created_at",
        "updated_at": "s.updated_at",
        "open_actions": _open_to(seen_by.role, offers=offers, actor=actor),
    }


def _whole(sight: Sight) -> dict[str, str]:
    """What the record says besides, and everybody else in the household: to be judged by."""
    others = """(SELECT coalesce(json_agg(json_build_object(
            'nik', o.nik, 'sex', o.sex, 'birth_date', o.birth_date) ORDER BY o.number, o.id), '[]')
        FROM member o WHERE o.household_id = s.household_id AND o.id <> s.member_id
            AND o.state <> 'inactive')"""
    told = {name: shown.detail(f"m.{name}", sight) for name in ("sex", "birth_place", "birth_date")}
    place = {name: shown.detail(f"h.{name}", sight) for name in ("address", "rt", "rw")}
    return {
        **told,
        **place,
        "nik": shown.number("m.nik", sight.nik),
        "card_number": shown.number("f.card_number", sight.nik),
        "mother_name": shown.name("m.mother_name", sight.identity),
        "answer": shown.side("s.answer", sight),
        "note": shown.words("s.note") if sight.identity is Shown.CLEAR else "NULL::text",
        "others": others if sight.nik is Shown.CLEAR else "'[]'::json",
    }


def _json(told: Mapping[str, str]) -> str:
    pairs = ", ".join(f"'{name}', {sql}" for name, sql in told.items())
    return f"json_build_object({pairs})"


def asked_only(role: Role) -> str:
    """The civil registry reads what it was asked."""
    return "asked_by IS NOT NULL" if role in CIVIL_REGISTRY else "true"


async def document(reading: Reading, case_id: UUID, *, within: Region, seen_by: Actor) -> str:
    """The case with all that it is judged by, in JSON. Who lives with him is read of, too."""
    role = seen_by.role
    told = {**_line(seen_by, offers="$4", actor="$5"), **_whole(sight_of(seen_by))}
    statement = f"""
    SELECT {_json(told)}::text AS body,
        array[s.household_id] || ARRAY(SELECT o.id FROM member o
            WHERE o.household_id = s.household_id AND o.state <> 'inactive') AS subjects
    FROM nik_case s {_PERSON}
    WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3 AND {asked_only(role)}
        AND $5::uuid IS NOT NULL"""
    reach = (within.first, within.last, _OFFERS[role], seen_by.id)
    body = await reading.document(statement, case_id, *reach)
    if body is None:
        raise NikCaseNotFound
    return body


async def list_page(reading: Reading, asked: Asked, *, within: Region, seen_by: Actor) -> str:
    """A page of `NikCaseLine`s, in JSON."""
    line = _json(_line(seen_by, offers="$6", actor="$7"))
    also = (_OFFERS[seen_by.role], seen_by.id)
    either = [asked_only(seen_by.role)]
    statement, arguments = page(
        "nik_case",
        Asked(asked.after, asked.limit, asked.where, either),
        within=within,
        item=f"(SELECT {line} FROM (SELECT $7::uuid) AS me {_PERSON})",
        subjects=_SUBJECTS,
        also=also,
    )
    return str(await reading.document(statement, *arguments))
