"""What the codes of the interface are called in the sentences that people read."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "data" / "labels.yaml"
Label = Mapping[str, str]  # by language: id, en


@cache
def labels() -> Mapping[str, Mapping[str, Label]]:
    """By group, then by code: roles, subjects, kinds, states, actions, purposes."""
    found: Mapping[str, Mapping[str, Label]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def label_of(code: str, group: str, language: str) -> str:
    """A code that has no label speaks for itself."""
    label = labels()[group].get(code)
    return label[language] if label else code
