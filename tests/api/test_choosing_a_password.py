"""The first password, the one after a reset, and simply another one."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from httpx2 import Response

from app.db import accounts
from app.db.sessions import Database
from app.db.tables.accounts import NO_PASSWORD
from app.domain.actors import Role
from app.domain.credentials import new_one_time_password, one_time_hash
from app.domain.regions import INDONESIA
from app.passwords import Passwords
from tests.api.door import (
    CILEGON,
    DAY,
    LONG_AGO,
    PASSWORD,
    PASSWORD_HASH,
    House,
    Officer,
    a_house,
    an_address,
    knock,
    refused,
)

NEW = "sebelas layang-layang putus"
WRONG = "bukan kata sandinya sama sekali"
NOT_IN = (401, "sign-in-failed")


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with a_house(database) as house:
        yield house


async def newcomer(
    house: House, *, life: timedelta = 14 * DAY, password_hash: str = NO_PASSWORD, **more: object
) -> tuple[Officer, str]:
    """An officer who was given a one-time password; after a reset, who had another before."""
    officer = await house.officer(password_hash=password_hash, **more)  # type: ignore[arg-type]
    once = new_one_time_password()
    await house.runs(
        "UPDATE account SET one_time_hash = $2, one_time_expires_at = now() + $3 WHERE id = $1",
        officer.account.id,
        one_time_hash(once),
        life,
    )
    return officer, once


async def chooses(officer: Officer, new: str, *, by: str = PASSWORD, **more: object) -> Response:
    sent = {"username": officer.account.username, "password": by, "new_password": new, **more}
    return await officer.http.post("/v1/auth/password", json=sent)


async def entries_of(house: House, officer: Officer) -> list[dict[str, object]]:
    rows = await house.runs(
        "SELECT * FROM audit_entry WHERE subject_id = $1 ORDER BY id", officer.account.id
    )
    return [dict(row) for row in rows]


class TestAOneTimePassword:
    async def test_lets_nobody_in_and_says_what_it_is_for(self, house: House):
        officer, once = await newcomer(house)

        response = await officer.signs_in(once)

        assert refused(response) == (403, "password-must-be-chosen")
        assert "POST /v1/auth/password" in response.json()["detail"]
        assert "token" not in response.text

    async def test_serves_to_choose_a_password_which_is_a_sign_in(self, house: House):
        officer, once = await newcomer(house)

        response = await chooses(officer, NEW, by=once)

        told = response.json()
        assert response.status_code == 200, response.text
        assert response.headers["cache-control"] == "no-store"
        assert (told["token_type"], told["role"]) == ("Bearer", "village_operator")
        assert (await officer.asks(access_token=told["access_token"])).status_code == 200
        assert (await officer.renews(told["refresh_token"])).status_code == 200
        assert (await officer.signs_in(NEW)).status_code == 200

    @pytest.mark.parametrize("typed", [str.upper, lambda once: once.replace("-", " ")])
    async def test_however_it_was_typed(self, house: House, typed):  # noqa: ANN001
        officer, once = await newcomer(house)
        assert (await chooses(officer, NEW, by=typed(once))).status_code == 200

    async def test_serves_once(self, house: House):
        officer, once = await newcomer(house)
        await chooses(officer, NEW, by=once)

        assert refused(await chooses(officer, f"{NEW} lagi", by=once)) == NOT_IN
        assert refused(await officer.signs_in(once)) == NOT_IN

    async def test_serves_one_of_two_who_come_at_once(self, house: House):
        officer, once = await newcomer(house)

        both = await asyncio.gather(
            *(chooses(officer, f"{NEW} nomor {n}", by=once) for n in range(2))
        )

        statuses = sorted(answer.status_code for answer in both)
        assert statuses in ([200, 401], [200, 409])
        assert len(await entries_of(house, officer)) == 1

    async def test_serves_whoever_is_first_though_another_was_let_in_before(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        officer, once = await newcomer(house)
        is_first_in, may_go_on = asyncio.Event(), asyncio.Event()
        hashed = Passwords.hashed

        async def hashed_slowly(passwords: Passwords, new: str) -> str:
            if new == NEW:
                is_first_in.set()
                await may_go_on.wait()
            return await hashed(passwords, new)

        monkeypatch.setattr(Passwords, "hashed", hashed_slowly)
        slow = asyncio.create_task(chooses(officer, NEW, by=once))
        await is_first_in.wait()
        quick = await chooses(officer, f"{NEW} lagi", by=once)
        may_go_on.set()

        assert quick.status_code == 200
        assert refused(await slow) == (409, "moved-meanwhile")
        assert (await officer.signs_in(f"{NEW} lagi")).status_code == 200

    async def test_that_has_expired_is_wrong_like_any_other(self, house: House):
        officer, once = await newcomer(house, life=timedelta(0))

        answers = [await officer.signs_in(once), await officer.signs_in(WRONG)]
        choosing = await chooses(officer, NEW, by=once)

        assert {refused(answer) for answer in (*answers, choosing)} == {NOT_IN}
        assert len({answer.text for answer in (*answers, choosing)}) == 1

    @pytest.mark.parametrize("life", [14 * DAY, timedelta(0)], ids=["waiting", "expired"])
    async def test_makes_the_password_before_it_void(self, house: House, life: timedelta):
        officer, _ = await newcomer(house, life=life, password_hash=PASSWORD_HASH)

        assert refused(await officer.signs_in()) == NOT_IN
        assert refused(await chooses(officer, NEW)) == NOT_IN

    async def test_of_a_dismissed_account_serves_nobody(self, house: House):
        officer, once = await newcomer(house)
        await house.runs("UPDATE account SET state = 'dismissed' WHERE id = $1", officer.account.id)

        assert refused(await officer.signs_in(once)) == NOT_IN
        assert refused(await chooses(officer, NEW, by=once)) == NOT_IN

    async def test_is_seen_to_be_used_up_in_the_audit(self, house: House):
        officer, once = await newcomer(house)
        await chooses(officer, NEW, by=once)
        [entry] = await entries_of(house, officer)
        expired_at, after = json.loads(str(entry["changes"]))["/one_time_expires_at"]
        assert datetime.fromisoformat(expired_at) > datetime.now(UTC) + 13 * DAY
        assert after is None
        assert once not in str(entry)

    async def test_is_not_used_up_by_the_question_for_which_assignment(self, house: House):
        officer, once = await newcomer(house, home=CILEGON)
        async with house.database.transaction(INDONESIA) as session:
            account = await accounts.find(session, officer.account.id, within=INDONESIA)
            await accounts.assign(
                session, account, role=Role.REGENCY_VERIFIER, region=CILEGON, from_=LONG_AGO
            )

        several = await chooses(officer, NEW, by=once)
        verifier = several.json()["assignments"][1]
        chosen = await chooses(officer, NEW, by=once, assignment_id=verifier["id"])

        assert refused(several) == (409, "several-assignments")
        assert chosen.json()["role"] == "regency_verifier"
        [entry] = await entries_of(house, officer)
        assert (entry["actor_role"], entry["actor_region_code"]) == ("regency_verifier", "3672")


class TestChoosingAnother:
    async def test_takes_the_present_password(self, house: House):
        officer = await house.officer()

        assert (await chooses(officer, NEW)).status_code == 200

        assert refused(await officer.signs_in()) == NOT_IN
        assert (await officer.signs_in(NEW)).status_code == 200

    async def test_ends_every_sign_in_there_was_and_no_other(self, house: House):
        officer = await (await house.officer()).is_in()
        before = officer.tokens

        after = (await chooses(officer, NEW)).json()

        gone = await officer.asks(access_token=before["access_token"])
        assert refused(gone) == (401, "token-not-valid")
        assert refused(await officer.renews(before["refresh_token"]))[0] == 401
        assert (await officer.asks(access_token=after["access_token"])).status_code == 200
        assert (await officer.renews(after["refresh_token"])).status_code == 200

    async def test_stands_in_the_audit_as_ones_own_step_without_the_password(self, house: House):
        officer = await house.officer()

        await chooses(officer, NEW)

        [entry] = await entries_of(house, officer)
        assert (entry["workflow"], entry["action"]) == ("account", "choose_password")
        assert (entry["source"], entry["target"]) == ("active", "active")
        assert entry["actor_id"] == officer.account.id
        assert entry["actor_role"] == "village_operator"
        assert (entry["channel"], bool(entry["request_id"])) == ("http", True)
        assert json.loads(str(entry["changes"])) == {"/session_version": [1, 2]}
        assert "argon2" not in str(entry)

    @pytest.mark.parametrize("new", [PASSWORD, PASSWORD.replace("burung", "\uff42urung")])
    async def test_takes_another_than_before(self, house: House, new: str):
        officer = await house.officer()

        response = await chooses(officer, new)

        assert refused(response) == (422, "password-not-new")
        assert response.json()["errors"][0]["pointer"] == "/new_password"
        assert (await officer.signs_in()).status_code == 200

    async def test_not_even_the_one_before_the_reset_or_the_one_time_one(self, house: House):
        officer, once = await newcomer(house, password_hash=PASSWORD_HASH)

        for new in (PASSWORD, once, once.upper()):
            assert refused(await chooses(officer, new, by=once)) == (422, "password-not-new")

        assert (await chooses(officer, NEW, by=once)).status_code == 200

    @pytest.mark.parametrize("new", ["empat belas hur", "x" * 14])
    async def test_takes_a_sentence(self, house: House, new: str):
        officer = await house.officer()

        response = await chooses(officer, new[:14])

        assert refused(response) == (422, "password-not-fit")
        assert response.json()["errors"][0]["pointer"] == "/new_password"
        assert "15" in response.json()["detail"]

    @pytest.mark.parametrize(
        "sent",
        [
            {"new_password": "x" * 129},
            {"new_password": "lima belas huruf\x00"},
            {"new_password": 123456789012345},
            {"new_password": None},
            {"username": ""},
            {"assignment_id": "x"},
            {"grant_type": "password"},
        ],
    )
    async def test_refuses_what_is_not_well_formed_and_echoes_none_of_it(
        self, house: House, sent: dict[str, object]
    ):
        whole = {"username": "siapa", "password": PASSWORD, "new_password": NEW, **sent}
        response = await house.http.post("/v1/auth/password", json=whole)
        assert refused(response) == (422, "malformed")
        assert not {PASSWORD, NEW, "x" * 129} & set(response.text.split('"'))


class TestTheBrakesAreThoseOfSigningIn:
    async def test_a_wrong_try_at_one_counts_for_the_other(self, house: House):
        officer = await house.officer()
        for _ in range(3):
            await officer.signs_in(WRONG)
        for _ in range(2):
            assert refused(await chooses(officer, NEW, by=WRONG)) == NOT_IN

        assert refused(await chooses(officer, NEW)) == (429, "too-many-tries")
        assert refused(await officer.signs_in()) == (429, "too-many-tries")

    async def test_a_right_one_clears_them_a_one_time_one_too(self, house: House):
        officer, once = await newcomer(house)
        for _ in range(3):
            for _ in range(4):
                await officer.signs_in(WRONG)
            assert refused(await officer.signs_in(once)) == (403, "password-must-be-chosen")

    @pytest.mark.parametrize("who", ["nobody", "a newcomer", "a machine", "an officer"])
    async def test_and_every_miss_takes_as_long(
        self, house: House, monkeypatch: pytest.MonkeyPatch, who: str
    ):
        """The same work is done: one argon2id hash is compared, and a real one."""
        compared = []
        verify = PasswordHasher.verify

        def seen(hasher: PasswordHasher, kept: str, typed: str) -> bool:
            compared.append(kept)
            return verify(hasher, kept, typed)

        officers = {
            "nobody": None,
            "a newcomer": (await newcomer(house))[0],
            "a machine": await house.officer(password_hash=NO_PASSWORD),
            "an officer": await house.officer(),
        }
        officer = officers[who]
        name = officer.account.username if officer else f"nobody.{an_address()}"
        monkeypatch.setattr(PasswordHasher, "verify", seen)

        await knock(house.http, name, WRONG)

        [kept] = compared
        assert kept.startswith("$argon2id$")
