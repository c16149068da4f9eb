"""Lines to clients that are open for minutes: only so many of a kind at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.errors import Overloaded


class AtOnce:
    """How many are open just now."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.now = 0

    def admit(self) -> None:
        if self.now >= self.most:
            raise Overloaded(retry_after=5)

    @contextmanager
    def one_more(self) -> Iterator[None]:
        self.now += 1
        try:
            yield
        finally:
            self.now -= 1
