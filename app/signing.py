"""The key that signs tokens: given by a setting, or made once beside the embedded database."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def kept_key(directory: Path) -> str:
    """The PEM text of the key kept there; made at the first call, for its owner's eyes only."""
    path = directory / "signing-key.pem"
    if not path.exists():
        _write_once(path, _new_key())
    return path.read_text()


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


def _write_once(path: Path, content: bytes) -> None:
    """Whole or not at all: half a key would be found by every later start."""
    half = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    half.rename(path)
