"""A removal (penghapusan): registered records become inactive, with a reason."""

from app.commands.kinds.records import Rules, kind_of
from app.domain import removals
from app.domain.records import registered

REMOVAL = kind_of(Rules(removals.plan, registered))
