"""A proposal (usulan) asks the ministry to change the registry; it climbs tier by tier.

States say who is waited for. The village takes *steps* with its own proposal; each tier then
gives its *verdict*: approve, return to a named state, or reject. Whoever is waited for may move
it on; nobody else may, and nobody decides on his own.
"""

from collections.abc import Sequence
from enum import StrEnum

from app.domain.actors import Role
from app.domain.facts import Fact
from app.domain.workflow import Ground, Transition, Workflow


class ProposalKind(StrEnum):
    NEW_FAMILY = "new_family"  # usulan DTKS baru: all members of a family nobody knows yet
    NEW_MEMBER = "new_member"  # penambahan anggota
    PROGRAMME = "programme"  # usulan bansos
    CORRECTION = "correction"  # perbaikan data
    MOVE = "move"  # pindah
    REMOVAL = "removal"  # penghapusan, nonaktif
    INELIGIBILITY = "ineligibility"  # ketidaklayakan
    RESTORATION = "restoration"  # hidupkan, pulihkan
    PAYEE_CHANGE = "payee_change"  # ganti pengurus
    PBI_REACTIVATION = "pbi_reactivation"  # reaktivasi PBI


# About who receives what: not for every role that reads of people.
GRANTS = (
    ProposalKind.PROGRAMME,
    ProposalKind.INELIGIBILITY,
    ProposalKind.PAYEE_CHANGE,
    ProposalKind.PBI_REACTIVATION,
)


class ProposalState(StrEnum):
    DRAFTED = "drafted"
    AWAITING_DELIBERATION = "awaiting_deliberation"
    AWAITING_VILLAGE_HEAD = "awaiting_village_head"
    AWAITING_OTHER_VILLAGE = "awaiting_other_village"  # the other end of a move
    AWAITING_DISTRICT = "awaiting_district"
    AWAITING_REGENCY = "awaiting_regency"
    AWAITING_ENDORSEMENT = "awaiting_endorsement"
    AWAITING_PROVINCE = "awaiting_province"
    AWAITING_MINISTRY = "awaiting_ministry"
    AWAITING_DETERMINATION = "awaiting_determination"
    DETERMINED = "determined"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ProposalAction(StrEnum):
    DRAFT = "draft"
    AMEND = "amend"  # what a draft asks for
    SUBMIT = "submit"
    DELIBERATE = "deliberate"  # a deliberation that is closed leads it on
    DECLARE = "declare"  # a responsibility statement does
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    UNDO = "undo"  # one's own last decision, until somebody goes on from there
    MEET = "meet"  # both villages of a move are there: the arrival goes on
    RELEASE = "release"  # and the departure waits for what becomes of it
    CONCLUDE = "conclude"  # what becomes of the other end of a move becomes of this one
    HAND_OVER = "hand_over"  # to another desk; it stays where it is on its way


class Verdict(StrEnum):
    """The actions that are decisions: what a tier says of a proposal that waits for it."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    UNDO = "undo"


class Outcome(StrEnum):
    """What the deliberation says of the name (layak, tidak layak, ditunda)."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    POSTPONED = "postponed"


S, A, R, G = ProposalState, ProposalAction, Role, Ground
PROPOSERS = frozenset({R.VILLAGE_OPERATOR, R.REGENCY_OPERATOR})
HEAD = frozenset({R.VILLAGE_HEAD})
DISTRICT = frozenset({R.DISTRICT_OFFICER})
VERIFIER = frozenset({R.REGENCY_VERIFIER})
ENDORSER = frozenset({R.REGENCY_ENDORSER})
PROVINCE = frozenset({R.PROVINCE_OFFICER})
ANALYST = frozenset({R.MINISTRY_ANALYST})
DETERMINER = frozenset({R.MINISTRY_DETERMINER})
ADMINS = frozenset({R.REGENCY_ADMIN, R.MINISTRY_ADMIN})

NOTHING: frozenset[Ground] = frozenset()
NOTE = frozenset({G.NOTE})
MARKS = frozenset({G.MARKS})
REASON = frozenset({G.REASON})
MEETING = frozenset({G.DELIBERATION})
MEETING_REASON = MEETING | REASON
STATEMENT = frozenset({G.STATEMENT})
LETTER = frozenset({G.LETTER_NUMBER, G.LETTER_DATE})
DECREE = frozenset({G.DECREE_NUMBER, G.DECREE_DATE})

VERDICTS = frozenset({A.APPROVE, A.RETURN, A.REJECT})

OUTCOME_LEADS_TO = {
    Outcome.ELIGIBLE: S.AWAITING_VILLAGE_HEAD,
    Outcome.NOT_ELIGIBLE: S.REJECTED,
    Outcome.POSTPONED: S.AWAITING_DELIBERATION,
}
ENDED = frozenset({S.DETERMINED, S.REJECTED, S.WITHDRAWN})
LIVE = tuple(state for state in S if state not in ENDED)
ON_ITS_WAY = frozenset(LIVE) - {S.DRAFTED}
# Claimed at submission, released at an end without registration. What is returned to the desk
# keeps its claim while it is mended.
HOLDS_NIK = ON_ITS_WAY | {S.DETERMINED}

