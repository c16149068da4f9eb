"""In by the word of another issuer: a real one, small, on this machine."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from httpx2 import Response
from jwt.algorithms import RSAAlgorithm

from app.db import accounts
from app.db.sessions import Database
from app.db.tables.accounts import ExternalIdentity
from app.domain.actors import Role
from app.domain.regions import INDONESIA
from app.issuer_keys import keys_in
from tests.api.door import (
    CILEGON,
    DAY,
    LONG_AGO,
    House,
    Officer,
    a_house,
    b64,
    by_hand,
    refused,
)
from tests.api.issuer import (
    AUDIENCE,
    EC,
    ED,
    NAME,
    RSA,
    RSA_PEM,
    USUAL,
    LittleIssuer,
    id_token,
    jwk_of,
    keys,
    says,
)

NOT_BELIEVED = (401, "identity-not-believed")
UNREACHABLE = (503, "issuer-unreachable")


@pytest.fixture
async def issuer() -> AsyncIterator[LittleIssuer]:
    async with LittleIssuer().telling() as issuer:
        yield issuer


@pytest.fixture
async def house(database: Database, issuer: LittleIssuer) -> AsyncIterator[House]:
    async with a_house(database, issuer=issuer.as_known()) as house:
        yield house


@dataclass(frozen=True)
class Known:
    """An officer, and who he is to the other issuer."""

    officer: Officer
    subject: str

    async def comes(self, token: str | None = None, **more: object) -> Response:
        return await comes(self.officer, token or id_token(self.subject), **more)


async def comes(officer: Officer, token: str, **more: object) -> Response:
    return await officer.http.post("/v1/auth/exchange", json={"token": token, **more})


async def known(house: House, **more: object) -> Known:
    officer = await house.officer(**more)  # type: ignore[arg-type]
    subject = str(uuid4())
    async with house.database.transaction(INDONESIA) as session:
        session.add(
            ExternalIdentity(
                issuer=NAME,
                subject=subject,
                account_id=officer.account.id,
                scope_code=officer.account.scope_code,
            )
        )
    return Known(officer, subject)


class TestWhomTheOtherIssuerKnows:
    @pytest.mark.parametrize(("key", "kid"), [(RSA, "rsa"), (EC, "ec")], ids=["RS256", "ES256"])
    async def test_comes_in_as_what_he_is_here(self, house: House, key: object, kid: str):
        somebody = await known(house)

        response = await somebody.comes(id_token(somebody.subject, key=key, kid=kid))

        told = response.json()
        assert response.status_code == 200, response.text
        assert response.headers["cache-control"] == "no-store"
        assert told["role"] == "village_operator"
        me = await somebody.officer.asks(access_token=told["access_token"])
        assert me.json()["account_id"] == str(somebody.officer.account.id)
        assert (await somebody.officer.renews(told["refresh_token"])).status_code == 200

    async def test_is_given_no_right_by_it(self, house: House):
        somebody = await known(house)
        claims = {"role": "ministry_admin", "region": "", "groups": ["admin"], "sv": 9}
        told = (await somebody.comes(id_token(somebody.subject, **claims))).json()
        assert (told["role"], told["region"]["code"]) == ("village_operator", "3672011001")

    async def test_chooses_among_his_assignments(self, house: House):
        somebody = await known(house, home=CILEGON)
        async with house.database.transaction(INDONESIA) as session:
            account = await accounts.find(session, somebody.officer.account.id, within=INDONESIA)
            await accounts.assign(
                session, account, role=Role.REGENCY_VERIFIER, region=CILEGON, from_=LONG_AGO
            )

        several = await somebody.comes()
        verifier = several.json()["assignments"][1]["id"]
        chosen = await somebody.comes(assignment_id=verifier)

        assert refused(several) == (409, "several-assignments")
        assert chosen.json()["role"] == "regency_verifier"

    async def test_does_not_come_in_without_an_assignment(self, house: House):
        somebody = await known(house, until=datetime.now(UTC) - DAY)
        assert refused(await somebody.comes()) == (403, "no-current-assignment")

    async def test_does_not_come_in_where_no_account_is_linked_or_it_was_dismissed(
        self, house: House
    ):
        somebody, dismissed = await known(house), await known(house)
        await house.runs(
            "UPDATE account SET state = 'dismissed' WHERE id = $1", dismissed.officer.account.id
        )
        answers = [await somebody.comes(id_token("nobody here")), await dismissed.comes()]
        assert {refused(answer) for answer in answers} == {(403, "identity-not-linked")}
        assert len({answer.text for answer in answers}) == 1

    async def test_is_somebody_else_to_another_issuer(self, house: House):
        somebody = await known(house)
        await house.runs("DELETE FROM external_identity WHERE subject = $1", somebody.subject)
        async with house.database.transaction(INDONESIA) as session:
            session.add(
                ExternalIdentity(
                    issuer="https://lain.example",
                    subject=somebody.subject,
                    account_id=somebody.officer.account.id,
                    scope_code=somebody.officer.account.scope_code,
                )
            )
        assert refused(await somebody.comes()) == (403, "identity-not-linked")


class TestATokenIsNotBelieved:
    @pytest.mark.parametrize("name", ["iss", "aud", "sub", "iat", "exp"])
    async def test_where_a_claim_is_missing(self, house: House, name: str):
        somebody = await known(house)
        token = id_token(somebody.subject, **{name: None})
        assert refused(await somebody.comes(token)) == NOT_BELIEVED

    @pytest.mark.parametrize(
        "differing",
        [
            {"iss": "https://lain.example"},
            {"iss": f"{NAME}/"},
            {"aud": "another"},
            {"aud": [AUDIENCE, "another"]},
            {"aud": []},
            {"exp": -timedelta(seconds=40)},
            {"iat": -timedelta(minutes=11)},
            {"iat": timedelta(minutes=1)},
            {"iat": "soon"},
            {"iat": float("inf")},
            {"exp": float("nan")},
            {"nbf": timedelta(minutes=1)},
            {"sub": ""},
            {"sub": "x" * 251},
            {"sub": "a\x00b"},
            {"sub": "\ud800"},
            {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
        ],
    )
    async def test_where_a_claim_is_wrong(self, house: House, differing: dict[str, object]):
        somebody = await known(house)
        token = id_token(somebody.subject, **differing)
        assert refused(await somebody.comes(token)) == NOT_BELIEVED

    @pytest.mark.parametrize(
        "differing",
        [
            {"aud": [AUDIENCE]},
            {"exp": -timedelta(seconds=10)},
            {"iat": timedelta(seconds=20)},
            {"nbf": timedelta(seconds=20)},
        ],
    )
    async def test_but_clocks_may_differ_by_half_a_minute(
        self, house: House, differing: dict[str, object]
    ):
        somebody = await known(house)
        response = await somebody.comes(id_token(somebody.subject, **differing))
        assert response.status_code == 200, response.text

    @pytest.mark.parametrize(
        ("algorithm", "secret"),
        [("HS256", RSA_PEM), ("HS256", b""), ("none", None), ("RS256", RSA_PEM), ("EdDSA", b"x")],
        ids=["HS256 by the public key", "HS256 by nothing", "none", "RS256 by HMAC", "EdDSA"],
    )
    async def test_by_an_algorithm_of_its_own_choice(
        self, house: House, algorithm: str, secret: bytes | None
    ):
        somebody = await known(house)
        claims = says(somebody.subject)
        for header in ({"alg": algorithm, "kid": "rsa"}, {"alg": algorithm, "kid": "ec"}):
            assert refused(await somebody.comes(by_hand(header, claims, secret))) == NOT_BELIEVED

    @pytest.mark.parametrize(
        ("key", "kid", "algorithm"),
        [
            (EC, "rsa", "ES256"),
            (RSA, "ec", "RS256"),
            (RSA, "rsa", "RS512"),
            (RSA, "rsa", "PS256"),
            (ED, "rsa", "EdDSA"),
        ],
    )
    async def test_by_another_algorithm_than_the_key_is_for(
        self,
        house: House,
        key: Any,  # noqa: ANN401
        kid: str,
        algorithm: str,
    ):
        somebody = await known(house)
        token = jwt.encode(says(somebody.subject), key, algorithm, {"kid": kid})
        assert refused(await somebody.comes(token)) == NOT_BELIEVED

    @pytest.mark.parametrize("key", [RSA, EC], ids=["RS256", "ES256"])
    async def test_by_a_stranger_of_the_same_name(self, house: House, key: object):
        somebody = await known(house)
        is_rsa = key is RSA
        stranger = (
            rsa.generate_private_key(public_exponent=65537, key_size=2048)
            if is_rsa
            else ec.generate_private_key(ec.SECP256R1())
        )
        token = id_token(somebody.subject, key=stranger, kid="rsa" if is_rsa else "ec")
        assert refused(await somebody.comes(token)) == NOT_BELIEVED

    @pytest.mark.parametrize(
        "headers",
        [
            {"kid": None},
            {"kid": 7},
            {"typ": "logout+jwt"},
            {"typ": 7},
            {"crit": ["exp"], "exp": 1},
            {"jwk": jwk_of(EC, "rsa"), "kid": "mine"},
        ],
    )
    async def test_by_such_a_header(self, house: House, headers: dict[str, object]):
        somebody = await known(house)
        header = {"alg": "RS256", "typ": "JWT", "kid": "rsa", **headers}
        claims = json.loads(json.dumps(says(somebody.subject), default=lambda at: at.timestamp()))
        header = {name: said for name, said in header.items() if said is not None}
        signing = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
        signature = RSAAlgorithm(RSAAlgorithm.SHA256).sign(signing.encode(), RSA)
        token = f"{signing}.{b64(signature)}"
        assert refused(await somebody.comes(token)) == NOT_BELIEVED

    async def test_that_is_ours(self, house: House):
        somebody = await known(house)
        ours = somebody.officer.bearer()["Authorization"].removeprefix("Bearer ")
        assert refused(await somebody.comes(ours)) == NOT_BELIEVED

    @pytest.mark.parametrize("said", ["x", "a.b", "a.b.c", "é.b.c", "a" * 9000, "", None, 1])
    async def test_that_is_none(self, house: House, said: object):
        response = await house.http.post("/v1/auth/exchange", json={"token": said})
        assert refused(response) in {NOT_BELIEVED, (422, "malformed")}

    async def test_and_each_is_a_try_that_counts_for_the_address(self, house: House):
        somebody = await known(house)
        await somebody.comes("a.b.c")
        [row] = await house.runs(
            "UPDATE sign_in_failure SET tries = 49 WHERE tally_of = 'address' AND tries = 1"
            " AND key_hash = sha256(('address:' || $1)::bytea) RETURNING tries",
            house.address,
        )
        assert row["tries"] == 49

        assert refused(await somebody.comes("a.b.c")) == NOT_BELIEVED
        assert refused(await somebody.comes()) == (429, "too-many-tries")


BIG = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - to be refused
P384 = ec.generate_private_key(ec.SECP384R1())
A_KEY = jwk_of(EC, "other")


class TestWhichKeysAreUsed:
    """By what each says of itself; one that is not fit does not spoil the others."""

    @pytest.mark.parametrize(
        "more", [{}, {"use": "sig", "key_ops": ["verify"]}, {"alg": "RS256"}, {"x5t": "abc"}]
    )
    def test_one_for_signatures(self, more: dict[str, object]):
        assert keys_in(keys(jwk_of(RSA, "a", **more))).keys() == {"a"}

    def test_one_that_does_not_say_what_for(self):
        jwk = jwk_of(RSA, "a")
        del jwk["use"]
        assert keys_in(keys(jwk)).keys() == {"a"}

    @pytest.mark.parametrize(
        "jwk",
        [
            jwk_of(RSA, "a", use="enc"),
            jwk_of(RSA, "a", use=None),
            jwk_of(RSA, "a", key_ops=["sign"]),
            jwk_of(RSA, "a", key_ops=[]),
            jwk_of(RSA, "a", key_ops="verify"),
            jwk_of(RSA, "a", alg="RS512"),
            jwk_of(RSA, "a", alg="HS256"),
            jwk_of(RSA, "a", alg="ES256"),
            jwk_of(EC, "a", alg="RS256"),
            jwk_of(SMALL, "a"),
            jwk_of(P384, "a"),
            jwk_of(ED, "a"),
            jwk_of(EC, "a", crv="P-257"),
            jwk_of(EC, "a", x="AAAA"),
            jwk_of(EC, "a", x=jwk_of(EC, "a")["y"]),
            jwk_of(RSA, "a", n=""),
            jwk_of(RSA, "a", n=7),
            jwk_of(RSA, "a", e="AA"),
            jwk_of(RSA, "a", n="_" * 4000),
            jwk_of(RSA, "a", d="AQAB"),
            jwk_of(RSA, ""),
            jwk_of(RSA, "a" * 201),
            {**jwk_of(RSA, "a"), "kid": 7},
            {"kty": "oct", "k": "c2VjcmV0", "kid": "a"},
            {"kty": ["RSA"], "kid": "a"},
            "a",
            None,
            [],
        ],
    )
    def test_none_that_is_not(self, jwk: Any):  # noqa: ANN401
        assert keys_in(keys(jwk, A_KEY)).keys() == {"other"}

    def test_none_of_two_by_one_name(self):
        twice = keys(jwk_of(RSA, "a"), jwk_of(BIG, "a"), A_KEY)
        assert keys_in(twice).keys() == {"other"}

    def test_one_for_signatures_beside_one_for_secrets(self):
        both = keys(jwk_of(RSA, "a", use="enc"), jwk_of(BIG, "a"))
        assert keys_in(both)["a"].public == BIG.public_key()

    @pytest.mark.parametrize(
        "document",
        [b"", b"{", b"[]", b"null", b'{"keys": {}}', b'{"keys": []}', b"\xff", keys(None)],
    )
    def test_a_document_without_any_is_none(self, document: bytes):
        with pytest.raises(ValueError):  # noqa: PT011 - of whatever kind
            keys_in(document)


class TestTheKeysAreFetched:
    async def test_when_somebody_comes_and_not_again_for_an_hour(
        self, house: House, issuer: LittleIssuer
    ):
        somebody = await known(house)
        assert issuer.asked == 0

        for later in (0, 3599):
            issuer.hand[0] = 1000 + later
            assert (await somebody.comes()).status_code == 200
        assert issuer.asked == 1

        issuer.hand[0] += 1
        assert (await somebody.comes()).status_code == 200
        assert issuer.asked == 2

    async def test_once_for_all_who_come_at_once(self, house: House, issuer: LittleIssuer):
        issuer.seconds = 0.3
        somebody = await known(house)
        answers = await asyncio.gather(*(somebody.comes() for _ in range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert issuer.asked == 1

    async def test_again_for_a_key_that_is_new(self, house: House, issuer: LittleIssuer):
        somebody = await known(house)
        await somebody.comes()
        issuer.document = keys(jwk_of(BIG, "next"))
        token = id_token(somebody.subject, key=BIG, kid="next")

        issuer.hand[0] += 59
        assert refused(await somebody.comes(token)) == NOT_BELIEVED
        issuer.hand[0] += 1
        assert (await somebody.comes(token)).status_code == 200
        assert refused(await somebody.comes()) == NOT_BELIEVED  # the old key is gone
        assert issuer.asked == 2

    async def test_once_a_minute_however_many_tokens_name_keys_nobody_has(
        self, database: Database, issuer: LittleIssuer
    ):
        told = issuer.as_known()
        for minute in range(3):
            issuer.hand[0] = 1000.0 + 60 * minute
            tokens = [id_token("a", kid=f"invented {n}") for n in range(40)]
            for token in tokens[:20]:
                async with a_house(database, issuer=told) as house:
                    answer = await house.http.post("/v1/auth/exchange", json={"token": token})
                assert refused(answer) == NOT_BELIEVED
            async with a_house(database, issuer=told) as house:
                await asyncio.gather(
                    *(house.http.post("/v1/auth/exchange", json={"token": t}) for t in tokens[20:])
                )
        assert issuer.asked == 3

    async def test_and_those_who_come_with_a_known_key_need_not_wait_for_it(
        self, house: House, issuer: LittleIssuer
    ):
        somebody = await known(house)
        await somebody.comes()
        issuer.seconds, issuer.hand[0] = 2.0, 1060.0
        issuer.is_asked.clear()
        unknown = asyncio.create_task(somebody.comes(id_token("a", kid="invented")))
        await asyncio.wait_for(issuer.is_asked.wait(), 5)

        began = time.monotonic()
        assert (await somebody.comes()).status_code == 200
        assert time.monotonic() - began < 1

        unknown.cancel()


class TestWhileTheIssuerIsDown:
    @pytest.mark.parametrize(
        "ill",
        [
            {"status": "500 Oops"},
            {"status": "302 Found", "headers": "Location: /elsewhere\r\n"},
            {"document": b"<html>"},
            {"document": b"[" * 50_000},
            {"document": keys()},
            {"document": USUAL + b" " * 70_000},
            {"headers": "Content-Encoding: gzip\r\n"},
            {"headers": "Content-Length: 90000\r\n"},
            {"status": "nonsense"},
        ],
    )
    async def test_whoever_comes_is_told_when_to_come_again(
        self, house: House, issuer: LittleIssuer, ill: dict[str, Any]
    ):
        for name, value in ill.items():
            setattr(issuer, name, value)
        somebody = await known(house)

        first = await somebody.comes()
        issuer.hand[0] += 20
        second = await somebody.comes()

        assert refused(first) == refused(second) == UNREACHABLE
        assert [one.headers["retry-after"] for one in (first, second)] == ["60", "40"]
        assert issuer.asked == 1

    async def test_nobody_waits_longer_than_three_seconds(self, house: House, issuer: LittleIssuer):
        issuer.seconds = 10
        somebody = await known(house)
        began = time.monotonic()
        assert refused(await somebody.comes()) == UNREACHABLE
        assert time.monotonic() - began < 4

    async def test_and_it_is_no_try_that_counts(self, house: House, issuer: LittleIssuer):
        issuer.status = "503 Later"
        somebody = await known(house)
        for _ in range(3):
            await somebody.comes()
        rows = await house.runs(
            "SELECT tries FROM sign_in_failure WHERE key_hash = sha256(('address:' || $1)::bytea)",
            house.address,
        )
        assert [row["tries"] for row in rows] == [0]

    async def test_the_last_good_keys_serve_for_a_day(self, house: House, issuer: LittleIssuer):
        somebody = await known(house)
        await somebody.comes()
        issuer.status = "503 Later"

        for hours in (1, 12, 23.9):
            issuer.hand[0] = 1000 + hours * 3600
            assert (await somebody.comes()).status_code == 200
        issuer.hand[0] = 1000 + 24 * 3600
        assert refused(await somebody.comes()) == UNREACHABLE

        issuer.status = "200 OK"
        issuer.hand[0] += 60
        assert (await somebody.comes()).status_code == 200


async def test_where_there_is_no_other_issuer_it_is_said(database: Database):
    async with a_house(database) as house:
        response = await house.http.post("/v1/auth/exchange", json={"token": "a.b.c"})
    assert refused(response) == (404, "no-other-issuer")
