"""What is told at the door besides yes and no: to whoever has yet to choose a password, to
machines, and to people whom another issuer knows.
"""

from app.domain.errors import (
    Fault,
    Incomplete,
    NotFound,
    NotPermitted,
    NotRecognised,
    Said,
)


class PasswordMustBeChosen(NotPermitted):
    """The password is right and serves for one thing only: to choose the next one."""

    title = Said(id="Pilih kata sandi Anda dahulu", en="Choose your password first")
    detail = Said(
        id="Kata sandi sekali pakai ini benar, tetapi hanya untuk memilih kata sandi baru. Kirim "
        "username, password ini, dan new_password ke POST /v1/auth/password.",
        en="This one-time password is right, but serves only to choose a new one. Send username, "
        "this password and new_password to POST /v1/auth/password.",
    )


class PasswordNotNew(Incomplete):
    """The new password is the one there was."""

    title = Said(id="Kata sandi baru sama dengan yang lama", en="The new password is the old one")
    detail = Said(
        id="Pilih kalimat lain dari kata sandi yang lama.",
        en="Choose another sentence than before.",
    )

    def __init__(self) -> None:
        super().__init__([Fault("/new_password", "password_not_new", self.detail)])


class ClientNotRecognised(NotRecognised):
    """One answer for an unknown client and for a secret that is wrong, expired or revoked."""

    title = Said(id="Klien tidak dikenali", en="The client is not recognised")
    detail = Said(
        id="Periksa client_id dan client_secret. Bila rahasianya kedaluwarsa, mintalah yang baru "
        "kepada admin wilayah Anda.",
        en="Check client_id and client_secret. If the secret has expired, ask the administrator "
        "of your region for a new one.",
    )


class IdentityNotLinked(NotPermitted):
    """The other issuer knows who it is; no active account here is his."""

    title = Said(id="Identitas ini belum terhubung", en="This identity has no account here")
    detail = Said(
        id="Mintalah admin wilayah Anda menghubungkan identitas itu (iss dan sub pada token) "
        "dengan akun Anda yang aktif.",
        en="Ask the administrator of your region to link that identity (iss and sub of the token) "
        "with your active account.",
    )


class NoOtherIssuer(NotFound):
    """This service takes the word of no other issuer."""

    title = Said(id="Tidak ada penerbit luar", en="There is no other issuer")
    detail = Said(
        id="Masuk dengan nama pengguna dan kata sandi di POST /v1/auth/token.",
        en="Sign in with username and password at POST /v1/auth/token.",
    )
