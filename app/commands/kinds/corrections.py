"""A correction (perbaikan data): fields of registered records get other values."""

from app.commands.kinds.records import Rules, kind_of
from app.domain import corrections
from app.domain.records import registered

CORRECTION = kind_of(Rules(corrections.plan, registered))