UU13_9 = "UU 13/2011 Art. 9"
UU13_8 = "UU 13/2011 Art. 8"
UU13_11 = "UU 13/2011 Art. 11"
PM3_2021 = "Permensos 3/2021"
PM3_2025 = "Permensos 3/2025"


def _returns(
    source: ProposalState, by: frozenset[Role], *targets: ProposalState
) -> list[Transition[ProposalState, ProposalAction]]:
    """A return goes to a named earlier state, and always says why."""
    return [
        Transition(A.RETURN, source, target, by, REASON, MARKS, unless=OWN, law=PM3_2021)
        for target in targets
    ]


def _conclusions() -> list[Transition[ProposalState, ProposalAction]]:
    """A move ends in both its villages, by the hand of whoever ends it in one."""
    above = VERIFIER | ANALYST | DETERMINER
    ends = [(S.AWAITING_OTHER_VILLAGE, S.DETERMINED, DETERMINER)]
    for source in IN_THE_VILLAGE:
        met = above if source is S.AWAITING_OTHER_VILLAGE else frozenset()
        ends += [(source, S.REJECTED, PROPOSERS | met), (source, S.WITHDRAWN, PROPOSERS)]
    return [Transition(A.CONCLUDE, *end, NOTE) for end in ends]


def _with_undo(
    rows: Sequence[Transition[ProposalState, ProposalAction]],
) -> list[Transition[ProposalState, ProposalAction]]:
    """Whoever has decided may take it back, while his is the last word. A decree stands."""
    undoable = [r for r in rows if r.action in VERDICTS and r.target is not S.DETERMINED]
    back = dict.fromkeys((row.target, row.source, row.by) for row in undoable)
    return [*rows, *(Transition(A.UNDO, *way, unless=Fact.OTHERS_WORD) for way in back)]


VILLAGE_DESK = (S.DRAFTED, S.AWAITING_DELIBERATION)
IN_THE_VILLAGE = (*VILLAGE_DESK, S.AWAITING_VILLAGE_HEAD, S.AWAITING_OTHER_VILLAGE)
OWN = frozenset({Fact.OWN_WORK, Fact.OWN_FAMILY})
OWN_OR_VERIFIED = OWN | {Fact.VERIFIED_IT}
OWN_OR_UNSIGNED = OWN | {Fact.SCAN_MISSING}

