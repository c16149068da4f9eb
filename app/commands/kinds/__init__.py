"""The kinds of proposals (handbook of the registry: usulan), each with what follows from it."""

from collections.abc import Mapping

from app.commands.kinds.base import Kind
from app.commands.kinds.corrections import CORRECTION
from app.commands.kinds.ineligibilities import INELIGIBILITY
from app.commands.kinds.moves import MOVE
from app.commands.kinds.new_families import NEW_FAMILY
from app.commands.kinds.new_members import NEW_MEMBER
from app.commands.kinds.payee_changes import PAYEE_CHANGE
from app.commands.kinds.pbi_reactivations import PBI_REACTIVATION
from app.commands.kinds.programmes import PROGRAMME
from app.commands.kinds.removals import REMOVAL
from app.commands.kinds.restorations import RESTORATION
from app.domain.proposals import ProposalKind

K = ProposalKind

KINDS: Mapping[ProposalKind, Kind] = {
    K.NEW_FAMILY: NEW_FAMILY,
    K.NEW_MEMBER: NEW_MEMBER,
    K.CORRECTION: CORRECTION,
    K.REMOVAL: REMOVAL,
    K.RESTORATION: RESTORATION,
    K.MOVE: MOVE,
    K.PROGRAMME: PROGRAMME,
    K.INELIGIBILITY: INELIGIBILITY,
    K.PAYEE_CHANGE: PAYEE_CHANGE,
    K.PBI_REACTIVATION: PBI_REACTIVATION,
}
