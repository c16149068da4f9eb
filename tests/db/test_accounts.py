from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.db import accounts
from app.db.accounts import AccountNotFound
from app.db.sessions import Database
from app.db.tables.accounts import Account
from app.db.urls import for_asyncpg
from app.domain.actors import TIERS_OF, Actor, Role
from app.domain.regions import INDONESIA, Region, Tier

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
CILEGON = Region("3672")
SERANG = Region("3673")
BULAKAN = Region("3672011001")
CODE = {
    Tier.NATION: "",
    Tier.PROVINCE: "36",
    Tier.REGENCY: "3672",
    Tier.DISTRICT: "367201",
    Tier.VILLAGE: "3672011001",
}


async def an_account(database: Database, *, home: Region = BULAKAN) -> Account:
    async with database.transaction(INDONESIA) as session:
        return await accounts.open_account(
            session,
            username=f"Petugas.{uuid4().hex[:12]}",
            display_name="Siti Aminah",
            password_hash="$argon2id$",
            role=Role.VILLAGE_OPERATOR,
            region=BULAKAN,
            home=home,
            from_=LONG_AGO,
        )


async def refused(work: Callable[[], Awaitable[object]]) -> str:
    with pytest.raises((DBAPIError, asyncpg.PostgresError)) as error:
        await work()
    return str(error.value)


class TestAnAssignment:
    @pytest.mark.parametrize("role", sorted(Role))
    async def test_is_over_a_region_of_a_tier_of_its_role_also_by_the_databases_own_rule(
        self, database: Database, role: Role
    ):
        account = await an_account(database, home=INDONESIA)

        async def give(region: Region) -> None:
            async with database.connection(INDONESIA, begin="BEGIN") as connection:
                await connection.execute(
                    "INSERT INTO assignment (id, account_id, role, region_code, scope_code,"
                    " begins_at, ends_at, version, created_at, updated_at) VALUES"
                    " ($1, $2, $3, $4, $5, now(), now() + interval '1 day', 1, now(), now())",
                    *(uuid4(), account.id, role.value, region.code, region.first),
                )

        for tier in TIERS_OF[role]:
            await give(Region(CODE[tier]))
        for tier in set(Tier) - TIERS_OF[role]:
            with pytest.raises(asyncpg.CheckViolationError, match="tier_fits_role"):
                await give(Region(CODE[tier]))

    async def test_is_not_given_twice_at_a_time(self, database: Database):
        account = await an_account(database)

        async def again() -> None:
            async with database.transaction(INDONESIA) as session:
                await accounts.assign(
                    session,
                    account,
                    role=Role.VILLAGE_OPERATOR,
                    region=BULAKAN,
                    from_=LONG_AGO,
                )

        with pytest.raises(IntegrityError, match="uq_assignment_open"):
            await again()

    @pytest.mark.parametrize("region", [SERANG, INDONESIA])
    async def test_lies_within_the_home_of_its_account(self, database: Database, region: Region):
        account = await an_account(database, home=CILEGON)
        async with database.transaction(INDONESIA) as session:
            with pytest.raises(ValueError, match="outside the account's home"):
                await accounts.assign(
                    session, account, role=Role.AUDITOR, region=region, from_=LONG_AGO
                )


class TestAccountsAreSeen:
    async def found(self, database: Database, account: Account, *, scope: Region) -> list[object]:
        """Through every finder, told to look everywhere, from a transaction of that region."""
        async with database.transaction(scope) as session:
            assert account.username == account.username.casefold()
            seen: list[object] = [
                await accounts.named(session, account.username, within=INDONESIA),
                await accounts.held_by(session, account.id, within=INDONESIA),
            ]
            try:
                seen.append(await accounts.find(session, account.id, within=INDONESIA))
            except AccountNotFound:
                seen.append(None)
        actor = Actor(account.id, Role.VILLAGE_OPERATOR, BULAKAN)
        async with database.reading(scope) as reading:
            seen.append(await accounts.standing(reading, actor, within=INDONESIA))
            try:
                seen.append(
                    await accounts.read(reading, account.id, within=INDONESIA, seen_by=actor)
                )
            except AccountNotFound:
                seen.append(None)
        return seen

    @pytest.mark.parametrize("scope", [INDONESIA, CILEGON, BULAKAN])
    async def test_from_around_their_home(self, database: Database, scope: Region):
        account = await an_account(database)
        assert all(await self.found(database, account, scope=scope))

    @pytest.mark.parametrize("scope", [SERANG, Region("3672011002")])
    async def test_from_nowhere_else_even_by_a_finder_that_forgot_to_ask(
        self, database: Database, scope: Region
    ):
        account = await an_account(database)
        assert not any(await self.found(database, account, scope=scope))

    async def test_from_nowhere_else_by_a_finder_that_asks(self, database: Database):
        account = await an_account(database)
        async with database.transaction(INDONESIA) as session:
            assert await accounts.named(session, account.username, within=SERANG) is None
            assert await accounts.held_by(session, account.id, within=SERANG) == []
            with pytest.raises(AccountNotFound):
                await accounts.find(session, account.id, within=SERANG)

    async def test_by_nobody_who_does_not_say_from_where(self, database: Database, app_url: str):
        await an_account(database)
        connection = await asyncpg.connect(for_asyncpg(app_url))
        try:
            assert await connection.fetchval("SELECT count(*) FROM account") == 0
            assert await connection.fetchval("SELECT count(*) FROM assignment") == 0
        finally:
            await connection.close()


class TestTheServiceMayNot:
    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM account",
            "UPDATE account SET username = 'x'",
            "UPDATE account SET scope_code = 0",
            "DELETE FROM assignment",
            "UPDATE assignment SET role = 'ministry_admin'",
            "UPDATE assignment SET account_id = account_id",
            "UPDATE sign_in SET account_id = account_id",
            "UPDATE refresh_token SET expires_at = now()",
            "TRUNCATE sign_in_failure",
        ],
    )
    async def test_change_what_it_never_has_to(self, database: Database, statement: str):
        async def change() -> None:
            async with database.connection(INDONESIA, begin="BEGIN") as connection:
                await connection.execute(statement)

        assert "permission denied" in await refused(change)
