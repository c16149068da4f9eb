"""What may bar somebody from a proposal, asked in SQL: for deciding, and for what is offered."""

import json
from collections.abc import Iterable
from functools import cache

from app.domain.actors import Actor, Role
from app.domain.facts import Fact
from app.domain.proposals import (
    PROPOSALS,
    VERDICTS,
    ProposalAction,
    ProposalKind,
    ProposalState,
)

AUTHORSHIP = (PROPOSALS.first_action, ProposalAction.AMEND, ProposalAction.SUBMIT)


def _literal(word: str) -> str:
    return f"'{word}'"


def words(words: Iterable[str]) -> str:
    return ", ".join(map(_literal, sorted(words)))


# Who he is, is looked up once; of most it is not known, and then nobody looks any further.
_WHO = "(SELECT person_nik_of(CAST({actor} AS uuid)))"
# By this account, or by another that the same person has.
_BY_HIM = f"""(e.actor_id = CAST({{actor}} AS uuid) OR CASE WHEN {_WHO} IS NULL THEN false
    ELSE coalesce(person_nik_of(e.actor_id) = {_WHO}, false) END)"""
# OFFSET 0: asked row by row, along the row's own chain. Hashed, it would be all he ever did.
_HAS_DONE = f"""EXISTS (SELECT FROM audit_entry e WHERE e.subject_id = {{p}}.id
    AND e.workflow = '{PROPOSALS.name}' AND {{what}} AND {_BY_HIM} OFFSET 0)"""
_AUTHORED = _HAS_DONE.replace("{what}", f"e.action IN ({words(AUTHORSHIP)})")
_VERIFIED = _HAS_DONE.replace(
    "{what}",
    f"e.action = '{ProposalAction.APPROVE}' AND e.source = '{ProposalState.AWAITING_REGENCY}'",
)
# By the policy it began with; by the newest where it began before versions were kept.
_DISTRICT_CHECKS = """coalesce(CASE WHEN {p}.policy_version IS NULL
    THEN (SELECT o.district_checks FROM policy o
        WHERE o.regency_code = left({p}.scope_code::text, 4))
    ELSE (SELECT o.district_checks FROM policy_version o WHERE o.version = {p}.policy_version
        AND o.regency_code = left({p}.scope_code::text, 4)) END, false)"""
# A move that its village lets go, or takes in, waits for the other one.
_OTHER_VILLAGE = f"""({{p}}.kind = '{ProposalKind.MOVE}'
    AND {{p}}.state = '{ProposalState.AWAITING_VILLAGE_HEAD}')"""
# Who arrives is not in the household yet: by what is asked, by what its village has told, and in
# the household that is left where that can be seen.
_HIMSELF = f"jsonb_build_array(jsonb_build_object('nik', {_WHO}))"
_MOVES = f"""(coalesce({{p}}.asks -> 'people' @> {_HIMSELF}, false)
    OR coalesce({{p}}.content -> 'now' -> 'members' @> {_HIMSELF}, false)
    OR EXISTS (SELECT FROM proposal o JOIN member m ON m.household_id = o.household_id
        WHERE o.id = {{p}}.linked_id AND m.nik = {_WHO} OFFSET 0))"""
_LIVES_THERE = f"""CASE WHEN {_WHO} IS NULL THEN false ELSE EXISTS (SELECT FROM member m
    WHERE m.household_id = {{p}}.household_id AND m.nik = {_WHO} OFFSET 0)
    OR {{p}}.kind = '{ProposalKind.MOVE}' AND {_MOVES} END"""
# What was returned to the desk, or rejected, is gone on with in the household itself.
_GONE_ON_WITH = f"""({{p}}.kind = '{ProposalKind.NEW_FAMILY}' AND EXISTS (
    SELECT FROM audit_entry w WHERE w.id > e.id AND w.subject_id IN (
        SELECT {{p}}.household_id
        UNION ALL SELECT f.id FROM family f WHERE f.household_id = {{p}}.household_id
        UNION ALL SELECT m.id FROM member m WHERE m.household_id = {{p}}.household_id
        UNION ALL SELECT v.id FROM survey v WHERE v.household_id = {{p}}.household_id)))"""
