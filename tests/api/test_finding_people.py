"""Finding people by what is known of them: within one's region, and never unseen."""

from itertools import combinations
from typing import Any
from uuid import UUID

import pytest

from app.domain.actors import Role
from app.domain.regions import Tier
from tests.registry import Caller, Registry, a_household, a_member, pointers, refused

R = Role
Born = dict[str, str]
MEMBERS, HOUSEHOLDS = "/v1/members/search", "/v1/households/search"
BOTH = pytest.mark.parametrize("path", [MEMBERS, HOUSEHOLDS])
SEES_NAMES = {
    R.ENUMERATOR,
    R.VILLAGE_OPERATOR,
    R.VILLAGE_HEAD,
    R.DISTRICT_OFFICER,
    R.REGENCY_OPERATOR,
    R.REGENCY_VERIFIER,
    R.REGENCY_ENDORSER,
    R.CIVIL_REGISTRY_OFFICER,
    R.PROVINCE_OFFICER,
    R.MINISTRY_ANALYST,
    R.MINISTRY_DETERMINER,
}


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


async def finds(caller: Caller, path: str = MEMBERS, **question: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    response = await caller.posts(path, question)
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def names(caller: Caller, name: str, **more: Any) -> list[str]:  # noqa: ANN401
    return [hit["name"] for hit in await finds(caller, name=name, **more)]


async def enter(registry: Registry, *people: str | dict[str, Any]) -> list[dict[str, Any]]:
    """A household of these people, the first of them its head; as members are read."""
    told = [{"name": person} if isinstance(person, str) else person for person in people]
    rest = {"relation_to_household_head": 3, "relation_to_family_head": 3}
    members = [
        a_member(registry.village, number=n, **{**(rest if n > 1 else {}), **person})
        for n, person in enumerate(told, start=1)
    ]
    household = a_household(registry.village, *members)
    operator = await registry.caller(R.VILLAGE_OPERATOR)
    response = await operator.posts("/v1/households", household)
    assert response.status_code == 201, response.text
    return response.json()["members"]


class TestByNumber:
    async def test_a_nik_finds_its_bearer_however_it_is_spaced(
        self, registry: Registry, operator: Caller
    ):
        [member] = await enter(registry, "Siti Aminah")
        nik = member["nik"]

        [hit] = await finds(operator, nik=f" {nik[:6]} {nik[6:12]}\u00a0{nik[12:]}")

        assert (hit["id"], hit["household_id"]) == (member["id"], member["household_id"])
        assert (hit["name"], hit["head_name"]) == ("Siti Aminah", "Siti Aminah")
        assert (hit["nik"], hit["matched_by"]) == (f"{nik[:4]}************", "nik")
        assert (hit["state"], hit["village_code"]) == ("proposed", registry.village.code)

    @pytest.mark.parametrize("nik", ["3171011708450000", "31710117", "bukan NIK", "'; --"])
    @BOTH
    async def test_a_nik_that_nobody_has_finds_nobody(self, operator: Caller, path: str, nik: str):
        response = await operator.posts(path, {"nik": nik})

        assert response.json() == {"more": False, "items": []}

    async def test_a_wrong_nik_finds_whoever_was_entered_with_it(
        self, registry: Registry, operator: Caller
    ):
        [member] = await enter(registry, {"name": "Siti", "nik": "31710117"})

        assert [hit["id"] for hit in await finds(operator, nik="3171 0117")] == [member["id"]]

    async def test_a_family_card_finds_all_its_people(self, registry: Registry, operator: Caller):
        head, child = await enter(registry, "Siti Aminah", "Budi")
        household = (await operator.gets(f"/v1/households/{head['household_id']}")).json()
        card = household["families"][0]["card_number"]

        hits = await finds(operator, card_number=f"{card[:8]} {card[8:]}")
        [home] = await finds(operator, HOUSEHOLDS, card_number=card)

        assert [hit["id"] for hit in hits] == [head["id"], child["id"]]
        assert (home["id"], home["matched"]["id"]) == (household["id"], head["id"])
        assert (home["matched_by"], home["member_count"]) == ("card_number", 2)

    async def test_a_family_card_finds_a_household_with_nobody_in_it(
        self, registry: Registry, operator: Caller
    ):
        family = {"number": 1, "card_number": f"{registry.village.code[:6]}0101209998"}
        household = await registry.household(families=[family])

        [home] = await finds(operator, HOUSEHOLDS, card_number=family["card_number"])

        assert (home["id"], home["matched"], home["head_name"]) == (household["id"], None, None)
        assert await finds(operator, MEMBERS, card_number=family["card_number"]) == []

    async def test_a_dtks_id_finds_the_member_or_the_household(
        self, registry: Registry, operator: Caller
    ):
        proposal = await registry.proposal("determined")
        path = f"/v1/households/{proposal['household_id']}"
        household = (await operator.gets(path)).json()
        [member] = household["members"]

        [by_own] = await finds(operator, dtks_id=member["dtks_id"].lower())
        [by_home] = await finds(operator, dtks_id=household["dtks_id"])
        [home] = await finds(operator, HOUSEHOLDS, dtks_id=member["dtks_id"])

        assert by_own == by_home
        assert (by_own["id"], by_own["state"]) == (member["id"], "registered")
        assert home["id"] == household["id"]


class TestByName:
    @pytest.mark.parametrize(
        "typed", ["SITI AMINAH", "aminah siti", "St. Amina", "Sitti Aminah binti", "hj. aminah"]
    )
    async def test_it_need_not_be_spelt_as_it_was_entered(
        self, registry: Registry, operator: Caller, typed: str
    ):
        await enter(registry, "Hj. Siti Aminah", "Siti Maryam", "Budi")

        assert await names(operator, typed) == ["Hj. Siti Aminah"]

    async def test_all_words_are_in_the_name_and_the_fewest_others_come_first(
        self, registry: Registry, operator: Caller
    ):
        await enter(
            registry, "Siti Nur Aminah Lestari", "Siti Aminah Lestari", "Siti Aminah", "Siti"
        )
        everybody = ["Siti Aminah", "Siti Aminah Lestari", "Siti Nur Aminah Lestari"]

        assert await names(operator, "aminah siti") == everybody
        assert await names(operator, "lestari aminah siti") == everybody[1:]
        assert await names(operator, "nur siti lestari") == everybody[2:]
        assert await names(operator, "siti") == ["Siti", *everybody]

    @pytest.mark.parametrize("born", [{}, {"birth_date": "1984-05-19"}])
    async def test_whoever_has_all_the_words_and_no_one_else(self, registry: Registry, born: Born):
        """However many are asked for, and whichever of them a name lacks."""
        officer = await registry.caller(R.DISTRICT_OFFICER)  # no one who only looks alike
        words = ["Siti", "Nur", "Aminah", "Lestari", "Wulandari"]
        people = [" ".join(w) for n in range(2, 6) for w in combinations(words, n)]
        await enter(registry, *({"name": name, **born} for name in people))

        for asked in people:
            wanted = sorted(name for name in people if {*asked.split()} <= {*name.split()})
            assert sorted(await names(officer, asked, **born)) == wanted

    async def test_the_nearest_spelling_comes_first(self, registry: Registry, operator: Caller):
        await enter(registry, "Mochamad Jusuf", "M. Yusup", "Muhammad Yusuf")

        found = await names(operator, "Muhammad Yusuf")

        assert found[0] == "Muhammad Yusuf"
        assert len(found) == 3

    async def test_a_birth_date_tells_namesakes_apart(self, registry: Registry, operator: Caller):
        born = {"birth_date": "1984-05-19"}
        _, second = await enter(registry, "Siti Aminah", {"name": "Siti Aminah", **born})

        [hit] = await finds(operator, name="siti aminah", birth_date="1984-05-19")

        assert (hit["id"], hit["matched_by"]) == (second["id"], "name_and_birth_date")
        assert (hit["birth_date"], hit["sex"]) == ("1984-05-19", 1)

    async def test_where_nobody_is_called_so_those_born_that_day_who_share_a_word_are_shown(
        self, registry: Registry
    ):
        officer = await registry.caller(R.DISTRICT_OFFICER)
        born = {"birth_date": "1984-05-19"}
        await enter(registry, {"name": "Siti Aminah", **born}, {"name": "Budi", **born})

        [hit] = await finds(officer, name="Siti Amimah", birth_date="1984-05-19")

        assert (hit["name"], hit["matched_by"]) == ("Siti Aminah", "similar_name")

    async def test_in_a_village_a_wrong_letter_does_not_hide_anybody(
        self, registry: Registry, operator: Caller
    ):
        await enter(registry, "Siti Aminah", "Budi Santoso")

        [hit] = await finds(operator, name="Siti Anmiah")

        assert (hit["name"], hit["matched_by"]) == ("Siti Aminah", "similar_name")

    @pytest.mark.parametrize("nobody", ["...", "'", "H.", "\u0e01", "x" * 250, "a b c d e f g h i"])
    async def test_what_is_no_name_of_anybody_finds_nobody(
        self, registry: Registry, operator: Caller, nobody: str
    ):
        await enter(registry, "Siti Aminah")

        assert await names(operator, nobody) == []

    async def test_it_is_found_by_the_new_name_after_a_correction_and_no_longer_by_the_old(
        self, registry: Registry, operator: Caller
    ):
        [member] = await enter(registry, "Siti Aminah")
        path = f"/v1/members/{member['id']}"
        await operator.patches(path, {"name": "Dewi Lestari", "birth_date": "1990-01-02"})

        assert await names(operator, "aminah") == []
        assert await names(operator, "dewi", birth_date="1990-01-02") == ["Dewi Lestari"]

    async def test_who_was_taken_out_is_found_with_that_state(
        self, registry: Registry, operator: Caller
    ):
        _, member = await enter(registry, "Budi", "Siti Aminah")
        body = {"action": "remove", "grounds": {"note": "Salah orang."}}
        await operator.posts(f"/v1/members/{member['id']}/steps", body, version=1)

        [hit] = await finds(operator, name="Siti Aminah")

        assert (hit["state"], hit["head_name"]) == ("inactive", "Budi")

    async def test_a_household_is_found_once_by_whoever_fits_best(
        self, registry: Registry, operator: Caller
    ):
        head, *_ = await enter(registry, "Siti Aminah Lestari", "Siti", "Siti Aminah")

        [home] = await finds(operator, HOUSEHOLDS, name="siti")

        assert home["id"] == head["household_id"]
        assert (home["matched"]["name"], home["head_name"]) == ("Siti", "Siti Aminah Lestari")

    async def test_more_than_are_shown_are_announced(self, registry: Registry, operator: Caller):
        await enter(registry, *["Siti Aminah"] * 3)

        pages = [
            (await operator.posts(MEMBERS, {"name": "siti", "limit": limit})).json()
            for limit in (2, 3)
        ]

        assert [(len(page["items"]), page["more"]) for page in pages] == [(2, True), (3, False)]


class TestWhere:
    @BOTH
    @pytest.mark.parametrize("by", ["nik", "card_number", "name", "birth_date"])
    async def test_nobody_is_found_outside_the_callers_region(
        self, registry: Registry, path: str, by: str
    ):
        [member] = await enter(registry, "Siti Aminah")
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        home = (await operator.gets(f"/v1/households/{member['household_id']}")).json()
        questions = {
            "nik": {"nik": member["nik"]},
            "card_number": {"card_number": home["families"][0]["card_number"]},
            "name": {"name": "Siti Aminah"},
            "birth_date": {"name": "Siti Aminah", "birth_date": member["birth_date"]},
        }
        neighbour = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)

        assert await finds(operator, path, **questions[by])
        assert await finds(neighbour, path, **questions[by]) == []

    @BOTH
    async def test_nor_by_the_dtks_id_of_somebody_registered_there(
        self, registry: Registry, path: str
    ):
        proposal = await registry.proposal("determined")
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        home = (await operator.gets(f"/v1/households/{proposal['household_id']}")).json()
        neighbour = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)

        for dtks_id in (home["dtks_id"], home["members"][0]["dtks_id"]):
            assert await finds(operator, path, dtks_id=dtks_id)
            assert await finds(neighbour, path, dtks_id=dtks_id) == []

    async def test_a_region_of_ones_own_may_be_named(self, registry: Registry):
        await enter(registry, "Siti Aminah")
        officer = await registry.caller(R.DISTRICT_OFFICER)

        for region, found in ((registry.village, 1), (registry.neighbour, 0)):
            hits = await names(officer, "Siti Aminah", region_code=region.code)
            assert len(hits) == found

    @BOTH
    async def test_another_region_is_answered_like_one_there_is_not(
        self, registry: Registry, operator: Caller, path: str
    ):
        own, elsewhere = registry.village.code, registry.elsewhere.code
        codes = [registry.neighbour.code, own[:6], elsewhere, elsewhere[:4], "9999"]

        answers = [
            await operator.posts(path, {"name": "siti", "region_code": code}) for code in codes
        ]
        officer = await registry.caller(R.DISTRICT_OFFICER)
        answers.append(await officer.posts(path, {"name": "siti", "region_code": f"{own[:6]}3999"}))

        assert {refused(answer) for answer in answers} == {(404, "region-not-found")}
        assert len({answer.text for answer in answers}) == 1

    @BOTH
    @pytest.mark.parametrize("role", [R.PROVINCE_OFFICER, R.MINISTRY_ANALYST])
    async def test_a_name_alone_is_searched_within_a_regency_at_most(
        self, registry: Registry, path: str, role: Role
    ):
        [member] = await enter(registry, "Siti Aminah")
        officer = await registry.caller(role)
        province, regency = (registry.village.at(t).code for t in (Tier.PROVINCE, Tier.REGENCY))
        born = {"birth_date": member["birth_date"]}

        for wide in ({}, {"region_code": province}):
            response = await officer.posts(path, {"name": "Siti Aminah", **wide})
            assert refused(response) == (422, "region-too-wide")
            assert pointers(response) == {"/region_code"}
            assert await finds(officer, path, name="Siti Aminah", **wide, **born)
        assert await finds(officer, path, name="Siti Aminah", region_code=regency)


