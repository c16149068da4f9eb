"""What is made at random, told once and kept as SHA-256: one-time passwords, secrets of machines.

Both are long enough that nobody guesses them, so a fast hash is safe; and 430 of them take no
time at all, where as many argon2id hashes would take a minute.
"""

import secrets
from datetime import timedelta
from hashlib import sha256

from app.domain.errors import Conflict, Said

# Crockford's 32: no i, l, o or u, so no two look alike. 20 of them make 100 bits.
SYMBOLS = "0123456789abcdefghjkmnpqrstvwxyz"
GROUPS, GROUP_LENGTH = 5, 4
ONE_TIME_LIFE = timedelta(days=14)

SECRET_BYTES = 32
SECRETS_AT_ONCE = 2  # the old one works until the machine has taken over the new one
SECRET_LIFE = timedelta(days=365)

_READ_AS = str.maketrans({"i": "1", "l": "1", "o": "0", "-": None, " ": None})


def new_one_time_password() -> str:
    """To be read aloud and typed: 7h2k-9mqa-..."""
    return "-".join(
        "".join(secrets.choice(SYMBOLS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)
    )


def one_time_hash(password: str) -> bytes:
    """The same however it was typed: in capitals, without its hyphens, with an o for a zero."""
    return sha256(password.casefold().translate(_READ_AS).encode()).digest()


def new_client_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def client_secret_hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


class TooManySecrets(Conflict):
    """A machine has two secrets at most."""

    title = Said(id="Rahasia klien sudah dua", en="There are two client secrets already")
    detail = Said(
        id="Cabut dahulu salah satu rahasia yang tidak dipakai lagi, lalu ulangi.",
        en="Revoke one that is no longer used first, then retry.",
    )
