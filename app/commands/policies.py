"""Setting a regency's policy: the first time it comes into being, afterwards it is amended."""

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.audit import record
from app.db.tables.proposals import Policy
from app.domain.actors import Actor
from app.domain.policies import POLICIES, PolicyAction


async def put(session: AsyncSession, policy: Policy, *, district_checks: bool, by: Actor) -> None:
    if policy.version == 0:
        policy.version, policy.district_checks = 1, district_checks
        await record(session, policy, POLICIES.begin(by=by))
        return
    step = POLICIES.step(policy.state, PolicyAction.AMEND, by=by)
    await record(session, policy, step, changes={"district_checks": district_checks})
