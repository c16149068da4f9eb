"""Setting a regency's policy: the first time it comes into being, afterwards it is amended."""

from collections.abc import Mapping
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.audit import record
from app.db.policies import DECIDED
from app.db.regions import names_of
from app.db.sessions import reading_in
from app.db.tables.policies import PolicyVersion
from app.db.tables.proposals import Policy
from app.domain import window_rules
from app.domain.actors import Actor
from app.domain.calendar import today
from app.domain.policies import POLICIES, PolicyAction
from app.domain.regions import Region


async def put(
    session: AsyncSession, policy: Policy, decided: Mapping[str, object], *, by: Actor
) -> None:
    """What is not decided keeps its place. What was in force before stays readable."""
    if "windows" in decided:
        decided = {**decided, "windows": await _windows(session, policy, decided["windows"])}
    if policy.version == 0:
        policy.version = 1
        for name, value in decided.items():
            setattr(policy, name, value)
        await record(session, policy, POLICIES.begin(by=by))
    else:
        step = POLICIES.step(policy.state, PolicyAction.AMEND, by=by)
        await record(session, policy, step, changes=decided)
    keep(session, policy, by=by)
    await session.flush()


async def _windows(session: AsyncSession, policy: Policy, sent: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """As they are kept: each with its region."""
    regency = Region(policy.regency_code)
    windows = [{**each, "region_code": each["region_code"] or regency.code} for each in sent]
    codes = [each["region_code"] for each in windows]
    known = await names_of(await reading_in(session), codes)
    window_rules.accept(windows, regency, known=known, today=today())
    return windows


def keep(session: AsyncSession, policy: Policy, *, by: Actor) -> None:
    """The version that is in force from now on, for the proposals that begin with it."""
    session.add(
        PolicyVersion(
            **{name: getattr(policy, name) for name in DECIDED},
            regency_code=policy.regency_code,
            version=policy.version,
            decided_by=by.id,
            decided_at=policy.updated_at,
        )
    )
