"""Deliberations (musyawarah): agenda, outcomes, quorum, closing, minutes that are signed."""

from typing import Any
from uuid import uuid4

import pytest

from app.domain.actors import Role
from tests.grants import drafts, food, registered
from tests.registry import Caller, Registry, a_deliberation, pointers, refused

R = Role
REASON = {"outcome": "not_eligible", "reason": "no_longer_poor"}


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


def path_of(held: dict[str, Any]) -> str:
    return f"/v1/deliberations/{held['id']}"


async def agenda_of(by: Caller, held: dict[str, Any], **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    response = await by.gets(f"{path_of(held)}/agenda", params=query)
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def judged(by: Caller, held: dict[str, Any], *said: tuple[dict[str, Any], dict[str, Any]]):
    """The response to outcomes for these proposals, on the version it is in now."""
    now = (await by.gets(path_of(held))).json()
    items = [{"proposal_id": proposal["id"], **outcome} for proposal, outcome in said]
    return await by.patches(f"{path_of(held)}/agenda", {"items": items}, version=now["version"])


async def steps(by: Caller, held: dict[str, Any], action: str = "close", **more: Any):  # noqa: ANN401
    now = (await by.gets(path_of(held))).json()
    body = {"action": action, **more}
    return await by.posts(f"{path_of(held)}/steps", body, version=now["version"])


class TestTheAgenda:
    async def test_takes_drafts_on_the_way_and_answers_for_each(
        self, registry: Registry, operator: Caller
    ):
        draft = await registry.proposal()
        waiting = await registry.proposal("awaiting_deliberation")
        bare = await registry.household(address=...)
        lacking = (
            await operator.posts(
                "/v1/proposals", {"kind": "new_family", "household_id": bare["id"]}
            )
        ).json()
        further = await registry.proposal("awaiting_village_head")
        nobody = {"id": str(uuid4())}
        asked = [draft, waiting, lacking, further, nobody]
        held = await registry.deliberation()

        body = {"proposal_ids": [each["id"] for each in asked]}
        response = await operator.posts(f"{path_of(held)}/agenda", body, version=1)

        assert response.status_code == 200, response.text
        assert response.headers["etag"] == '"2"'
        answers = {each["proposal_id"]: each for each in response.json()["items"]}
        codes = [(answers[each["id"]]["problem"] or {"type": ""})["type"] for each in asked]
        assert [code.removeprefix("urn:siks:problem:") for code in codes] == [
            *("", "", "not-yet-complete", "action-not-open", "proposal-not-found")
        ]
        assert answers[lacking["id"]]["problem"]["errors"]
        lines = await agenda_of(operator, held)
        assert [(line["number"], line["proposal_id"]) for line in lines] == [
            (1, draft["id"]),
            (2, waiting["id"]),
        ]
        assert (await operator.reads(draft))["state"] == "awaiting_deliberation"
        assert (await operator.reads(lacking))["state"] == "drafted"

    async def test_takes_all_that_wait_in_the_village_where_none_is_named(
        self, registry: Registry, operator: Caller
    ):
        neighbour = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)
        both = [await registry.proposal(), await registry.proposal("awaiting_deliberation")]
        elsewhere = await registry.proposal("awaiting_deliberation", by=neighbour)
        taken = await registry.proposal("awaiting_deliberation")
        await registry.deliberation(taken)
        held = await registry.deliberation()

        response = await operator.posts(
            f"{path_of(held)}/agenda", {"proposal_ids": None}, version=1
        )

        assert [each["proposal_id"] for each in response.json()["items"]] == [p["id"] for p in both]
        assert elsewhere["id"] not in response.text

    async def test_has_a_name_on_one_open_deliberation_at_a_time(
        self, registry: Registry, operator: Caller
    ):
        proposal = await registry.proposal("awaiting_deliberation")
        first, second = await registry.deliberation(proposal), await registry.deliberation()
        body = {"proposal_ids": [proposal["id"]]}

        refusal = await operator.posts(f"{path_of(second)}/agenda", body, version=1)
        cancelled = await steps(operator, first, "cancel", grounds={"note": "Banjir."})
        then = await operator.posts(f"{path_of(second)}/agenda", body, version=1)

        [answer] = refusal.json()["items"]
        assert answer["problem"]["type"] == "urn:siks:problem:on-another-agenda"
        assert cancelled.status_code == 201, cancelled.text
        assert then.json()["items"][0]["on_agenda"]

    async def test_lets_a_name_go_and_closes_up(self, registry: Registry, operator: Caller):
        names = [await registry.proposal("awaiting_deliberation") for _ in range(3)]
        held = await registry.deliberation(*names)
        path = f"{path_of(held)}/agenda/removals"

        gone = await operator.posts(path, {"proposal_id": names[1]["id"]}, version=2)
        again = await operator.posts(path, {"proposal_id": names[1]["id"]}, version=3)

        assert gone.json()["agenda"]["names"] == 2
        assert refused(again) == (404, "proposal-not-found")
        lines = await agenda_of(operator, held)
        assert [(each["number"], each["proposal_id"]) for each in lines] == [
            (1, names[0]["id"]),
            (2, names[2]["id"]),
        ]
        assert (await operator.reads(names[1]))["state"] == "awaiting_deliberation"

    async def test_names_the_person_it_is_about_or_else_the_head(
        self, registry: Registry, operator: Caller
    ):
        household = await registered(registry)
        food_ = await drafts(operator, "programme", household, food(household))
        only = {"programme": "PBI_JK"}
        health = await drafts(operator, "programme", household, only, person=1)
        made = [food_.json(), health.json()]
        held = await registry.deliberation(*made)

        lines = await agenda_of(operator, held)

        assert [(line["name"], line["programme"]) for line in lines] == [
            ("Siti Aminah", "SEMBAKO"),
            ("Agus Salim", "PBI_JK"),
        ]

    async def test_is_read_in_pages_and_by_roles_as_far_as_they_read_people(
        self, registry: Registry, operator: Caller
    ):
        names = [await registry.proposal("awaiting_deliberation") for _ in range(2)]
        held = await registry.deliberation(*names)
        answers = {"household_status": 4, "well_off": False, "has_disabled_member": True}
        await judged(operator, held, (names[0], {"outcome": "eligible", "answers": answers}))
        auditor = await registry.caller(R.AUDITOR, over=registry.village)
        district = await registry.caller(R.DISTRICT_OFFICER)

        page = (await operator.gets(f"{path_of(held)}/agenda", params={"limit": 1})).json()
        [second] = await agenda_of(operator, held, after=page["next"], limit=1)
        [own, _] = await agenda_of(operator, held)
        [seen, _] = await agenda_of(auditor, held)
        [told, _] = await agenda_of(district, held)

        assert (page["next"], page["items"][0]["number"], second["number"]) == ("1", 1, 2)
        assert own["answers"] == answers
        assert own["nik"].endswith("*" * 12)
        assert (seen["name"], seen["address"], seen["answers"]) == ("B*** S***", None, None)
        assert "has_disabled_member" not in told["answers"]

    @pytest.mark.parametrize("role", [R.AUDITOR, R.CIVIL_REGISTRY_OFFICER])
    async def test_tells_no_programme_to_who_reads_of_none(
        self, registry: Registry, operator: Caller, role: Role
    ):
        asks = {"programme": "PBI_JK"}
        household = await registry.registered()
        about = {"member_id": household["members"][0]["id"]}
        name = await registry.asks(
            "programme", household, asks, "awaiting_deliberation", by=operator, **about
        )
        held = await registry.deliberation(name)
        reader = await registry.caller(role, over=registry.home(role))

        [own] = await agenda_of(operator, held)
        [seen] = await agenda_of(reader, held)

        assert (own["programme"], seen["programme"]) == ("PBI_JK", None)


