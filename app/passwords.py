"""Passwords are kept as argon2id hashes, made off the event loop and few at a time.

Nobody holds a database connection while one is made: it takes tens of milliseconds and 19 MiB.
"""

import asyncio
import unicodedata
from secrets import token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.domain.accounts import check_password

# OWASP's parameters for argon2id, of equal strength to its others and the least in memory times
# lanes that one core can bear. Another choice re-hashes each password at its next sign-in.
_ARGON2ID = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    check_password(password)
    return _ARGON2ID.hash(_normal(password))


def is_outdated(password_hash: str) -> bool:
    return _ARGON2ID.check_needs_rehash(password_hash)


def _normal(password: str) -> str:
    """The same sentence from another keyboard may be spelt with other code points."""
    return unicodedata.normalize("NFKC", password)


def _fits(password: str, password_hash: str) -> bool:
    try:
        return _ARGON2ID.verify(password_hash, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


class Passwords:
    """Compares and makes hashes, `at_once` at a time: more would only take memory."""

    def __init__(self, *, at_once: int = 2) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._nobodys = _ARGON2ID.hash(token_urlsafe())

    async def fits(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is the one; where nobody has one, it takes as long to say no."""
        async with self._turns:
            fits = await asyncio.to_thread(_fits, password, password_hash or self._nobodys)
        return fits and password_hash is not None

    async def hashed(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(hash_password, password)

    async def renewed(self, password: str, password_hash: str) -> str | None:
        """The hash by today's parameters, where the stored one was made by others."""
        if not is_outdated(password_hash):
            return None
        async with self._turns:
            return await asyncio.to_thread(_ARGON2ID.hash, _normal(password))
