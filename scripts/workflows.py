"""Write docs/workflows.md anew from the tables of the workflows: `make workflows`."""

from pathlib import Path

from app.db.audit_chain import WORKFLOWS
from app.domain.diagrams import as_markdown, as_mermaid

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "workflows.md"
PREFACE = """# Workflows

Everything that has a state has a table: who may take which action from where to where, and what
it has to rest on. The table decides, refuses, tells `open_actions`, and is what `siks audit
verify` compares every entry with. This page is written from the tables by `make workflows`, and a
test holds it against them; grounds in brackets may be given, the others must be.
"""


def document() -> str:
    parts = [
        f"## {flow.name}\n\n```mermaid\n{as_mermaid(flow)}\n```\n\n{as_markdown(flow)}\n"
        for flow in WORKFLOWS
    ]
    return "\n".join([PREFACE, *parts])


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