# fmt: off
PROPOSALS = Workflow("proposal", initial=S.DRAFTED, begun=(A.DRAFT, PROPOSERS), chosen={A.DELIBERATE, A.RETURN, A.CONCLUDE}, beside={A.HAND_OVER, A.UNDO, A.RELEASE}, implied={A.DELIBERATE, A.DECLARE, A.MEET, A.RELEASE, A.CONCLUDE}, transitions=_with_undo([
    #          action        from                      to                        by          needs
    Transition(A.AMEND,      S.DRAFTED,                S.DRAFTED,                PROPOSERS,  NOTHING, law=UU13_9),
    Transition(A.SUBMIT,     S.DRAFTED,                S.AWAITING_DELIBERATION,  PROPOSERS,  NOTHING, law=UU13_9),
    Transition(A.WITHDRAW,   S.DRAFTED,                S.WITHDRAWN,              PROPOSERS,  NOTE,    law=UU13_9),
    Transition(A.WITHDRAW,   S.AWAITING_DELIBERATION,  S.WITHDRAWN,              PROPOSERS,  NOTE,    law=UU13_9),
    Transition(A.WITHDRAW,   S.AWAITING_VILLAGE_HEAD,  S.WITHDRAWN,              PROPOSERS,  NOTE,    law=UU13_9),
    Transition(A.WITHDRAW,   S.AWAITING_OTHER_VILLAGE, S.WITHDRAWN,              PROPOSERS,  NOTE,    law=UU13_9),

    Transition(A.DELIBERATE, S.AWAITING_DELIBERATION,  S.AWAITING_VILLAGE_HEAD,  PROPOSERS,  MEETING,        law=PM3_2021),
    Transition(A.DELIBERATE, S.AWAITING_DELIBERATION,  S.REJECTED,               PROPOSERS,  MEETING_REASON, law=PM3_2021),
    Transition(A.DELIBERATE, S.AWAITING_DELIBERATION,  S.AWAITING_DELIBERATION,  PROPOSERS,  MEETING,        law=PM3_2021),
    Transition(A.DECLARE,    S.AWAITING_DELIBERATION,  S.AWAITING_VILLAGE_HEAD,  PROPOSERS,  STATEMENT,      law=PM3_2025),

    Transition(A.APPROVE,    S.AWAITING_VILLAGE_HEAD,  S.AWAITING_DISTRICT,      HEAD,       NOTHING, when=Fact.DISTRICT_CHECKS,   unless=OWN_OR_UNSIGNED, law=PM3_2025),
    Transition(A.APPROVE,    S.AWAITING_VILLAGE_HEAD,  S.AWAITING_REGENCY,       HEAD,       NOTHING, when=Fact.DISTRICT_FORWARDS, unless=OWN_OR_UNSIGNED, law=PM3_2025),
    Transition(A.APPROVE,    S.AWAITING_VILLAGE_HEAD,  S.AWAITING_OTHER_VILLAGE, HEAD,       NOTHING, when=Fact.OTHER_VILLAGE,     unless=OWN_OR_UNSIGNED, law=PM3_2025),
    *_returns(S.AWAITING_VILLAGE_HEAD, HEAD, *VILLAGE_DESK),

    Transition(A.MEET,       S.AWAITING_OTHER_VILLAGE, S.AWAITING_DISTRICT,      HEAD,       NOTHING, when=Fact.DISTRICT_CHECKS,   law=PM3_2025),
    Transition(A.MEET,       S.AWAITING_OTHER_VILLAGE, S.AWAITING_REGENCY,       HEAD,       NOTHING, when=Fact.DISTRICT_FORWARDS, law=PM3_2025),
    Transition(A.RELEASE,    S.AWAITING_OTHER_VILLAGE, S.AWAITING_OTHER_VILLAGE, HEAD,       NOTHING, law=PM3_2025),
    *_conclusions(),

    Transition(A.APPROVE,    S.AWAITING_DISTRICT,      S.AWAITING_REGENCY,       DISTRICT,   NOTHING, unless=OWN, law=UU13_9),
    *_returns(S.AWAITING_DISTRICT, DISTRICT, *VILLAGE_DESK),

    Transition(A.APPROVE,    S.AWAITING_REGENCY,       S.AWAITING_ENDORSEMENT,   VERIFIER,   NOTHING, unless=OWN, law=UU13_8),
    *_returns(S.AWAITING_REGENCY, VERIFIER, *VILLAGE_DESK),
    Transition(A.REJECT,     S.AWAITING_REGENCY,       S.REJECTED,               VERIFIER,   REASON,  unless=OWN, law=PM3_2021),

    Transition(A.APPROVE,    S.AWAITING_ENDORSEMENT,   S.AWAITING_PROVINCE,      ENDORSER,   LETTER,  unless=OWN_OR_VERIFIED, law=PM3_2025),
    *_returns(S.AWAITING_ENDORSEMENT, ENDORSER, *VILLAGE_DESK, S.AWAITING_REGENCY),

    Transition(A.APPROVE,    S.AWAITING_PROVINCE,      S.AWAITING_MINISTRY,      PROVINCE,   NOTHING, unless=OWN, law=UU13_8),
    *_returns(S.AWAITING_PROVINCE, PROVINCE, *VILLAGE_DESK, S.AWAITING_REGENCY),

    Transition(A.APPROVE,    S.AWAITING_MINISTRY,      S.AWAITING_DETERMINATION, ANALYST,    NOTHING, unless=OWN, law=PM3_2021),
    *_returns(S.AWAITING_MINISTRY, ANALYST, *VILLAGE_DESK, S.AWAITING_REGENCY),
    Transition(A.REJECT,     S.AWAITING_MINISTRY,      S.REJECTED,               ANALYST,    REASON,  unless=OWN, law=PM3_2021),

    Transition(A.APPROVE,    S.AWAITING_DETERMINATION, S.DETERMINED,             DETERMINER, DECREE,  unless=OWN, law=UU13_11),
    *_returns(S.AWAITING_DETERMINATION, DETERMINER, *VILLAGE_DESK, S.AWAITING_REGENCY, S.AWAITING_MINISTRY),
    Transition(A.REJECT,     S.AWAITING_DETERMINATION, S.REJECTED,               DETERMINER, REASON,  unless=OWN, law=UU13_11),

    *(Transition(A.HAND_OVER, state, state, ADMINS, NOTE) for state in LIVE),
]))
# fmt: on


class Attendance(StrEnum):
    """In which capacity people attend a deliberation."""

    VILLAGE_HEAD = "village_head"
    VILLAGE_STAFF = "village_staff"  # perangkat desa
    VILLAGE_COUNCIL = "village_council"  # BPD
    COMMUNITY_BOARD = "community_board"  # LPM
    RT_RW = "rt_rw"
    COMMUNITY_LEADER = "community_leader"  # tokoh masyarakat
    PKH_COMPANION = "pkh_companion"  # pendamping PKH
    TKSK = "tksk"
    PSM = "psm"
    BHABINKAMTIBMAS = "bhabinkamtibmas"
    OTHER = "other"
