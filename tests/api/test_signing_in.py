import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from app.db import accounts
from app.db.sessions import Database
from app.domain.accounts import RefreshTerms
from app.domain.actors import Role
from app.domain.regions import INDONESIA
from tests.api.door import (
    BULAKAN,
    CILEGON,
    DAY,
    LONG_AGO,
    PASSWORD,
    House,
    Officer,
    a_house,
    an_address,
    knock,
    refused,
)


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with a_house(database) as house:
        yield house


async def also_verifier(house: House, officer: Officer) -> None:
    async with house.database.transaction(INDONESIA) as session:
        account = await accounts.find(session, officer.account.id, within=INDONESIA)
        await accounts.assign(
            session, account, role=Role.REGENCY_VERIFIER, region=CILEGON, from_=LONG_AGO
        )


class TestSigningIn:
    async def test_gives_tokens_for_the_one_assignment_there_is(self, house: House):
        officer = await house.officer()

        response = await officer.signs_in()

        told = response.json()
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        assert (told["token_type"], told["expires_in"]) == ("Bearer", 600)
        assert (told["role"], told["region"]["code"]) == ("village_operator", BULAKAN.code)
        assert (await officer.asks(access_token=told["access_token"])).status_code == 200

    async def test_tells_afterwards_who_one_is_and_what_one_reads(self, house: House):
        officer = await house.officer(Role.REGENCY_ENDORSER, CILEGON)
        await officer.is_in()

        me = (await officer.asks(access_token=officer.tokens["access_token"])).json()

        assert me["account_id"] == str(officer.account.id)
        assert (me["username"], me["display_name"]) == (officer.account.username, "Siti Aminah")
        assert me["region"] == {"code": "3672", "name": officer.tokens["region"]["name"]}
        assert me["reads"] == {
            "identity": "clear",
            "nik": "masked",
            "survey": "summary",
            "health": False,
            "programmes": True,
        }
        assert me["usual_purpose"] == "verification"
        left = datetime.fromisoformat(me["token_expires_at"]) - datetime.now(UTC)
        assert timedelta(minutes=9) < left <= timedelta(minutes=10)

    async def test_takes_the_name_in_any_case(self, house: House):
        officer = await house.officer()
        response = await knock(house.http, officer.account.username.upper(), PASSWORD)
        assert response.status_code == 200

    async def test_answers_alike_to_a_wrong_password_an_unknown_name_and_a_dismissed_account(
        self, house: House
    ):
        officer, dismissed = await house.officer(), await house.officer()
        await house.runs(
            "UPDATE account SET state = 'dismissed' WHERE id = $1", dismissed.account.id
        )

        answers = [
            await officer.signs_in("tujuh belas burung elang"),
            await knock(house.http, f"{officer.account.username}x", PASSWORD),
            await dismissed.signs_in(),
        ]

        assert {refused(answer) for answer in answers} == {(401, "sign-in-failed")}
        assert len({answer.text for answer in answers}) == 1

    async def test_takes_as_long_for_a_name_nobody_has(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        """The same work is done: a hash is compared."""
        compared = []
        verify = PasswordHasher.verify
        monkeypatch.setattr(
            PasswordHasher, "verify", lambda *asked: (compared.append(asked), verify(*asked))[1]
        )
        await knock(house.http, f"nobody.{an_address()}", PASSWORD)
        assert len(compared) == 1

    async def test_leaves_a_password_as_it_was_typed(self, house: House):
        officer = await house.officer()
        assert refused(await officer.signs_in(f"{PASSWORD} ")) == (401, "sign-in-failed")

    async def test_renews_the_hash_of_a_password_kept_with_older_parameters(self, house: House):
        older = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
        officer = await house.officer(password_hash=older.hash(PASSWORD))

        assert (await officer.signs_in()).status_code == 200

        [row] = await house.runs(
            "SELECT password_hash FROM account WHERE id = $1", officer.account.id
        )
        assert "m=19456,t=2,p=1" in row["password_hash"]
        assert (await officer.signs_in()).status_code == 200

    async def test_wants_one_of_several_assignments_named(self, house: House):
        officer = await house.officer(home=CILEGON)
        await also_verifier(house, officer)

        several = await officer.signs_in()
        listed = several.json()["assignments"]
        chosen = await officer.signs_in(assignment_id=listed[1]["id"])

        assert refused(several) == (409, "several-assignments")
        assert [one["role"] for one in listed] == ["village_operator", "regency_verifier"]
        assert [one["region"]["code"] for one in listed] == [BULAKAN.code, CILEGON.code]
        assert all(one["region"]["name"] for one in listed)
        assert chosen.json()["role"] == "regency_verifier"
        assert chosen.json()["assignment_id"] == listed[1]["id"]

    async def test_does_not_find_the_assignment_of_another(self, house: House):
        officer, other = await house.officer(), await house.officer()
        theirs = (await other.is_in()).tokens["assignment_id"]
        response = await officer.signs_in(assignment_id=theirs)
        assert refused(response) == (404, "assignment-not-found")

    @pytest.mark.parametrize(
        "period",
        [{"until": datetime.now(UTC) - DAY}, {"from_": datetime.now(UTC) + DAY}],
        ids=["past", "to come"],
    )
    async def test_is_not_possible_outside_the_period_of_the_assignment(
        self, house: House, period: dict[str, datetime]
    ):
        officer = await house.officer(**period)
        assert refused(await officer.signs_in()) == (403, "no-current-assignment")

    @pytest.mark.parametrize(
        "sent",
        [
            {"grant_type": "client_credentials"},
            {"grant_type": "password", "username": "a"},
            {"grant_type": "password", "username": "a", "password": "x" * 129},
            {"grant_type": "password", "username": "a", "password": "x", "admin": True},
            {"grant_type": "password", "username": "a\x00", "password": "x"},
            {"grant_type": "refresh_token", "refresh_token": "no / token"},
            {"username": "a", "password": "x"},
        ],
    )
    async def test_refuses_what_is_not_well_formed_and_echoes_none_of_it(
        self, house: House, sent: dict[str, object]
    ):
        response = await house.http.post("/v1/auth/token", json=sent)
        assert refused(response) == (422, "malformed")
        assert "x" * 129 not in response.text


async def is_blocked(officer: Officer) -> bool:
    response = await officer.signs_in()
    assert response.status_code in {200, 429}
    return response.status_code == 429


class TestWrongPasswordsAreSlowed:
    async def wrong(self, officer: Officer, times: int) -> list[int]:
        return [(await officer.signs_in("bukan kata sandinya")).status_code for _ in range(times)]

    async def test_after_five_of_them_not_even_the_right_one_is_looked_at(self, house: House):
        officer = await house.officer()

        assert await self.wrong(officer, 5) == [401] * 5
        response = await officer.signs_in()

        assert refused(response) == (429, "too-many-tries")
        assert response.headers["retry-after"] == "1"

    async def test_just_as_much_where_nobody_has_that_name(self, house: House):
        name = f"nobody.{an_address()}"
        answers = [await knock(house.http, name, PASSWORD) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]

    async def test_until_the_pause_is_over(self, house: House):
        officer = await house.officer()
        await self.wrong(officer, 5)
        assert await is_blocked(officer)

        await asyncio.sleep(1)

        assert not await is_blocked(officer)

    async def test_and_a_longer_one_follows_the_next(self, house: House):
        officer = await house.officer()
        await self.wrong(officer, 5)
        await asyncio.sleep(1)

        assert await self.wrong(officer, 2) == [401, 429]
        assert (await officer.signs_in()).headers["retry-after"] == "2"

    async def test_but_the_right_one_in_time_clears_them(self, house: House):
        officer = await house.officer()
        for _ in range(3):
            await self.wrong(officer, 4)
            assert not await is_blocked(officer)

    async def test_in_every_process_of_the_service(self, house: House, app_url: str):
        officer = await house.officer()
        await self.wrong(officer, 5)

        elsewhere = Database(app_url, connections=1)
        async with a_house(elsewhere) as other:
            response = await knock(other.http, officer.account.username, PASSWORD)
        await elsewhere.close()

        assert refused(response) == (429, "too-many-tries")

    async def test_also_when_they_come_all_at_once(self, house: House):
        officer = await house.officer()
        guesses = [officer.signs_in(f"tebakan nomor {n} dari dua belas") for n in range(12)]
        answers = [response.status_code for response in await asyncio.gather(*guesses)]
        assert sorted(answers) == [401] * 5 + [429] * 7

    async def test_of_one_account_without_slowing_another(self, house: House):
        officer, neighbour = await house.officer(), await house.officer()
        await self.wrong(officer, 5)
        assert not await is_blocked(neighbour)

    async def test_and_nothing_that_was_typed_is_kept(self, house: House):
        officer = await house.officer()
        await self.wrong(officer, 1)
        rows = await house.runs("SELECT to_json(sign_in_failure)::text AS row FROM sign_in_failure")
        assert rows
        kept = "".join(row["row"] for row in rows)
        assert officer.account.username not in kept
        assert "bukan kata sandinya" not in kept


class TestOneAddressIsSlowed:
    """From the fiftieth try on. The tally is set forward: fifty hashes would take a while."""

    async def try_from(self, database: Database, address: str, *, tries: int) -> House:
        async with a_house(database, address=address) as house:
            officer = await house.officer()
            await officer.signs_in("bukan kata sandinya")
            [row] = await house.runs(
                "UPDATE sign_in_failure SET tries = $1 WHERE tally_of = 'address'"
                " AND key_hash = sha256(('address:' || $2)::bytea) RETURNING tries",
                tries,
                address,
            )
            assert row["tries"] == tries
            return house

    async def test_after_fifty_wrong_tries_whatever_name_is_tried_next(self, database: Database):
        address = an_address()
        await self.try_from(database, address, tries=49)

        async with a_house(database, address=address) as house:
            fiftieth = await (await house.officer()).signs_in("bukan kata sandinya")
            next_one = await (await house.officer()).signs_in()

        assert refused(fiftieth) == (401, "sign-in-failed")
        assert refused(next_one) == (429, "too-many-tries")

    async def test_not_by_those_who_know_their_password(self, database: Database):
        address = an_address()
        await self.try_from(database, address, tries=48)

        async with a_house(database, address=address) as house:
            officer = await house.officer()
            assert [await is_blocked(officer) for _ in range(4)] == [False] * 4

    async def test_and_one_of_those_pays_for_no_guess_but_his_own(self, database: Database):
        address = an_address()
        await self.try_from(database, address, tries=30)
        async with a_house(database, address=address) as house:
            assert not await is_blocked(await house.officer())
            assert await self.tally(house, address) == 30

    async def test_and_what_it_says_of_another_address_is_believed_from_our_own_proxy_only(
        self, database: Database
    ):
        slowed = an_address()
        await self.try_from(database, slowed, tries=200)
        await self.try_from(database, slowed, tries=200)  # the try that begins the pause
        forwarded = {"X-Forwarded-For": f"198.51.100.7, {slowed}"}
        answers = {}
        for sender in ("10.9.9.9", an_address()):
            async with a_house(database, address=sender) as house:
                officer = await house.officer()
                house.http.headers.update(forwarded)
                answers[sender] = (await officer.signs_in()).status_code

        assert list(answers.values()) == [429, 200]

    @pytest.mark.parametrize("named", ["{}:4711", "{}:4712"])
    async def test_whatever_port_the_proxy_adds_to_it(self, database: Database, named: str):
        address = an_address()
        async with a_house(database, address="10.9.9.9") as house:
            house.http.headers["X-Forwarded-For"] = named.format(address)
            await (await house.officer()).signs_in("bukan kata sandinya")
            assert await self.tally(house, address) == 1

    async def test_where_all_of_a_customers_ipv6_addresses_are_one(self, database: Database):
        network = ":".join(["2001:db8", an_address().split(".")[3], "7"])
        async with a_house(database, address=f"{network}::1") as house:
            await (await house.officer()).signs_in("bukan kata sandinya")
        async with a_house(database, address=f"{network}::2") as house:
            before = await self.tally(house, f"{network}::/64")
            await (await house.officer()).signs_in("bukan kata sandinya")
            assert await self.tally(house, f"{network}::/64") == before + 1

    async def tally(self, house: House, address: str) -> int:
        [row] = await house.runs(
            "SELECT tries FROM sign_in_failure WHERE key_hash = sha256(('address:' || $1)::bytea)",
            address,
        )
        return row["tries"]


class TestStayingIn:
    async def test_a_refresh_token_gives_new_tokens_for_the_same_assignment(self, house: House):
        officer = await (await house.officer()).is_in()

        renewed = (await officer.renews()).json()

        assert renewed["assignment_id"] == officer.tokens["assignment_id"]
        assert renewed["refresh_token"] != officer.tokens["refresh_token"]
        assert (await officer.asks(access_token=renewed["access_token"])).status_code == 200
        assert (await officer.renews(renewed["refresh_token"])).status_code == 200

    async def test_a_second_use_ends_the_sign_in_for_thief_and_owner(self, house: House):
        officer = await (await house.officer()).is_in()
        first = officer.tokens["refresh_token"]
        second = (await officer.renews(first)).json()["refresh_token"]
        third = (await officer.renews(second)).json()["refresh_token"]

        assert refused(await officer.renews(first)) == (401, "refresh-token-not-valid")
        assert refused(await officer.renews(third)) == (401, "refresh-token-not-valid")

    async def test_a_lost_answer_is_given_again(self, house: House):
        officer = await (await house.officer()).is_in()
        await officer.renews()  # the answer never arrives

        again = await officer.renews()

        assert again.status_code == 200
        assert (await officer.renews(again.json()["refresh_token"])).status_code == 200

    async def test_whoever_uses_the_answer_that_was_given_again_ends_the_sign_in(
        self, house: House
    ):
        officer = await (await house.officer()).is_in()
        lost = (await officer.renews()).json()["refresh_token"]
        again = (await officer.renews()).json()["refresh_token"]

        assert refused(await officer.renews(lost)) == (401, "refresh-token-not-valid")
        assert refused(await officer.renews(again)) == (401, "refresh-token-not-valid")

    async def test_a_lost_answer_is_not_given_again_later(self, database: Database):
        terms = RefreshTerms(grace=timedelta(0))
        async with a_house(database, terms=terms) as house:
            officer = await (await house.officer()).is_in()
            lost = (await officer.renews()).json()["refresh_token"]

            assert refused(await officer.renews()) == (401, "refresh-token-not-valid")
            assert refused(await officer.renews(lost)) == (401, "refresh-token-not-valid")

    async def test_of_two_uses_at_once_one_answer_counts(self, house: House):
        officer = await (await house.officer()).is_in()

        both = await asyncio.gather(officer.renews(), officer.renews())

        assert [answer.status_code for answer in both] == [200, 200]
        [row] = await house.runs(
            "SELECT count(*) AS live FROM refresh_token JOIN sign_in ON sign_in.id = sign_in_id"
            " WHERE account_id = $1 AND used_at IS NULL AND replaced_at IS NULL",
            officer.account.id,
        )
        assert row["live"] == 1

    async def test_two_uses_at_once_do_not_escape_notice(self, database: Database):
        terms = RefreshTerms(grace=timedelta(0))
        async with a_house(database, terms=terms) as house:
            officer = await (await house.officer()).is_in()
            both = await asyncio.gather(officer.renews(), officer.renews())
        assert sorted(answer.status_code for answer in both) == [200, 401]

    @pytest.mark.parametrize(
        "ended_by",
        [
            "UPDATE sign_in SET revoked_at = now() WHERE account_id = $1",
            "UPDATE account SET state = 'dismissed' WHERE id = $1",
            "UPDATE account SET session_version = 2 WHERE id = $1",
            "UPDATE assignment SET ends_at = now() WHERE account_id = $1",
        ],
        ids=["revoked", "dismissed", "another session version", "assignment ended"],
    )
    async def test_ends_with_what_it_rests_on(self, house: House, ended_by: str):
        officer = await (await house.officer()).is_in()
        await house.runs(ended_by, officer.account.id)
        assert refused(await officer.renews()) == (401, "refresh-token-not-valid")

    @pytest.mark.parametrize("terms", [RefreshTerms(idle=DAY * 0), RefreshTerms(overall=DAY * 0)])
    async def test_ends_by_itself(self, database: Database, terms: RefreshTerms):
        async with a_house(database, terms=terms) as house:
            officer = await (await house.officer()).is_in()
            assert refused(await officer.renews()) == (401, "refresh-token-not-valid")

    async def test_ends_at_its_own_end_however_often_it_was_renewed(self, house: House):
        officer = await (await house.officer()).is_in()
        await officer.renews()
        [row] = await house.runs(
            "SELECT ends_at - started_at AS overall, max(expires_at - issued_at) AS idle"
            " FROM sign_in JOIN refresh_token ON sign_in_id = sign_in.id"
            " WHERE account_id = $1 GROUP BY 1",
            officer.account.id,
        )
        assert (row["overall"], row["idle"]) == (7 * DAY, DAY / 2)

    async def test_keeps_no_token_that_could_be_used(self, house: House):
        officer = await (await house.officer()).is_in()
        rows = await house.runs("SELECT to_json(refresh_token)::text AS row FROM refresh_token")
        assert rows
        assert officer.tokens["refresh_token"] not in "".join(row["row"] for row in rows)

    async def test_a_token_that_never_was_ours_is_refused(self, house: House):
        officer = await house.officer()
        assert refused(await officer.renews("A" * 43)) == (401, "refresh-token-not-valid")


class TestSigningOut:
    async def test_ends_the_whole_family(self, house: House):
        officer = await (await house.officer()).is_in()
        last = (await officer.renews()).json()["refresh_token"]
        first = officer.tokens["refresh_token"]

        out = await house.http.post("/v1/auth/revocation", json={"refresh_token": first})

        assert out.status_code == 204
        assert refused(await officer.renews(last)) == (401, "refresh-token-not-valid")

    async def test_leaves_other_sign_ins_alone(self, house: House):
        officer = await (await house.officer()).is_in()
        elsewhere = (await officer.signs_in()).json()["refresh_token"]
        here = {"refresh_token": officer.tokens["refresh_token"]}

        await house.http.post("/v1/auth/revocation", json=here)

        assert (await officer.renews(elsewhere)).status_code == 200

    async def test_does_not_tell_whether_there_was_anything_to_end(self, house: House):
        out = await house.http.post("/v1/auth/revocation", json={"refresh_token": "A" * 43})
        assert (out.status_code, out.text) == (204, "")


async def test_old_sign_ins_are_cleared_away_by_the_next(house: House):
    officer = await (await house.officer()).is_in()
    count = "SELECT count(*) FROM sign_in WHERE account_id = $1"
    async with a_house(house.database, terms=RefreshTerms(overall=DAY * 0)) as brief:
        await knock(brief.http, officer.account.username, PASSWORD)

    await officer.is_in()

    [row] = await house.runs(count, officer.account.id)
    assert row["count"] == 2
