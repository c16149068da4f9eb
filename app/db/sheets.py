"""How a row `s` of the surveys is told, in SQL: in a list, in full, beside its household."""

from app.db import sight as shown
from app.domain.sight import Sight
from app.domain.sight import Survey as Extent

# The newest finished sheet of the household with that id; `ix_survey_current` has this order.
CURRENT = """(SELECT * FROM survey WHERE household_id = {0} AND state = 'finished'
    ORDER BY surveyed_on DESC, finished_at DESC LIMIT 1)"""
# Whoever ever belonged to the household may be answered for in its sheets.
SUBJECTS = "array[{0}] || ARRAY(SELECT m.id FROM member m WHERE m.household_id = {0})"


def line(sight: Sight, *, also: str = "") -> str:
    """As `SurveyLine`, and what is told besides. Officers are named to who reads names."""
    return f"""json_build_object(
        'version', s.version, 'id', s.id, 'household_id', s.household_id,
        'village_code', s.scope_code::text, 'codebook', s.codebook,
        'surveyed_on', s.surveyed_on,
        'enumerator_name', {shown.name("s.enumerator_name", sight.identity)},
        'outcome', s.outcome, 'member_count', {_count("member_count")},
        'family_count', {_count("family_count")}, 'state', s.state,
        'finished_at', s.finished_at, 'updated_at', s.updated_at{also})"""


def _count(name: str) -> str:
    return f"s.answers #> '{{counts,{name}}}'"


def document(sight: Sight, *, also: str = "") -> str:
    """As `SheetView`, and what is told besides."""
    return line(
        sight,
        also=f""",
        'respondent_name', {shown.name("s.respondent_name", sight.identity)},
        'checked_on', s.checked_on,
        'checker_name', {shown.name("s.checker_name", sight.identity)},
        'duplicate_of', s.duplicate_of,
        'answers', {shown.answers("s.answers", sight)},
        'created_by', s.created_by, 'created_at', s.created_at{also}""",
    )


def current(household: str, sight: Sight) -> str:
    """The current sheet of a household as `SheetView`, or null."""
    if sight.survey is Extent.HIDDEN:
        return "NULL::json"
    return f"(SELECT {document(sight)} FROM {CURRENT.format(household)} s)"


def draft_id(household: str, sight: Sight) -> str:
    if sight.survey is Extent.HIDDEN:
        return "NULL::uuid"
    return f"(SELECT s.id FROM survey s WHERE s.household_id = {household} AND s.state = 'drafted')"


def answered_for(member: str, household: str, sight: Sight) -> str:
    """Whether a member, who may have left since, is read of in the current sheet."""
    if sight.survey is not Extent.FULL:
        return "false"
    return f"""coalesce((SELECT s.answers -> 'members' ? {member}::text
        FROM {CURRENT.format(household)} s), false)"""
