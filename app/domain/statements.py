"""Responsibility statements (SPTJM): the village answers for names without having deliberated.

Only where its regency allows it for their kind. A statement is signed for all its names at once:
they go on together, or none of them does.
"""

from collections.abc import Collection, Iterable
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
        id="Kebijakan kabupaten/kota ini meminta musyawarah. Masukkan usulan yang disebut dalam "
        "errors ke agenda musyawarah. Jenis yang boleh dengan SPTJM: {allowed}.",
        en="This regency asks for a deliberation. Put the proposals named in errors on the agenda "
        "of one. Kinds that may go by statement: {allowed}.",
    )


KIND_NOT_ALLOWED = Said(
    id="Usulan {kind} harus dimusyawarahkan.", en="A {kind} has to be deliberated."
)


class Proposed(Protocol):
    @property
    def kind(self) -> ProposalKind: ...


def allowed(proposals: Iterable[Proposed], *, kinds: Collection[str]) -> None:
    """Refuse all of them where the regency's policy does not have the kind of one."""
    faults = (
        Fault(f"/proposal_ids/{place}", "kind_not_allowed", KIND_NOT_ALLOWED, {"kind": each.kind})
        for place, each in enumerate(proposals)
        if each.kind not in kinds
    )
    told = list(islice(faults, TOLD))
    if told:
        raise StatementNotAllowed(told, allowed=sorted(kinds) or "-")