class TestWho:
    @BOTH
    @pytest.mark.parametrize("role", Role)
    async def test_only_whoever_reads_names_in_the_clear_searches(
        self, registry: Registry, path: str, role: Role
    ):
        [member] = await enter(registry, "Siti Aminah")
        caller = await registry.caller(role)

        response = await caller.posts(path, {"nik": member["nik"]})

        assert member["nik"] not in response.text
        if role in SEES_NAMES:
            assert len(response.json()["items"]) == 1
        else:
            code = "searches-nobody" if role is R.AUDITOR else "reads-nobody"
            assert refused(response) == (403, code)

    @BOTH
    async def test_a_search_leaves_an_entry_of_whom_it_showed(
        self, registry: Registry, operator: Caller, path: str
    ):
        head, found = await enter(registry, "Budi", "Siti Aminah")

        response = await operator.posts(path, {"name": "aminah"}, **{"X-Purpose": "correction"})

        by = "SELECT * FROM access_entry WHERE request_id = $1"
        [entry] = await registry.runs(by, response.headers["x-request-id"])
        shown = {UUID(id_) for id_ in (head["id"], found["id"], head["household_id"])}
        assert set(entry["subjects"]) == shown
        assert (entry["actor_id"], entry["purpose"]) == (operator.actor.id, "correction")
        assert entry["operation"] == path.split("/")[3] + "_" + path.split("/")[2]

    async def test_that_finds_nobody_leaves_nothing(self, registry: Registry):
        caller = await registry.newcomer(R.VILLAGE_HEAD)

        await caller.posts(MEMBERS, {"name": "Siti Aminah"})

        by = "SELECT * FROM access_entry WHERE actor_id = $1"
        assert await registry.runs(by, caller.actor.id) == []


