"""Secrets that have to be used again, and so cannot be kept as a hash: kept sealed.

The key is derived from the service's signing key and lies nowhere; a copy of the database opens
nothing. With another signing key what was sealed before stays shut.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class SealBroken(Exception):
    """It was sealed with another key, or for something else."""


class Sealer:
    """Seals for one use: what is sealed for another does not open."""

    def __init__(self, key: Ed25519PrivateKey, use: str) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=f"siks {use}".encode())
        self._cipher = AESGCM(derived.derive(key.private_bytes_raw()))

    def seal(self, secret: bytes, *, of: UUID) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, of.bytes)

    def open(self, sealed: bytes, *, of: UUID) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], of.bytes)
        except (InvalidTag, ValueError):
            raise SealBroken from None
