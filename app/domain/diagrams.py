"""A workflow's table as people read it: in words, and as a diagram."""

from app.domain.actors import Role
from app.domain.workflow import Action, State, Transition, Workflow


def as_markdown(flow: Workflow[State, Action]) -> str:
    """The table of the OpenAPI descriptions and of the documents."""
    lines = [
        "| action | from | to | by | needs (takes) | when | source |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [f"| {flow.first_action} |  | {flow.initial} | {_roles(flow.first_roles)} | | | |"]
    lines += [
        f"| {r.action} | {r.source} | {r.target} | {_roles(r.by)} "
        f"| {_grounds(r)} | {_condition(r)} | {r.law} |"
        for r in flow.transitions
    ]
    return "\n".join(lines)


def as_mermaid(flow: Workflow[State, Action]) -> str:
    """Arrows between the same two states are drawn as one."""
    arrows: dict[tuple[State, State], dict[str, None]] = {}
    for row in flow.transitions:
        if row.action not in flow.beside:
            arrows.setdefault((row.source, row.target), {})[row.action] = None
    lines = ["stateDiagram-v2", f"    [*] --> {flow.initial}: {flow.first_action}"]
    lines += [f"    {a} --> {b}: {', '.join(names)}" for (a, b), names in arrows.items()]
    onward = {row.source for row in flow.transitions if row.action not in flow.beside}
    endings = {row.target for row in flow.transitions} - onward
    lines += [f"    {ending} --> [*]" for ending in sorted(endings)]
    return "\n".join(lines)


def _roles(by: frozenset[Role]) -> str:
    return ", ".join(sorted(by))


def _grounds(row: Transition[State, Action]) -> str:
    return ", ".join([*sorted(row.needs), *(f"({ground})" for ground in sorted(row.takes))])


def _condition(row: Transition[State, Action]) -> str:
    said = [str(row.when)] if row.when else []
    said += [f"not {fact}" for fact in row.bars]
    return ", ".join(said)