class TestTheQuestion:
    @BOTH
    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, {""}),
            ([], {""}),
            ("siti", {""}),
            ({"limit": 5}, {""}),
            ({"nik": "1", "name": "siti"}, {"/name"}),
            ({"nik": "1", "region_code": "3672"}, {"/region_code"}),
            ({"name": ""}, {"/name"}),
            ({"name": 5}, {"/name"}),
            ({"name": "a\x00b"}, {"/name"}),
            ({"name": "siti", "birth_date": "19-05-1984"}, {"/birth_date"}),
            ({"name": "siti", "region_code": "36.72"}, {"/region_code"}),
            ({"name": "siti", "region_code": ""}, {"/region_code"}),
            ({"name": "siti", "limit": 51}, {"/limit"}),
            ({"name": "siti", "limit": 0}, {"/limit"}),
            ({"nik": "x" * 41}, {"/nik"}),
        ],
        ids=str,
    )
    async def test_is_one_and_well_formed(
        self, operator: Caller, path: str, body: object, wrong: set[str]
    ):
        response = await operator.posts(path, body)

        assert refused(response) == (422, "malformed")
        assert pointers(response) == wrong

    @BOTH
    async def test_stands_in_no_address(self, operator: Caller, path: str):
        response = await operator.gets(path)

        assert refused(response) == (405, "no-such-method")
        assert response.headers["allow"] == "POST"
        assert (await operator.gets(f"{path}?nik=3672015905840001")).status_code == 422
