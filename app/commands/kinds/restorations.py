"""A restoration (pemulihan): what a removal took out is registered again."""

from app.commands.kinds.records import Rules, kind_of
from app.domain import restorations

RESTORATION = kind_of(Rules(restorations.plan, restorations.opens))