class TestAnOutcome:
    @pytest.mark.parametrize(
        ("said", "pointer"),
        [
            ({"outcome": "not_eligible"}, "reason"),
            ({"outcome": "eligible", "reason": "no_longer_poor"}, "reason"),
            ({"outcome": "not_eligible", "reason": "karena"}, "reason"),
            ({"outcome": "not_eligible", "reason": "other"}, "note"),
            (
                {"outcome": "eligible", "answers": {"household_status": 5}},
                "answers/household_status",
            ),
            ({"outcome": "eligible", "answers": {"well_off": False}}, "answers/well_off"),
            ({"outcome": "eligible", "answers": {"warna": 1}}, "answers"),
        ],
    )
    async def test_that_does_not_fit_together_is_refused_with_its_place(
        self, registry: Registry, operator: Caller, said: dict[str, Any], pointer: str
    ):
        names = [await registry.proposal("awaiting_deliberation") for _ in range(2)]
        held = await registry.deliberation(*names)

        response = await judged(
            operator, held, (names[0], {"outcome": "eligible"}), (names[1], said)
        )

        assert refused(response) == (422, "outcome-not-accepted")
        assert pointers(response) == {f"/items/1/{pointer}"}
        assert {line["outcome"] for line in await agenda_of(operator, held)} == {None}

    async def test_is_of_a_name_on_the_agenda(self, registry: Registry, operator: Caller):
        proposal = await registry.proposal("awaiting_deliberation")
        held = await registry.deliberation()

        response = await judged(operator, held, (proposal, {"outcome": "eligible"}))

        assert refused(response) == (422, "not-on-the-agenda")


