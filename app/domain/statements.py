"""Responsibility statements (SPTJM): the village answers for names without having deliberated.

Only where its regency allows it for their kind. A statement is signed for all its names at once:
they go on together, or none of them does.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from itertools import islice
from typing import Protocol

from app.domain.errors import Conflict, Fault, Said
from app.domain.proposals import PROPOSERS, ProposalKind
from app.domain.workflow import Transition, Workflow


class StatementState(StrEnum):
    DECLARED = "declared"


class StatementAction(StrEnum):
    DECLARE = "declare"
    ATTACH_SCAN = "attach_scan"


S, A = StatementState, StatementAction

STATEMENTS = Workflow(
    "responsibility_statement",
    initial=S.DECLARED,
    begun=(A.DECLARE, PROPOSERS),
    beside={A.ATTACH_SCAN},
    transitions=[Transition(A.ATTACH_SCAN, S.DECLARED, S.DECLARED, PROPOSERS)],
)

TOLD = 100  # faults


class StatementNotAllowed(Conflict):
    """The regency asks for a deliberation about this kind of proposal."""

    title = Said(
        id="SPTJM tidak berlaku untuk jenis usulan ini",
        en="No responsibility statement is accepted for this kind",
    )
    detail = Said(
        id="Kebijakan kabupaten/kota saat usulan ini dibuat meminta musyawarah. Masukkan usulan "
        "yang disebut dalam errors ke agenda musyawarah. Jenis yang boleh dengan SPTJM: {allowed}.",
        en="The policy under which they began asks for a deliberation. Put the proposals named in "
        "errors on the agenda of one. Kinds that may go by statement: {allowed}.",
    )


KIND_NOT_ALLOWED = Said(
    id="Usulan {kind} harus dimusyawarahkan.", en="A {kind} has to be deliberated."
)


class Proposed(Protocol):
    @property
    def kind(self) -> ProposalKind: ...
    @property
    def policy_version(self) -> int | None: ...


def allowed(proposals: Iterable[Proposed], *, kinds: Mapping[int | None, Collection[str]]) -> None:
    """Refuse all of them where the policy that one began with does not have its kind.

    `kinds`: those that each version of the regency's policy has.
    """
    refused = {
        place: each
        for place, each in enumerate(proposals)
        if each.kind not in kinds[each.policy_version]
    }
    if refused:
        faults = (
            Fault(f"/proposal_ids/{place}", "kind_not_allowed", KIND_NOT_ALLOWED, {"kind": e.kind})
            for place, e in refused.items()
        )
        theirs = (kinds[each.policy_version] for each in refused.values())
        common = set(next(theirs)).intersection(*theirs)
        raise StatementNotAllowed(islice(faults, TOLD), allowed=sorted(common) or "-")