_LAST_WORD_OF_OTHERS = f"""coalesce((SELECT CASE
        WHEN e.actor_id <> CAST({{actor}} AS uuid) OR e.actor_role <> {{role}}
            OR e.action NOT IN ({words(VERDICTS)})
        THEN true
        WHEN {{p}}.state IN ('{ProposalState.DRAFTED}', '{ProposalState.REJECTED}')
        THEN {_GONE_ON_WITH}
        ELSE false END
    FROM audit_entry e WHERE e.subject_id = {{p}}.id AND e.workflow = '{PROPOSALS.name}'
        AND e.action <> '{ProposalAction.HAND_OVER}'
    ORDER BY e.seq DESC LIMIT 1), true)"""
# It left its village by the one or by the other; a scan that was withdrawn counts no more.
_UNSIGNED = """(SELECT paper.id FROM document paper WHERE paper.state = 'stored'
    AND paper.id = coalesce(
        (SELECT held.scan_id FROM deliberation held WHERE held.id = {p}.deliberation_id),
        (SELECT said.scan_id FROM responsibility_statement said WHERE said.id = {p}.statement_id)
    )) IS NULL"""
# What the table asks of a proposal `{p}`, of whom `{actor}` in `{role}` is about to move it.
CONDITIONS: dict[Fact, str] = {
    Fact.DISTRICT_CHECKS: f"NOT {_OTHER_VILLAGE} AND {_DISTRICT_CHECKS}",
    Fact.DISTRICT_FORWARDS: f"NOT {_OTHER_VILLAGE} AND NOT {_DISTRICT_CHECKS}",
    Fact.OTHER_VILLAGE: _OTHER_VILLAGE,
    Fact.OWN_WORK: _AUTHORED,
    Fact.OWN_FAMILY: _LIVES_THERE,
    Fact.VERIFIED_IT: _VERIFIED,
    Fact.SCAN_MISSING: _UNSIGNED,
    Fact.OTHERS_WORD: _LAST_WORD_OF_OTHERS,
}


@cache
def facts_asked(
    action: ProposalAction | None, role: Role, *, actor: str
) -> tuple[tuple[Fact, ...], tuple[str, ...]]:
    """Those that this action may depend on, and each of `p` in SQL: each costs a look at the audit,
    or elsewhere."""
    asked = set(CONDITIONS) if action is None else PROPOSALS.facts_for(action, role)
    found = {fact: sql for fact, sql in CONDITIONS.items() if fact in asked}
    told = (sql.format(p="p", actor=actor, role=_literal(role)) for sql in found.values())
    return tuple(found), tuple(told)


BARS = {role: PROPOSALS.bars_for(role) for role in Role}
OFFERS = {role: json.dumps(PROPOSALS.offers(role, PROPOSALS.situations(role))) for role in Role}


@cache
def open_to(
    p: str, role: Role, *, offers: str, actor: str, granted: frozenset[Fact] = frozenset()
) -> str:
    """What that actor may do with `p` now: as the table offers it where that bars him. What is
    `granted` is not asked."""
    named = ", ".join(
        f"'{fact}'"
        if fact in granted
        else f"CASE WHEN {CONDITIONS[fact].format(p=p, actor=actor, role=_literal(role))} "
        f"THEN '{fact}' END"
        for fact in BARS[role]
    )
    situation = f"concat_ws(' ', {named})" if named else "''"
    return f"({offers}::jsonb -> {situation} -> {p}.state)"


def offered(actor: Actor) -> tuple[object, ...]:
    """The arguments of `open_to`: who he is, is asked only where something may bar him."""
    return (OFFERS[actor.role], *([actor.id] if BARS[actor.role] else []))
