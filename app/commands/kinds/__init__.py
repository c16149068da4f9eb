"""The kinds of proposals (handbook of the registry: usulan), each with what follows from it."""

from collections.abc import Mapping

from app.commands.kinds.base import Kind
from app.commands.kinds.new_families import NEW_FAMILY
from app.domain.proposals import ProposalKind

K = ProposalKind

KINDS: Mapping[ProposalKind, Kind] = {
    K.NEW_FAMILY: NEW_FAMILY,
}
