"""Every table, so that `SQLModel.metadata` knows them all."""

from app.db.tables import (  # noqa: F401
    accounts,
    audit,
    proposals,
    regions,
    registry,
    requests,
    surveys,
)
