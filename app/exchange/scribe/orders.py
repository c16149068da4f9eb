"""What the scribe is told to write."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from app.domain.extracts.columns import Kind


@dataclass(frozen=True)
class Order:
    path: Path
    columns: Mapping[str, Kind]  # by their names, in order
    about: Mapping[str, str]  # what the file says of itself

    @classmethod
    def told(cls, told: Mapping[str, Any]) -> Self:
        columns = {name: Kind(kind) for name, kind in told["columns"]}
        return cls(Path(told["path"]), columns, told["about"])
