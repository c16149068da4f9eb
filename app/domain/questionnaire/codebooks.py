"""Questionnaires as data: every file in `data` is one generation of the form.

A file says what is asked, what an answer is, and which rules hold. Code checks only what relates
several answers to each other; which of those rules hold is again the file's to say, by their
number. A file that contradicts itself is not loaded.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from app.domain.errors import Said
from app.domain.questionnaire import contradictions, files, schema
from app.domain.questionnaire.files import CodebookContradictsItself
from app.domain.questionnaire.questions import Roster, Rule, Severity, Variable

FOLDER = Path(__file__).parent / "data"
ANSWERED = ("counts", "household", "participation", "members")  # besides the rosters


Section = Mapping[str, Variable]


@dataclass(frozen=True, kw_only=True)
class Codebook:
    """One generation of the form. `sections` are what is asked once, or once of every member."""

    version: str
    title: Said
    sections: Mapping[str, Section]
    rosters: Mapping[str, Roster]
    visit: Section
    rules: Mapping[str, Rule]
    unanswered: Mapping[str, Severity]

    def answered(self, section: str) -> Iterator[Variable]:
        """The questions whose answers stand in a sheet, not among the registry's columns."""
        return (each for each in self.sections[section].values() if each.kept_in is None)

    @property
    def answered_rosters(self) -> Iterator[Roster]:
        return (each for each in self.rosters.values() if each.kept_in is None)

    def of_member(self, key: str) -> Variable:
        return self.sections["members"][key]

    @cached_property
    def presence(self) -> Variable | None:
        """The question whether somebody lives in the household."""
        members = self.sections["members"].values()
        return next((each for each in members if each.counts_as_member), None)

    def keys_of(self, group: str) -> dict[str, frozenset[str]]:
        """What hides from a role that may not read `group`: keys, by the part they stand in.

        Those of `members` go from every member, those of `rosters` with all their rows, those of
        `rosters.<key>` from every row.
        """
        parts = {name: self.answered(name) for name in ANSWERED}
        rows = {f"rosters.{each.key}": each.fields.values() for each in self.answered_rosters}
        found = {
            **{name: _in_group(variables, group) for name, variables in parts.items()},
            "rosters": _in_group(self.answered_rosters, group),
            **{name: _in_group(variables, group) for name, variables in rows.items()},
        }
        return {part: keys for part, keys in found.items() if keys}

    def answers_schema(self) -> dict[str, Any]:
        """JSON Schema of an answer sheet, for use within OpenAPI 3.1."""
        asked = {name: list(self.answered(name)) for name in ANSWERED}
        return schema.answers(self.title, asked, self.answered_rosters)

    def document(self) -> dict[str, Any]:
        """All of it, to show a form by and to read its answers with."""
        sections = {**self.sections, "visit": self.visit}
        return {
            "version": self.version,
            "title_id": self.title.id,
            "title_en": self.title.en,
            "unanswered": dict(self.unanswered),
            **{name: _described(section) for name, section in sections.items()},
            "rosters": [schema.described_roster(each) for each in self.rosters.values()],
            "rules": [_described_rule(rule) for rule in self.rules.values()],
        }


def _in_group(them: Iterable[Variable | Roster], group: str) -> frozenset[str]:
    return frozenset(each.key for each in them if each.group == group)


def _described(section: Section) -> list[dict[str, Any]]:
    return [schema.described(each) for each in section.values()]


def _described_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "severity": rule.severity,
        "said_id": rule.said.id,
        "said_en": rule.said.en,
        **{name: value for name in ("status", "at") if (value := getattr(rule, name))},
        **({"parameters": dict(rule.parameters)} if rule.parameters else {}),
    }


def load(file: Path) -> Codebook:
    """The codebook that a file holds, or `CodebookContradictsItself` with all that is wrong."""
    try:
        codebook = _made(files.read(file.read_text(encoding="utf-8")))
    except CodebookContradictsItself as wrong:
        raise CodebookContradictsItself(f"{file.name}: {wrong}") from None
    found = [
        *contradictions.of(codebook.sections, codebook.rosters, codebook.rules),
        *([] if codebook.version == file.stem else [f"the file is not named {codebook.version}"]),
    ]
    if found:
        raise CodebookContradictsItself(f"{file.name}: {'; '.join(found)}")
    return codebook


def _made(written: dict[str, Any]) -> Codebook:
    try:
        return _read(written)
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        if isinstance(wrong, CodebookContradictsItself):
            raise
        raise CodebookContradictsItself(f"{type(wrong).__name__} {wrong}") from wrong


def _read(written: dict[str, Any]) -> Codebook:
    variables = files.variables
    codebook = Codebook(
        version=written.pop("version"),
        title=files.label(written, "title"),
        unanswered={k: Severity(word) for k, word in written.pop("unanswered").items()},
        sections={name: variables(written.pop(name, ()), name) for name in ANSWERED},
        rosters={k: files.roster(k, v) for k, v in written.pop("rosters", {}).items()},
        visit=variables(written.pop("visit", ()), "visit"),
        rules=files.rules(written.pop("rules", ())),
    )
    if written or set(codebook.unanswered) != set(ANSWERED):
        raise CodebookContradictsItself(
            f"unknown or incomplete: {', '.join(written) or 'unanswered'}"
        )
    return codebook


# The files are named by their version, the year last: the newest stands at the end.
CODEBOOKS: Mapping[str, Codebook] = {
    file.stem: load(file) for file in sorted(FOLDER.glob("*.yaml"), key=lambda file: file.stem[-4:])
}
NEWEST = list(CODEBOOKS.values())[-1]
