"""Every table, so that `SQLModel.metadata` knows them all."""

from app.db.tables import (  # noqa: F401
    accounts,
    audit,
    decrees,
    deliberations,
    documents,
    imports,
    jobs,
    nik_cases,
    notices,
    policies,
    proposals,
    recipients,
    regions,
    registry,
    requests,
    statements,
    surveys,
    uploads,
    visits,
)