class TestClosing:
    async def test_leads_every_name_where_its_outcome_says(
        self, registry: Registry, operator: Caller
    ):
        yes, no, later = [await registry.proposal("awaiting_deliberation") for _ in range(3)]
        held = await registry.deliberation(yes, no, later)
        note = {"note": "Menunggu KK baru."}
        await judged(
            operator,
            held,
            (yes, {"outcome": "eligible"}),
            (no, REASON),
            (later, {"outcome": "postponed", **note}),
        )

        response = await steps(operator, held)

        assert response.status_code == 201, response.text
        states = [(await operator.reads(each))["state"] for each in (yes, no, later)]
        assert states == ["awaiting_village_head", "rejected", "awaiting_deliberation"]
        entry = (await registry.audit_of(no["id"]))[-1]
        assert (entry["action"], entry["grounds"]) == (
            "deliberate",
            {
                "deliberation": {
                    "deliberation_id": held["id"],
                    "held_on": "2026-11-18",
                    "chair": "Suparman",
                    "minutes_number": "470/12/MUSDES/2026",
                    "outcome": "not_eligible",
                },
                "reason": "no_longer_poor",
            },
        )
        again = await registry.deliberation(later)
        assert [each["proposal_id"] for each in await agenda_of(operator, again)] == [later["id"]]

    async def test_is_refused_with_everything_that_is_wanting(
        self, registry: Registry, operator: Caller
    ):
        gone, silent = [await registry.proposal("awaiting_deliberation") for _ in range(2)]
        held = await registry.deliberation(
            gone, silent, held_on="2999-01-01", place=..., chair=..., minutes_number=...
        )
        await operator.takes("withdraw", gone, note="Pindah.")

        response = await steps(operator, held)

        assert refused(response) == (422, "deliberation-not-complete")
        assert pointers(response) == {
            *("/held_on", "/place", "/chair", "/minutes_number"),
            *("/agenda/0", "/agenda/1/outcome"),
        }
        assert (await operator.gets(path_of(held))).json()["state"] == "open"

    async def test_needs_the_quorum_of_the_regency(self, regency: Registry):
        admin = await regency.caller(R.REGENCY_ADMIN)
        path = f"/v1/policies/{regency.village.code[:4]}"
        set_ = await admin.puts(path, {"district_checks": False, "quorum": 3})
        assert set_.status_code < 300, set_.text
        operator = await regency.caller(R.VILLAGE_OPERATOR)
        proposal = await regency.proposal("awaiting_deliberation")
        held = await regency.deliberation(proposal)  # two of its three were there
        await judged(operator, held, (proposal, {"outcome": "eligible"}))

        short = await steps(operator, held)
        attendance = [{**each, "present": True} for each in held["attendance"]]
        amended = await operator.patches(path_of(held), {"attendance": attendance}, version=3)
        more = await admin.puts(path, {"district_checks": False, "quorum": 9}, version=1)
        enough = await steps(operator, held)

        assert more.status_code == 200, more.text
        assert pointers(short) == {"/attendance"}
        assert "kurang 1 dari 3" in short.json()["errors"][0]["detail"]
        assert (amended.json()["present"], amended.json()["quorum"]) == (3, 3)
        assert enough.status_code == 201, enough.text  # convened before nine were asked for
        assert (await regency.deliberation())["quorum"] == 9

    async def test_freezes_what_was_said_and_how_everybody_was_named(
        self, registry: Registry, operator: Caller
    ):
        proposal = await registry.proposal("awaiting_deliberation")
        held = await registry.deliberated(proposal, scanned=False)
        head = await registry.caller(R.VILLAGE_HEAD)
        now = await operator.reads(proposal)
        back = {"reason": "data_incomplete", "note": "Nama salah."}
        await head.takes("return", now, target="drafted", **back)
        household = (await operator.gets(f"/v1/households/{proposal['household_id']}")).json()
        [member] = household["members"]
        named = await operator.patches(
            f"/v1/members/{member['id']}", {"name": "Wati"}, version=member["version"]
        )

        late = await operator.patches(path_of(held), {"place": "Masjid"}, version=4)

        assert named.status_code == 200, named.text
        assert refused(late) == (409, "action-not-open")
        [line] = await agenda_of(operator, held)
        assert (line["name"], line["state"]) == ("Budi Santoso", "drafted")

    async def test_is_the_operators_of_the_village_or_its_regency(self, registry: Registry):
        proposal = await registry.proposal("awaiting_deliberation")
        regency = await registry.caller(R.REGENCY_OPERATOR)
        head = await registry.caller(R.VILLAGE_HEAD)

        barred = await head.posts("/v1/deliberations", a_deliberation(registry.village.code))
        await registry.deliberated(proposal, by=regency)

        assert refused(barred) == (403, "role-may-not")
        assert (await regency.reads(proposal))["state"] == "awaiting_village_head"


