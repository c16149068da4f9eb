"""Which rows of the extracts an entry of the audit touches: what stands in `extract_rows` changes
with no record but those that are looked at here.

Entries are read in the order of their transactions, below the oldest transaction that still runs:
so none can come before another later on. Parameters: $1 and $2 are the region, $3 and $4 the place
after which they are read.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.db.tables.audit import DECISIONS
from app.domain.agreements import FieldGroup
from app.domain.extracts.columns import Resource, shown
from app.domain.sight import Sight

HORIZON = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
HERE = "scope_code BETWEEN $1 AND $2"

# What of an entry is seen elsewhere.
_ANOTHER = "(e.source IS DISTINCT FROM e.target OR e.action = 'relocate')"
_NAMED = r"""e.changes ~ '"/(name|nik|relation_to_[a-z]+_head|family_id)":'"""
_WHO = f"(e.workflow = 'member' AND ({_ANOTHER} OR {_NAMED}))"
_WHERE = f"(e.workflow IN ('family', 'member') AND {_ANOTHER})"
_AID = f"(e.workflow = 'recipient' AND {_ANOTHER})"
_SHEET = "(e.workflow = 'survey' AND e.target = 'finished')"
_CARD = "(e.workflow = 'family' AND e.changes LIKE '%\"/card_number\":%')"
_REGISTERED = "(e.workflow = 'household' AND e.action = 'register')"

# How an entry bears on what is given: it begins it, or it was given before, here or elsewhere. A
# draft is nobody's business yet: NULL.
_HOW = """CASE WHEN e.action = 'depart' THEN 'held'
        WHEN e.action = 'relocate' AND (e.changes::json -> '/scope_code' ->> 0)::bigint
            NOT BETWEEN $1 AND $2 THEN 'came'
        WHEN {source} THEN 'held' WHEN {target} THEN 'began' END"""


def _how(stands: str) -> str:
    return _HOW.format(source=stands.format("e.source"), target=stands.format("e.target"))


# Of whom what such an entry changes is shown: others do not learn either that it changed.
_SHOWN_TO = {
    _WHO: {FieldGroup.IDENTITY},
    _CARD: {FieldGroup.IDENTITY},
    _AID: {FieldGroup.PROGRAMMES},
    _SHEET: {FieldGroup.SURVEY, FieldGroup.HEALTH, FieldGroup.PROGRAMMES},
}


@dataclass(frozen=True)
class Beside:
    """Rows `s` of a table that show something of the record that the entry is about."""

    table: str
    joined: str
    when: Sequence[str]

    def seen_with(self, sight: Sight) -> str | None:
        """Where they are, of the entries that change what this sight shows."""
        seen = [
            each
            for each in self.when
            if any(shown(group, sight) for group in _SHOWN_TO.get(each, {None}))
        ]
        if not seen:
            return None
        return f"""homed e JOIN {self.table} s ON s.{self.joined} AND s.{HERE}
            WHERE {" OR ".join(seen)}"""


def _beside(table: str, joined: str, *when: str) -> Beside:
    return Beside(table, joined, when)


def _verdicts(row: str) -> str:
    return DECISIONS.replace("workflow", f"{row}.workflow").replace("action", f"{row}.action")


@dataclass(frozen=True)
class Told:
    """What tells of the rows of a resource: entries `e` of the rows themselves, and, in `others`,
    those of records that a row shows something of. `of` are the workflows of both."""

    table: str
    own: str
    how: str
    of: Collection[str]
    others: Sequence[Beside] = ()
    subject: str = "e.subject_id"


_RECORDS = ("household", "family", "member", "survey", "recipient")
_AT_HOME = "household_id = e.home"
_REGISTRY = _how("{} = 'registered'")
TOLD: Mapping[Resource, Told] = {
    Resource.HOUSEHOLDS: Told(
        "household",
        own="e.workflow = 'household'",
        how=_REGISTRY,
        of=_RECORDS,
        others=[_beside("household", "id = e.home", _WHERE, _AID, _SHEET)],
    ),
    Resource.MEMBERS: Told(
        "member",
        own="e.workflow = 'member'",
        how=_REGISTRY,
        of=_RECORDS,
        others=[_beside("member", _AT_HOME, _AID, _SHEET, _CARD, _REGISTERED)],
    ),
    Resource.RECIPIENTS: Told(
        "recipient",
        own="e.workflow = 'recipient'",
        how=_how("{} IS NOT NULL"),
        of=("family", "member", "recipient"),
        others=[
            _beside("recipient", _AT_HOME, _WHO, _CARD),
            _beside("recipient", "payee_id = e.subject_id", _WHO),
        ],
    ),
    Resource.PROPOSALS: Told(
        "proposal",
        own="e.workflow = 'proposal'",
        how=_how("{} <> 'drafted'"),
        of=("member", "proposal"),
        others=[
            _beside("proposal", _AT_HOME, _WHO),
            _beside("proposal", "member_id = e.subject_id", _WHO),
        ],
    ),
    Resource.DECISIONS: Told(
        "audit_entry",
        own=_verdicts("e"),
        how="'began'",
        of=("proposal",),
        # What a draft asks may become another, once it was returned.
        others=[
            _beside(
                "audit_entry",
                f"subject_id = e.subject_id AND {_verdicts('s')}",
                "e.workflow = 'proposal' AND e.source = 'drafted'",
            )
        ],
        subject="e.id",
    ),
}
_EVENTS = """
events AS MATERIALIZED (
    SELECT * FROM (
        (SELECT xid, id, at, workflow, subject_id, NULL::uuid AS household_id, action, source,
            target, changes
        FROM audit_entry WHERE {here} AND {after} AND workflow IN ({workflows})
        ORDER BY xid, id {most})
        UNION ALL
        (SELECT xid, id, at, workflow, subject_id, household_id, 'depart', 'there', NULL, NULL
        FROM departure WHERE {here} AND {after}
        ORDER BY xid, id {most})
    ) AS e ORDER BY xid, id {most}
),
homed AS MATERIALIZED (
    SELECT e.*, CASE WHEN e.household_id IS NOT NULL THEN e.household_id
        WHEN e.workflow = 'household' THEN e.subject_id {homes} END AS home
    FROM events e
),
touches AS MATERIALIZED ({touches})"""
_HOME = """WHEN e.workflow = '{0}'
            THEN (SELECT t.household_id FROM {0} t WHERE t.id = e.subject_id AND t.{here})"""
_OWN = """SELECT '{resource}' AS resource, {subject}::text AS subject, xid, id, at, how
    FROM (SELECT e.*, {how} AS how FROM homed e WHERE {own}) e WHERE how IS NOT NULL"""
_OTHER = "SELECT '{resource}', s.id::text, e.xid, e.id, e.at, NULL FROM {other}"


def touches(resources: Collection[Resource], sight: Sight, *, until: str, most: str = "") -> str:
    """The tables `events`, what was written after that place, and `touches`: which rows of these
    resources each of it touches, as far as this sight shows it. `until` is the condition, `most`
    the clause where it ends."""
    workflows = {each for resource in resources for each in TOLD[resource].of}
    return _EVENTS.format(
        here=HERE,
        after=f"(xid, id) > ($3::bigint, $4::bigint) AND {until}",
        most=most,
        workflows=", ".join(f"'{each}'" for each in sorted(workflows)),
        homes=" ".join(_HOME.format(each, here=HERE) for each in _RECORDS[1:]),
        touches=" UNION ALL ".join(part for each in resources for part in _parts(each, sight)),
    )


def _parts(resource: Resource, sight: Sight) -> list[str]:
    told = TOLD[resource]
    own = _OWN.format(resource=resource, subject=told.subject, how=told.how, own=told.own)
    others = [each.seen_with(sight) for each in told.others]
    return [own, *(_OTHER.format(resource=resource, other=each) for each in others if each)]
