"""Notices: what became of a proposal reaches whoever has to do with it, in his language."""

from typing import Any

import pytest

from app.domain.actors import Role
from app.domain.calendar import today
from tests.api.test_windows import DAYS, open_later, open_now, sets
from tests.registry import REASON, Caller, Registry, refused

R = Role


@pytest.fixture
async def operator(regency: Registry) -> Caller:
    return await regency.caller(R.VILLAGE_OPERATOR)


async def told(by: Caller, **asked: Any) -> dict[str, Any]:  # noqa: ANN401
    response = await by.gets("/v1/notices", params=asked)
    assert response.status_code == 200, response.text
    return response.json()


def of(page: dict[str, Any], proposal: dict[str, Any]) -> list[str]:
    """But for what was late: that depends on the day."""
    kinds = [each["kind"] for each in page["items"] if each["proposal_id"] == proposal["id"]]
    return [kind for kind in kinds if kind != "late"]


async def returned(regency: Registry) -> dict[str, Any]:
    proposal = await regency.proposal("awaiting_regency")
    verifier = await regency.caller(R.REGENCY_VERIFIER)
    response = await verifier.takes("return", proposal, target="drafted", **REASON)
    assert response.status_code == 201, response.text
    return proposal


class TestWhatBecomesOfAProposal:
    async def test_is_told_to_its_village_the_newest_first(
        self, regency: Registry, operator: Caller
    ):
        verifier = await regency.caller(R.REGENCY_VERIFIER)
        back = await returned(regency)
        out = await regency.proposal("awaiting_regency")
        await verifier.takes("reject", out, reason="no_longer_poor")
        done = await regency.proposal("determined")

        page = await told(operator)

        assert (of(page, back), of(page, out)) == (["returned"], ["rejected"])
        assert of(page, done)[0] == "determined"
        ids = [int(each["id"]) for each in page["items"]]
        assert ids == sorted(ids, reverse=True)
        notice = next(each for each in page["items"] if each["kind"] == "returned")
        assert notice["said"].startswith("Usulan keluarga baru di ")
        assert notice["said"].endswith("dikembalikan: draf. Data tidak lengkap")
        assert (notice["actor_role"], notice["read"]) == ("regency_verifier", False)

    async def test_is_told_in_english_who_asks_for_it(self, regency: Registry, operator: Caller):
        await returned(regency)

        response = await operator.gets("/v1/notices", headers={"Accept-Language": "en"})

        assert response.json()["items"][0]["said"].endswith(
            "was returned: drafted. Data incomplete"
        )

    async def test_is_no_news_to_whoever_did_it_nor_to_the_next_village(self, regency: Registry):
        proposal = await returned(regency)
        verifier = await regency.caller(R.REGENCY_VERIFIER)
        colleague = await regency.newcomer(R.REGENCY_VERIFIER)
        neighbour = await regency.caller(R.VILLAGE_OPERATOR, over=regency.neighbour)

        assert of(await told(verifier), proposal) == []
        assert of(await told(colleague), proposal) == ["returned"]
        assert of(await told(neighbour), proposal) == []

    async def test_is_told_above_the_regency_where_it_comes_back_to_them(self, regency: Registry):
        analyst = await regency.caller(R.MINISTRY_ANALYST)
        determiner = await regency.caller(R.MINISTRY_DETERMINER)
        back, down = [await regency.proposal("awaiting_determination") for _ in range(2)]
        await determiner.takes("return", back, target="awaiting_ministry", **REASON)
        await determiner.takes("return", down, target="awaiting_regency", **REASON)

        page = await told(analyst, limit=200)
        assert (of(page, back), of(page, down)) == (["returned"], [])
        assert of(await told(determiner, limit=200), back) == []

    async def test_comes_in_pages(self, regency: Registry, operator: Caller):
        for _ in range(3):
            await returned(regency)
        whole = [each["id"] for each in (await told(operator))["items"]]

        first = await told(operator, limit=2)
        rest = await told(operator, limit=200, after=first["next"])

        assert [each["id"] for each in first["items"] + rest["items"]] == whole
        assert (len(first["items"]), rest["next"]) == (2, None)


async def test_late_work_is_told_with_the_period_it_counts_for(regency: Registry, operator: Caller):
    admin, head = await regency.caller(R.REGENCY_ADMIN), await regency.caller(R.VILLAGE_HEAD)
    await sets(admin, open_later())
    proposal = await regency.proposal("awaiting_village_head")
    await head.takes("approve", proposal)

    for reader in (operator, head):
        newest = (await told(reader))["items"][0]
        assert (newest["kind"], newest["proposal_id"]) == ("late", proposal["id"])
        assert newest["said"].endswith(f"dihitung untuk periode {newest['period'][:7]}.")
    assert (await operator.reads(proposal))["missed_period"] == proposal["period"]


async def test_a_window_that_closes_soon_is_told_to_those_who_work_in_it(regency: Registry):
    admin, head = await regency.caller(R.REGENCY_ADMIN), await regency.caller(R.VILLAGE_HEAD)
    soon = {**open_now("segera"), "end": str(today() + DAYS)}
    await sets(admin, soon, open_now("lama"))

    [due] = (await told(head))["due_soon"]
    await head.posts("/v1/notices/marks", {"read": [due["id"]]})
    [then] = (await told(head))["due_soon"]

    operator = await regency.caller(R.VILLAGE_OPERATOR)
    assert due["id"] not in {each["id"] for each in (await told(operator))["due_soon"]}
    assert due["id"] == f"segera.{soon['end']}"
    assert due["said"].startswith("Persetujuan kepala desa ditutup ")
    assert (due["read"], then["read"]) == (False, True)


class TestReadMarks:
    async def test_are_set_one_by_one_or_up_to_a_notice(self, regency: Registry, operator: Caller):
        for _ in range(3):
            await returned(regency)
        before = await told(operator)
        newest, second, *_ = [each["id"] for each in before["items"]]

        one = await operator.posts("/v1/notices/marks", {"read": [newest, newest, "9" * 18]})
        after_one = await told(operator)
        rest = await operator.posts("/v1/notices/marks", {"until": second})
        after_all = await told(operator)

        assert (one.status_code, one.json()["marked"], rest.json()["marked"]) == (201, 1, 0)
        assert before["unread"] - after_one["unread"] == 1
        assert [each["read"] for each in after_one["items"]][:2] == [True, False]
        assert all(each["read"] for each in after_all["items"])
        assert after_all["unread"] == sum(not each["read"] for each in after_all["due_soon"])

    async def test_are_ones_own(self, regency: Registry, operator: Caller):
        await returned(regency)
        newest = (await told(operator))["items"][0]["id"]
        colleague = await regency.newcomer(R.VILLAGE_OPERATOR)

        await colleague.posts("/v1/notices/marks", {"read": [newest]})
        after_one = (await told(operator))["items"][0]["read"]
        await colleague.posts("/v1/notices/marks", {"until": newest})

        assert not after_one
        assert not (await told(operator))["items"][0]["read"]
        assert (await told(colleague))["items"][0]["read"]

    @pytest.mark.parametrize(
        "marks",
        [{"read": ["0"]}, {"read": ["; DROP"]}, {"read": ["1"] * 1001}, {"until": "9" * 19}],
    )
    async def test_name_notices(self, operator: Caller, marks: dict[str, Any]):
        response = await operator.posts("/v1/notices/marks", marks)

        assert refused(response) == (422, "malformed")