class TestTheSignedMinutes:
    async def test_are_attached_before_the_head_of_the_village_approves(
        self, registry: Registry, operator: Caller
    ):
        proposal = await registry.proposal("awaiting_deliberation")
        held = await registry.deliberated(proposal, scanned=False)
        head = await registry.caller(R.VILLAGE_HEAD)
        now = await head.reads(proposal)
        scan = await registry.document("minutes_scan", region_code=registry.village.code)

        early = await head.takes("approve", now)
        attached = await steps(operator, held, "attach_scan", document_id=scan["id"])
        approved = await head.takes("approve", now)

        assert refused(early) == (409, "scan-missing")
        assert "approve" not in {offer["action"] for offer in now["open_actions"]}
        assert attached.status_code == 201, attached.text
        assert approved.status_code == 201, approved.text
        told = (await operator.gets(path_of(held))).json()["scan"]
        assert (told["document_id"], told["sha256"]) == (scan["id"], scan["sha256"])

    async def test_count_no_more_once_they_are_withdrawn(
        self, registry: Registry, operator: Caller
    ):
        proposal = await registry.proposal("awaiting_deliberation")
        held = await registry.deliberated(proposal)
        withdraw = {"action": "withdraw", "grounds": {"note": "Salah pindai."}}
        path = f"/v1/documents/{held['scan']['document_id']}/steps"
        withdrawn = await operator.posts(path, withdraw, version=1)
        head = await registry.caller(R.VILLAGE_HEAD)

        response = await head.takes("approve", await head.reads(proposal))

        assert withdrawn.status_code == 201, withdrawn.text
        assert refused(response) == (409, "scan-missing")
        assert (await operator.gets(path_of(held))).json()["scan"] is None

    async def test_take_the_place_of_others_with_an_audit_entry(
        self, registry: Registry, operator: Caller
    ):
        held = await registry.deliberated(await registry.proposal("awaiting_deliberation"))
        scan = await registry.document("minutes_scan", region_code=registry.village.code)

        response = await steps(operator, held, "attach_scan", document_id=scan["id"])

        assert response.json()["changes"]["/scan"] == [
            held["scan"]["document_id"],
            {"document_id": scan["id"], "sha256": scan["sha256"]},
        ]

    async def test_are_a_document_of_this_village_for_this_purpose(
        self, registry: Registry, operator: Caller
    ):
        proposal = await registry.proposal("awaiting_deliberation")
        held = await registry.deliberated(proposal, scanned=False)
        regency = await registry.caller(R.REGENCY_OPERATOR)
        neighbours = await registry.document(
            "minutes_scan", by=regency, region_code=registry.neighbour.code
        )
        other = await registry.document("evidence", region_code=registry.village.code)

        for by, document, refusal in (
            (regency, neighbours, (404, "document-not-found")),
            (operator, other, (422, "document-not-usable")),
        ):
            response = await steps(by, held, "attach_scan", document_id=document["id"])
            assert refused(response) == refusal


class TestThePrintedMinutes:
    async def test_are_a_pdf_and_leave_a_trace_of_whom_they_name(
        self, registry: Registry, operator: Caller
    ):
        proposal = await registry.proposal("awaiting_deliberation")
        held = await registry.deliberation(proposal)

        response = await operator.gets(f"{path_of(held)}/minutes")

        assert response.headers["content-type"] == "application/pdf"
        assert response.content.startswith(b"%PDF-1.7")
        seen = await registry.runs(
            "SELECT subjects FROM access_entry WHERE actor_id = $1 AND operation = $2",
            operator.actor.id,
            "print_deliberation_minutes",
        )
        assert proposal["household_id"] in {str(each) for each in seen[0]["subjects"]}

    async def test_are_not_for_who_reads_nobody(self, registry: Registry):
        held = await registry.deliberation()
        admin = await registry.caller(R.REGENCY_ADMIN)

        response = await admin.gets(f"{path_of(held)}/minutes")

        assert refused(response) == (403, "reads-nobody")


async def test_a_deliberation_of_another_village_is_not_there(registry: Registry):
    held = await registry.deliberation()
    stranger = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)

    for path in ("", "/agenda", "/minutes"):
        response = await stranger.gets(path_of(held) + path)
        assert refused(response) == (404, "deliberation-not-found")
    listed = await stranger.gets("/v1/deliberations")
    assert held["id"] not in listed.text
