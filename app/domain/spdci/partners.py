"""Who exchanges with us: a machine's account, and what was agreed with whoever runs it.

The bearer token proves who sends a message. A signature proves besides that it says what was
written: so it is asked of whoever has given us keys, and of nobody else. What claims to be signed
and cannot be checked is not taken for unsigned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.actors import Actor, Role
from app.domain.errors import Incomplete, NotPermitted, Said
from app.domain.spdci.reading import Envelope
from app.domain.spdci.words import CALLBACK_OF, Action, Code, Error, Rejected

MOST_KEYS = 5
NOTIFIED = "/notify"


@dataclass(frozen=True)
class Partner:
    sender_id: str
    callback_uri: str | None
    keys: tuple[Mapping[str, Any], ...] = ()

    def address(self, action: Action) -> str:
        """Where it is answered: below the registered address, whatever the message says."""
        return self._below(CALLBACK_OF[action])

    @property
    def notified_at(self) -> str:
        """Where it is told of changes."""
        return self._below(NOTIFIED)

    def _below(self, path: str) -> str:
        if self.callback_uri is None:
            raise self.nowhere()
        return self.callback_uri.rstrip("/") + path

    @staticmethod
    def nowhere() -> Rejected:
        return Rejected(Code.NO_ADDRESS, NO_ADDRESS)


class NoExchange(NotPermitted):
    """Only machines exchange by the SPDCI standard."""

    title = Said(
        id="Pertukaran SPDCI hanya untuk sistem", en="Only machines exchange by the SPDCI standard"
    )
    detail = Said(
        id="Peran {role} memakai /v1. Untuk pertukaran antar sistem, mintalah akun integrasi.",
        en="The role {role} uses /v1. For an exchange between systems, ask for an account of "
        "integration.",
    )


class KeyNotUsable(Incomplete):
    """A signature cannot be checked with this key."""

    title = Said(id="Kunci tidak dapat dipakai", en="This key cannot be used")
    detail = Said(
        id="Kirim kunci publik sebagai JWK: Ed25519, P-256, atau RSA mulai 2048 bit. Jangan pernah "
        "mengirim kunci privat.",
        en="Send the public key as a JWK: Ed25519, P-256, or RSA of 2048 bits and more. Never send "
        "the private key.",
    )


NO_ADDRESS = Said(
    id="Belum ada alamat jawaban yang terdaftar untuk akun ini. Mintalah admin mendaftarkannya di "
    "/v1/accounts/<id>/spdci-partner; sender_uri dalam pesan tidak dipakai.",
    en="No address for answers is registered for this account. Ask the administrator to enter it "
    "at /v1/accounts/<id>/spdci-partner; the sender_uri of a message is not used.",
)
OTHER_SENDER = Said(
    id="sender_id bukan yang terdaftar untuk akun ini.",
    en="This sender_id is not the one registered for this account.",
)
NOT_SIGNED = Said(
    id="Pesan dari mitra ini harus ditandatangani (JWS terpisah atas header dan message).",
    en="Messages of this partner are signed (a detached JWS over header and message).",
)
NO_KEY = Said(
    id="Pesan ini bertanda tangan, tetapi tidak ada kunci Anda yang terdaftar untuk memeriksanya. "
    "Daftarkan kuncinya, atau kosongkan signature.",
    en="This message is signed, but no key of yours is registered to check it with. Register it, "
    "or leave signature empty.",
)
WRONG = Said(
    id="Tanda tangan tidak cocok dengan isi pesan dan kunci yang terdaftar.",
    en="The signature does not fit the message and the registered keys.",
)


def exchanges(actor: Actor) -> None:
    if actor.role is not Role.INTEGRATION:
        raise NoExchange(role=actor.role)


def check_sender(envelope: Envelope, partner: Partner | None) -> None:
    """That it names itself as it is registered, and is signed where it has to be."""
    known = partner.sender_id if partner else None
    if known and envelope.sender_id not in {None, known}:
        raise Rejected(Code.SENDER_ID, OTHER_SENDER)
    keys = partner.keys if partner else ()
    if keys and envelope.signature is None:
        raise Rejected(Code.SIGNATURE, NOT_SIGNED, error=Error.SIGNATURE_MISSING)
    if envelope.signature is not None and not keys:
        raise Rejected(Code.SIGNATURE, NO_KEY)
