import json
from collections.abc import AsyncIterator

import pytest

from app.db.sessions import Database
from app.domain.actors import Role
from app.domain.regions import INDONESIA, Region
from tests.api.door import CILEGON, House, Officer, a_house, clock_at, refused

SERANG = Region("3673")


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with a_house(database, remembers=0.0) as house:
        yield house


@pytest.fixture
async def admin(house: House) -> Officer:
    return await house.officer(Role.REGENCY_ADMIN, CILEGON)


@pytest.fixture
async def officer(house: House) -> Officer:
    return await house.officer()


async def state_of(house: House, officer: Officer) -> str:
    [row] = await house.runs("SELECT state FROM account WHERE id = $1", officer.account.id)
    return row["state"]


async def reads(reader: Officer, other: Officer):
    return await reader.asks(f"/v1/accounts/{other.account.id}")


class TestAnAccountIsRead:
    async def test_by_the_admin_of_its_home_with_what_it_holds_and_without_its_password(
        self, admin: Officer, officer: Officer
    ):
        response = await reads(admin, officer)

        told = response.json()
        assert response.headers["etag"] == '"1"'
        assert (told["username"], told["state"]) == (officer.account.username, "active")
        assert told["region"]["code"] == officer.region.code
        [assignment] = told["assignments"]
        assert (assignment["role"], assignment["ends_at"]) == ("village_operator", None)
        assert {"action": "dismiss", "needs": ["note"], "targets": []} in told["open_actions"]
        assert "argon2" not in response.text

    async def test_by_the_ministrys_admin_wherever_it_is(self, house: House, officer: Officer):
        ministry = await house.officer(Role.MINISTRY_ADMIN, INDONESIA)
        assert (await reads(ministry, officer)).status_code == 200

    async def test_by_nobody_outside_its_home(self, house: House, officer: Officer):
        neighbour = await house.officer(Role.REGENCY_ADMIN, SERANG)
        assert refused(await reads(neighbour, officer)) == (404, "account-not-found")

    async def test_by_no_admin_of_a_regency_within_its_home(self, house: House, admin: Officer):
        higher = await house.officer(Role.PROVINCE_OFFICER, Region("36"))
        assert refused(await reads(admin, higher)) == (404, "account-not-found")

    @pytest.mark.parametrize("role", [Role.REGENCY_VERIFIER, Role.REGENCY_ENDORSER, Role.AUDITOR])
    async def test_by_no_other_role(self, house: House, officer: Officer, role: Role):
        other = await house.officer(role, CILEGON)
        assert refused(await reads(other, officer)) == (403, "accounts-are-for-admins")

    async def test_with_nothing_open_to_do_to_oneself_but_choosing_a_password(self, admin: Officer):
        offered = (await reads(admin, admin)).json()["open_actions"]
        assert [one["action"] for one in offered] == ["choose_password"]


class TestDismissing:
    async def test_sends_an_officer_out_of_every_sign_in(
        self, house: House, admin: Officer, officer: Officer
    ):
        await officer.is_in()
        assert (await officer.asks()).status_code == 200

        response = await admin.takes("dismiss", officer)

        assert response.status_code == 201, response.text
        assert response.json()["target"] == "dismissed"
        assert await state_of(house, officer) == "dismissed"
        assert refused(await officer.asks()) == (401, "token-not-valid")
        assert refused(await officer.renews()) == (401, "refresh-token-not-valid")
        assert refused(await officer.signs_in()) == (401, "sign-in-failed")

    async def test_takes_thirty_seconds_at_most_to_be_felt(self, database: Database):
        hand = [0.0]
        async with a_house(database, clock=clock_at(hand)) as house:
            admin = await house.officer(Role.REGENCY_ADMIN, CILEGON)
            officer = await house.officer()
            assert (await officer.asks()).status_code == 200
            await admin.takes("dismiss", officer)

            hand[0] += 30

            assert refused(await officer.asks()) == (401, "token-not-valid")

    async def test_is_kept_in_the_audit(self, house: House, admin: Officer, officer: Officer):
        await admin.takes("dismiss", officer, note="pindah ke provinsi")

        [entry] = await house.runs(
            "SELECT * FROM audit_entry WHERE subject_id = $1", officer.account.id
        )
        assert (entry["workflow"], entry["action"]) == ("account", "dismiss")
        assert (entry["source"], entry["target"]) == ("active", "dismissed")
        assert (entry["actor_id"], entry["actor_role"]) == (admin.account.id, "regency_admin")
        assert json.loads(entry["grounds"]) == {"note": "pindah ke provinsi"}

    async def test_can_be_undone_but_no_old_token_comes_back_to_life(
        self, house: House, admin: Officer, officer: Officer
    ):
        await officer.is_in()
        await admin.takes("dismiss", officer)

        response = await admin.takes("reinstate", officer, version=2)

        assert response.status_code == 201, response.text
        assert await state_of(house, officer) == "active"
        assert refused(await officer.asks()) == (401, "token-not-valid")
        assert refused(await officer.renews()) == (401, "refresh-token-not-valid")
        again = (await officer.signs_in()).json()
        assert (await officer.asks(access_token=again["access_token"])).status_code == 200


class TestDismissingIsRefused:
    async def left_alone(self, house: House, officer: Officer) -> bool:
        return await state_of(house, officer) == "active"

    async def test_outside_the_admins_region(self, house: House, officer: Officer):
        neighbour = await house.officer(Role.REGENCY_ADMIN, SERANG)
        assert refused(await neighbour.takes("dismiss", officer)) == (404, "account-not-found")
        assert await self.left_alone(house, officer)

    async def test_to_every_other_role(self, house: House, officer: Officer):
        verifier = await house.officer(Role.REGENCY_VERIFIER, CILEGON)
        assert refused(await verifier.takes("dismiss", officer)) == (403, "role-may-not")
        assert await self.left_alone(house, officer)

    async def test_of_oneself(self, house: House, admin: Officer):
        assert refused(await admin.takes("dismiss", admin)) == (403, "own-account")
        assert await self.left_alone(house, admin)

    async def test_a_second_time(self, admin: Officer, officer: Officer):
        await admin.takes("dismiss", officer)
        response = await admin.takes("dismiss", officer, version=2)
        assert refused(response) == (409, "action-not-open")

    async def test_without_saying_why(self, house: House, admin: Officer, officer: Officer):
        response = await admin.takes("dismiss", officer, note="")
        assert refused(response) == (422, "grounds-missing")
        assert response.json()["errors"][0]["pointer"] == "/grounds/note"
        assert await self.left_alone(house, officer)

    async def test_without_naming_the_version(self, house: House, admin: Officer, officer: Officer):
        response = await admin.takes("dismiss", officer, version=None)
        assert refused(response) == (428, "version-not-named")
        assert await self.left_alone(house, officer)

    async def test_of_another_version(self, admin: Officer, officer: Officer):
        await admin.takes("dismiss", officer)
        response = await admin.takes("reinstate", officer, version=1)
        assert refused(response) == (412, "outdated")
