"""What `siks audit verify` sees of a superuser's work, and what it cannot see.

He has every right: the trigger and the foreign keys are off while he works, so that only the
chain, its head, and the states speak against him.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from app.db.audit_chain import WORKFLOWS
from app.domain.actors import Role
from tests.conftest import Run
from tests.db.copies import Copy, a_copy
from tests.registry import Registry, a_member

SIGNED = "hash = sha256(audit_canonical(e))"


@dataclass(frozen=True)
class Written:
    """What the original holds: a proposal that was determined, and a household still drafted."""

    name: str
    proposal: UUID
    household: UUID


@pytest.fixture(scope="module")
async def written(run: Run, worker_id: str) -> AsyncIterator[Written]:
    """Made once by the service itself, over HTTP, then left alone so that it can be copied."""
    async with a_copy(run, f"{run.name}_{worker_id}_written") as copy:
        async with copy.registry() as registry:
            proposal, household = await history(registry)
        yield Written(copy.name, UUID(proposal["id"]), UUID(household["id"]))


async def history(registry: Registry) -> tuple[dict[str, Any], dict[str, Any]]:
    """Something in each workflow; what was determined was returned and submitted twice."""
    equator = {"latitude": -0.0, "longitude": 109.3333}
    proposal = await registry.proposal("awaiting_regency", location=equator)
    verifier = await registry.caller(Role.REGENCY_VERIFIER)
    returned = await verifier.takes(
        "return", proposal, target="drafted", reason="data_incomplete", note="Periksa RT."
    )
    assert returned.status_code == 201, returned.text
    proposal = await (await registry.caller(Role.VILLAGE_OPERATOR)).reads(proposal)
    member = proposal["content"]["members"][0]["id"]
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    amended = await operator.patches(f"/v1/members/{member}", {"name": "Budi Santosa"})
    assert amended.status_code == 200, amended.text
    while proposal["state"] != "determined":
        proposal = await registry.moved_on(proposal)

    admin = await registry.caller(Role.REGENCY_ADMIN)
    regency = admin.actor.region.code
    policy = await admin.puts(f"/v1/policies/{regency}", {"district_checks": True})
    assert policy.status_code == 200, policy.text
    officer = await registry.newcomer(Role.VILLAGE_HEAD)
    dismissed = await admin.posts(
        f"/v1/accounts/{officer.actor.id}/steps",
        {"action": "dismiss", "grounds": {"note": "Pensiun."}},
        version=1,
    )
    assert dismissed.status_code == 201, dismissed.text
    return proposal, await registry.household(family_free=...)


@dataclass(frozen=True)
class Scene:
    """A copy, and the chain in it that is tampered with."""

    copy: Copy
    written: Written

    async def does(self, *statements: str, **values: Any) -> list[Any]:  # noqa: ANN401
        return await self.copy.does(
            *statements,
            **values,
            proposal=self.written.proposal,
            household=self.written.household,
        )

    async def entry(self, seq: int, subject: UUID | None = None) -> Any:  # noqa: ANN401
        [row] = await self.copy.does(
            "SELECT * FROM audit_entry WHERE subject_id = :subject AND seq = :seq",
            subject=subject or self.written.proposal,
            seq=seq,
        )
        return row

    async def length(self) -> int:
        [row] = await self.does("SELECT seq FROM audit_head WHERE subject_id = :proposal")
        return row["seq"]

    async def signs(self, seq: int, subject: UUID | None = None) -> None:
        """Recompute the hash of one entry, and nothing that follows from it."""
        await self.copy.does(
            f"UPDATE audit_entry e SET {SIGNED} WHERE subject_id = :subject AND seq = :seq",
            subject=subject or self.written.proposal,
            seq=seq,
        )

    async def signs_all(self, first: int, subject: UUID | None = None) -> None:
        """Recompute a chain from there on to its end, and its head."""
        subject = subject or self.written.proposal
        [(last,)] = await self.copy.does(
            "SELECT max(seq) FROM audit_entry WHERE subject_id = :subject", subject=subject
        )
        for seq in range(first, last + 1):
            await self.copy.does(
                """UPDATE audit_entry e SET prev_hash = b.hash FROM audit_entry b
                WHERE e.subject_id = :subject AND e.seq = :seq
                AND b.subject_id = e.subject_id AND b.seq = e.seq - 1""",
                subject=subject,
                seq=seq,
            )
            await self.signs(seq, subject)
        await self.copy.does(
            """UPDATE audit_head h SET (seq, hash, at) = (SELECT seq, hash, at FROM audit_entry e
                WHERE e.subject_id = h.subject_id ORDER BY seq DESC LIMIT 1)
            WHERE subject_id = :subject""",
            subject=subject,
        )

    async def fault(self) -> str:
        report = await self.copy.verified()
        assert not report.intact
        assert report.fault
        return report.fault

    def called(self, row: Any, workflow: str = "proposal") -> str:  # noqa: ANN401
        return f"entry {row['id']}, number {row['seq']} of {workflow} {row['subject_id']}"


@pytest.fixture
async def scene(run: Run, written: Written, worker_id: str) -> AsyncIterator[Scene]:
    async with a_copy(run, f"{run.name}_{worker_id}_tampered", of=written.name) as copy:
        yield Scene(copy, written)


async def test_what_the_service_wrote_is_intact_in_every_workflow(scene: Scene):
    report = await scene.copy.verified()

    assert report.fault is None
    rows = await scene.does("SELECT DISTINCT workflow FROM audit_entry")
    assert {row["workflow"] for row in rows} == {workflow.name for workflow in WORKFLOWS}
    [(entries,)] = await scene.does("SELECT count(*) FROM audit_entry")
    assert report.entries == entries > 20
    assert "intact: every chain" in str(report)


# --- An entry is altered


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param('grounds = \'{"note":"Lengkap."}\'', id="payload"),
        pytest.param("actor_id = gen_random_uuid()", id="actor"),
        pytest.param("at = at + interval '1 microsecond'", id="time"),
    ],
)
async def test_an_altered_entry_is_named(scene: Scene, lie: str):
    altered = await scene.entry(3)

    await scene.does(
        f"UPDATE audit_entry SET {lie} WHERE subject_id = :proposal AND seq = 3",
    )

    assert await scene.fault() == f"{scene.called(altered)}: it is not as it was written"


async def test_not_one_column_of_an_entry_can_be_altered_unseen(scene: Scene):
    """Its id, number and links show as an entry out of place; all the others as altered."""
    kept = await scene.does("SELECT * FROM audit_entry WHERE subject_id = :proposal AND seq = 3")
    [whole] = kept
    lies = {
        str: lambda value: f"{value}x",
        int: lambda value: value + 100_000,
        bytes: lambda value: bytes(reversed(value)),
        UUID: lambda value: UUID(int=value.int ^ 1),
    }

    for column, value in whole.items():
        lie = lies.get(type(value), lambda _: None)(value)
        if column == "at":
            lie = value.replace(microsecond=(value.microsecond + 1) % 1_000_000)
        if column in {"actor_role", "channel"}:
            lie = {"actor_role": "auditor", "channel": "console"}[column]
        assert lie is not None, column
        change = f"UPDATE audit_entry SET {column} = :lie WHERE id = :id"
        if column == "id":
            change = "UPDATE audit_entry SET id = :lie WHERE id = :id"
        await scene.does(*relaxed(change), lie=lie, id=whole["id"])
        report = await scene.copy.verified()
        assert not report.intact, f"{column} can be altered unseen"
        undo = f"UPDATE audit_entry SET {column} = :value WHERE id = :id"
        await scene.does(undo, value=value, id=lie if column == "id" else whole["id"])

    assert (await scene.copy.verified()).intact
