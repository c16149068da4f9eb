"""A secret that is kept is opened by the service alone, and only for what it was sealed for."""

from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.sealing import SealBroken, Sealer

KEY, SECRET, ID = Ed25519PrivateKey.generate(), b"0123456789abcdef", uuid4()


def test_what_was_sealed_opens_and_does_not_show():
    sealer = Sealer(KEY, "webhooks")
    sealed = sealer.seal(SECRET, of=ID)

    assert sealer.open(sealed, of=ID) == SECRET
    assert SECRET not in sealed
    assert sealer.seal(SECRET, of=ID) != sealed


def test_it_stays_shut_to_another_key_another_use_for_another_and_when_it_was_changed():
    sealed = Sealer(KEY, "webhooks").seal(SECRET, of=ID)
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])

    for sealer, content, whose in (
        (Sealer(Ed25519PrivateKey.generate(), "webhooks"), sealed, ID),
        (Sealer(KEY, "letters"), sealed, ID),
        (Sealer(KEY, "webhooks"), sealed, uuid4()),
        (Sealer(KEY, "webhooks"), changed, ID),
        (Sealer(KEY, "webhooks"), b"", ID),
    ):
        with pytest.raises(SealBroken):
            sealer.open(content, of=whose)
