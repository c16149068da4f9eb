"""A proposal (usulan) asks the ministry to change the registry; it climbs tier by tier.

States say who is waited for. The village takes *steps* with its own proposal; each tier then
gives its *verdict*: approve, return to a named state, or reject. Whoever is waited for may move
it on; nobody else may, and nobody decides on his own.
"""

from enum import StrEnum

from app.domain.actors import Role
from app.domain.workflow import Fact, Ground, Transition, Workflow


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
    SUBMIT = "submit"
    DELIBERATE = "deliberate"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    HAND_OVER = "hand_over"  # to another desk; it stays where it is on its way


class Verdict(StrEnum):
    """The actions that are decisions: what a tier says of a proposal that waits for it."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"


class Outcome(StrEnum):
    """What the deliberation says of the name (layak, tidak layak, ditunda)."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    POSTPONED = "postponed"


S, A, R, G = ProposalState, ProposalAction, Role, Ground
PROPOSERS = frozenset({R.VILLAGE_OPERATOR, R.REGENCY_OPERATOR})
OPERATOR = frozenset({R.VILLAGE_OPERATOR})
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
REASON = frozenset({G.REASON})
MEETING = frozenset({G.DELIBERATION})
MEETING_REASON = MEETING | REASON
LETTER = frozenset({G.LETTER_NUMBER, G.LETTER_DATE})
DECREE = frozenset({G.DECREE_NUMBER, G.DECREE_DATE})

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
        Transition(A.RETURN, source, target, by, REASON, unless=Fact.OWN_WORK, law=PM3_2021)
        for target in targets
    ]


VILLAGE_DESK = (S.DRAFTED, S.AWAITING_DELIBERATION)
OWN = Fact.OWN_WORK

SITUATIONS: dict[str, frozenset[Fact]] = {"others": frozenset(), "own": frozenset({OWN})}

# fmt: off
PROPOSALS = Workflow("proposal", initial=S.DRAFTED, begun=(A.DRAFT, PROPOSERS), chosen={A.DELIBERATE, A.RETURN}, beside={A.HAND_OVER}, transitions=[
    #          action        from                      to                        by          needs
    Transition(A.SUBMIT,     S.DRAFTED,                S.AWAITING_DELIBERATION,  PROPOSERS,  NOTHING, law=UU13_9),
    Transition(A.WITHDRAW,   S.DRAFTED,                S.WITHDRAWN,              PROPOSERS,  NOTE,    law=UU13_9),
    Transition(A.WITHDRAW,   S.AWAITING_DELIBERATION,  S.WITHDRAWN,              PROPOSERS,  NOTE,    law=UU13_9),
    Transition(A.WITHDRAW,   S.AWAITING_VILLAGE_HEAD,  S.WITHDRAWN,              PROPOSERS,  NOTE,    law=UU13_9),

    Transition(A.DELIBERATE, S.AWAITING_DELIBERATION,  S.AWAITING_VILLAGE_HEAD,  OPERATOR,   MEETING,        law=PM3_2021),
    Transition(A.DELIBERATE, S.AWAITING_DELIBERATION,  S.REJECTED,               OPERATOR,   MEETING_REASON, law=PM3_2021),
    Transition(A.DELIBERATE, S.AWAITING_DELIBERATION,  S.AWAITING_DELIBERATION,  OPERATOR,   MEETING,        law=PM3_2021),

    Transition(A.APPROVE,    S.AWAITING_VILLAGE_HEAD,  S.AWAITING_DISTRICT,      HEAD,       NOTHING, when=Fact.DISTRICT_CHECKS,   unless=OWN, law=PM3_2025),
    Transition(A.APPROVE,    S.AWAITING_VILLAGE_HEAD,  S.AWAITING_REGENCY,       HEAD,       NOTHING, when=Fact.DISTRICT_FORWARDS, unless=OWN, law=PM3_2025),
    *_returns(S.AWAITING_VILLAGE_HEAD, HEAD, *VILLAGE_DESK),

    Transition(A.APPROVE,    S.AWAITING_DISTRICT,      S.AWAITING_REGENCY,       DISTRICT,   NOTHING, unless=OWN, law=UU13_9),
    *_returns(S.AWAITING_DISTRICT, DISTRICT, *VILLAGE_DESK),

    Transition(A.APPROVE,    S.AWAITING_REGENCY,       S.AWAITING_ENDORSEMENT,   VERIFIER,   NOTHING, unless=OWN, law=UU13_8),
    *_returns(S.AWAITING_REGENCY, VERIFIER, *VILLAGE_DESK),
    Transition(A.REJECT,     S.AWAITING_REGENCY,       S.REJECTED,               VERIFIER,   REASON,  unless=OWN, law=PM3_2021),

    Transition(A.APPROVE,    S.AWAITING_ENDORSEMENT,   S.AWAITING_PROVINCE,      ENDORSER,   LETTER,  unless=OWN, law=PM3_2025),
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
])
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
