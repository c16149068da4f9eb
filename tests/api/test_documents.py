"""Documents: sent as they are, looked at, kept for good, opened by whom they are for."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from httpx2 import Response

from app.domain.actors import Role
from app.domain.regions import Region
from app.main import MAX_BODY_BYTES, MAX_FILE_BYTES
from tests.api.services import Wire, posts_bytes, scope_of
from tests.conftest import SETTINGS
from tests.files import HERE, a_pdf, a_photo
from tests.registry import Caller, Registry, pointers, refused

R = Role
NOON = datetime(2026, 11, 10, 12, 0)  # noqa: DTZ001 - a camera tells no zone
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


@pytest.fixture
async def survey(registry: Registry) -> dict[str, Any]:
    return await registry.survey(await registry.household())


def content_of(document: dict[str, Any]) -> str:
    return f"/v1/documents/{document['id']}/content"


def on_disk(document: dict[str, Any]) -> Path:
    name = document["sha256"]
    return Path(urlsplit(str(SETTINGS["storage_url"])).path, name[:2], name)


class TestADocumentIsSent:
    @pytest.mark.parametrize(
        ("content", "kind"), [(a_pdf(), PDF), (a_photo(), JPEG), (a_photo("PNG"), PNG)]
    )
    async def test_and_given_back_as_it_was(self, operator: Caller, content: bytes, kind: str):
        response = await operator.sends_file(content, kind=kind, purpose="evidence")

        document = response.json()
        assert response.status_code == 201
        assert response.headers["location"] == f"/v1/documents/{document['id']}"
        assert response.headers["etag"] == '"1"'
        assert (document["media_type"], document["bytes"]) == (kind, len(content))
        assert document["region_code"] == operator.actor.region.code
        given = await operator.gets(content_of(document))
        assert (given.status_code, given.content) == (200, content)
        assert given.headers["content-type"] == kind
        assert given.headers["x-content-type-options"] == "nosniff"
        assert given.headers["content-security-policy"].startswith("sandbox")
        assert given.headers["content-disposition"].startswith("attachment; ")

    async def test_as_something_else_and_is_what_it_is(self, operator: Caller):
        response = await operator.sends_file(a_photo("PNG"), kind=PDF, purpose="letter")

        assert response.json()["media_type"] == PNG

    REFUSED = (
        (b"", "empty"),
        (b"<html><script>alert(1)</script>", "not_a_document"),
        (a_pdf()[:-40], "damaged"),
        (a_photo(size=(300, 200))[:-400], "damaged"),
        (a_photo("PNG")[:-20], "damaged"),
        (a_pdf(also=b"<< /Encrypt 5 0 R >>\n"), "encrypted"),
    )

    @pytest.mark.parametrize(("content", "why"), REFUSED, ids=[why for _, why in REFUSED])
    async def test_and_refused_where_nobody_could_read_it(
        self, registry: Registry, operator: Caller, content: bytes, why: str
    ):
        response = await operator.sends_file(content, purpose="evidence")

        assert refused(response) == (422, "content-not-accepted")
        assert [error["code"] for error in response.json()["errors"]] == [why]
        kept = "SELECT FROM document WHERE created_by = $1"
        assert not await registry.runs(kept, operator.actor.id)

    @pytest.mark.parametrize("kind", ["application/json", "text/html", "image/svg+xml", ""])
    async def test_as_no_other_kind(self, operator: Caller, kind: str):
        response = await operator.sends_file(a_pdf(), kind=kind, purpose="evidence")

        assert refused(response) == (415, "not-a-file")

    async def test_by_name_without_what_a_name_must_not_hold(self, operator: Caller):
        said = "attachment; filename*=UTF-8''C%3A%5Cscan%5CKTP%203672015905840001%00%E2%80%AE.exe"

        response = await operator.sends_file(
            a_pdf(), purpose="evidence", headers={"Content-Disposition": said}
        )

        document = response.json()
        assert document["file_name"] == "KTP 3672************.exe"
        given = (await operator.gets(content_of(document))).headers["content-disposition"]
        assert given.endswith("UTF-8''KTP%203672%2A%2A%2A%2A%2A%2A%2A%2A%2A%2A%2A%2A.pdf")

    @pytest.mark.parametrize("said", ["attachment", "\"';=*", "x; filename*=q'z'%ff", "filename="])
    async def test_without_a_name_where_none_can_be_read(self, operator: Caller, said: str):
        response = await operator.sends_file(
            a_pdf(), purpose="evidence", headers={"Content-Disposition": said}
        )

        assert response.status_code == 201

    async def test_for_a_part_of_ones_region(self, registry: Registry, operator: Caller):
        regency = await registry.caller(R.REGENCY_OPERATOR)
        code = registry.village.code

        theirs = await registry.document(by=regency, region_code=code)
        own = await registry.document(by=regency)
        foreign = await regency.sends_file(
            a_pdf(), purpose="evidence", region_code=registry.elsewhere.code
        )
        nowhere = await regency.sends_file(
            a_pdf(), purpose="evidence", region_code=f"{code[:4]}999999"
        )

        assert (await operator.gets(f"/v1/documents/{theirs['id']}")).status_code == 200
        assert (await operator.gets(f"/v1/documents/{own['id']}")).status_code == 404
        assert own["region_code"] == code[:4]
        assert refused(foreign) == refused(nowhere) == (404, "outside-your-region")

    @pytest.mark.parametrize(
        ("role", "purpose", "expected"),
        [
            (R.VILLAGE_HEAD, "minutes_scan", 201),
            (R.ENUMERATOR, "minutes_scan", 403),
            (R.DISTRICT_OFFICER, "evidence", 201),
            (R.REGENCY_ENDORSER, "letter", 201),
            (R.VILLAGE_OPERATOR, "decree_scan", 403),
            (R.MINISTRY_DETERMINER, "decree_scan", 201),
            (R.AUDITOR, "evidence", 403),
            (R.REGENCY_ADMIN, "evidence", 403),
        ],
    )
    async def test_by_whose_business_it_is(
        self, registry: Registry, role: Role, purpose: str, expected: int
    ):
        caller = await registry.caller(role)

        response = await caller.sends_file(a_pdf(), purpose=purpose)

        assert response.status_code == expected, response.text
        assert response.is_success or refused(response)[1] == "purpose-not-yours"

    async def test_once_however_often_it_is_sent(self, registry: Registry, operator: Caller):
        scan, key = a_pdf(), str(uuid4())

        first, again, other, elsewhere = [
            await operator.sends_file(content, key=key, purpose=purpose)
            for content, purpose in (
                (scan, "evidence"),
                (scan, "evidence"),
                (a_pdf(), "evidence"),
                (scan, "letter"),
            )
        ]

        assert first.json() == again.json()
        assert again.headers["idempotent-replayed"] == "true"
        assert refused(other) == refused(elsewhere) == (422, "key-used-otherwise")
        kept = "SELECT FROM document WHERE created_by = $1"
        assert len(await registry.runs(kept, operator.actor.id)) == 1


class TestTooMuch:
    async def test_is_refused_at_the_door_when_it_is_announced(
        self, registry: Registry, operator: Caller
    ):
        headers = {"Content-Type": PDF, "Content-Length": str(MAX_FILE_BYTES + 1)}
        wire = Wire(b"%PDF-1.4")

        await served(registry, operator, wire, headers)

        assert (wire.status, wire.read) == (413, 0)

    async def test_is_refused_as_soon_as_it_is_too_much(self, registry: Registry, operator: Caller):
        wire = Wire(*[b"x" * 5_000_000] * 7)

        await served(
            registry, operator, wire, {"Content-Type": PDF, "Transfer-Encoding": "chunked"}
        )

        assert (wire.status, wire.read) == (413, 6)

    async def test_of_a_scan_fits_that_would_be_too_much_json(self, operator: Caller):
        scan = a_pdf(also=b"%" + b"x" * MAX_BODY_BYTES + b"\n")

        sent = await operator.sends_file(scan, purpose="minutes_scan")
        told = await posts_bytes(operator, "/v1/households", b" " * (MAX_BODY_BYTES + 1))

        assert (sent.status_code, sent.json()["bytes"]) == (201, len(scan))
        assert refused(told) == (413, "too-large")


async def served(registry: Registry, by: Caller, wire: Wire, headers: dict[str, str]) -> None:
    scope = scope_of("POST", "/v1/documents", by=by, headers=headers)
    scope["query_string"] = b"purpose=evidence"
    app = registry.http._transport.app  # noqa: SLF001
    await app(scope, wire.receive, wire.send)


class TestAPhoto:
    async def test_tells_the_time_of_its_village_and_the_place(
        self, operator: Caller, survey: dict[str, Any]
    ):
        response = await self.sent(operator, survey, a_photo(taken=NOON, at=HERE))

        photo = response.json()
        zone = Region(survey["village_code"]).time_zone
        hours = {"Asia/Jakarta": 7, "Asia/Makassar": 8, "Asia/Jayapura": 9}[zone]
        assert photo["taken_at"] == f"{NOON - timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}+00:00"
        assert photo["location"]["latitude"] == pytest.approx(HERE[0], abs=1e-5)
        assert photo["flags"] == []
        listed = (await operator.gets(f"/v1/surveys/{survey['id']}/photos")).json()
        assert listed == {"next": None, "items": [photo]}

    async def sent(self, by: Caller, survey: dict[str, Any], photo: bytes) -> Response:
        response = await by.sends_file(
            photo, kind=JPEG, purpose="house_front", survey_id=survey["id"]
        )
        assert response.status_code == 201, response.text
        return response

    async def test_says_what_a_reviewer_should_look_at(
        self, operator: Caller, survey: dict[str, Any]
    ):
        late = NOON + timedelta(days=9)

        photos = [
            (await self.sent(operator, survey, a_photo(**said))).json()["flags"]
            for said in ({}, {"at": HERE}, {"taken": NOON}, {"taken": late, "at": HERE})
        ]

        assert photos == [["no_location", "no_time"], ["no_time"], ["no_location"], ["other_day"]]

    async def test_far_from_the_other_points_of_the_village_is_flagged_once_there_are_enough(
        self, registry: Registry, operator: Caller
    ):
        household = await registry.household()
        survey = await registry.survey(household, "drafted")
        near, far = (HERE[0] + 0.03, HERE[1]), (HERE[0] + 0.2, HERE[1])
        await self.sent(operator, survey, a_photo(taken=NOON, at=near))
        photo = (await self.sent(operator, survey, a_photo(taken=NOON, at=far))).json()
        flags = []

        for many, spread in ((19, 0.001), (1, 0.001), (60, 0.2)):
            await self.points(registry, many, spread=spread)
            flags.append(await self.flags(operator, survey))

        assert flags == [[[], []], [[], ["far_away"]], [[], []]]
        assert photo["flags"] == []

    async def flags(self, by: Caller, survey: dict[str, Any]) -> list[list[str]]:
        photos = (await by.gets(f"/v1/surveys/{survey['id']}/photos")).json()["items"]
        return [photo["flags"] for photo in photos]

    async def points(self, registry: Registry, many: int, *, spread: float) -> None:
        """Other households around; where they lie wide apart, far is farther."""
        await registry.runs(
            "INSERT INTO household (id, scope_code, latitude, longitude, state, version, "
            "created_by, created_at, updated_at) SELECT gen_random_uuid(), $1, "
            "$3::float8 + CASE WHEN n % 2 = 0 THEN $4::float8 ELSE -$4::float8 END, $5::float8, "
            "'proposed', 1, gen_random_uuid(), now(), now() FROM generate_series(1, $2) n",
            registry.village.first,
            many,
            HERE[0],
            spread,
            HERE[1],
        )

    async def test_belongs_to_a_visit_and_nothing_else_does(
        self, operator: Caller, survey: dict[str, Any]
    ):
        alone = await operator.sends_file(a_photo(), kind=JPEG, purpose="house_inside")
        scan = await operator.sends_file(a_pdf(), purpose="evidence", survey_id=survey["id"])
        printed = await operator.sends_file(a_pdf(), purpose="identity", survey_id=survey["id"])
        nobodys = await operator.sends_file(
            a_photo(), kind=JPEG, purpose="identity", survey_id=str(uuid4())
        )

        assert refused(alone) == refused(scan) == (422, "survey-of-photo")
        assert pointers(alone) == {"?survey_id"}
        assert refused(printed) == (422, "content-not-accepted")
        assert refused(nobodys) == (404, "survey-not-found")

    async def test_is_not_taken_for_a_sheet_that_is_discarded(
        self, registry: Registry, operator: Caller
    ):
        survey = await registry.survey(await registry.household(), "discarded")

        response = await operator.sends_file(
            a_photo(), kind=JPEG, purpose="house_front", survey_id=survey["id"]
        )

        assert refused(response) == (409, "photos-closed")


class TestADocumentIsOpened:
    # role -> what it opens of: minutes, a house, somebody's card. By hand, from the sight table.
    OPENED = (
        (R.VILLAGE_OPERATOR, 200, 200, 200),
        (R.VILLAGE_HEAD, 200, 200, 200),
        (R.DISTRICT_OFFICER, 200, 200, 403),
        (R.REGENCY_VERIFIER, 200, 200, 200),
        (R.REGENCY_ENDORSER, 200, 403, 403),
        (R.CIVIL_REGISTRY_OFFICER, 200, 403, 403),
        (R.PROVINCE_OFFICER, 200, 200, 403),
        (R.MINISTRY_DETERMINER, 200, 403, 403),
        (R.AUDITOR, 403, 403, 403),
        (R.REGENCY_ADMIN, 403, 403, 403),
    )

    async def test_as_far_as_a_role_reads_what_it_shows(
        self, registry: Registry, survey: dict[str, Any]
    ):
        documents = [
            await registry.document("minutes_scan"),
            await registry.document("house_front", survey=survey),
            await registry.document("identity", survey=survey),
        ]
        for role, *expected in self.OPENED:
            caller = await registry.caller(role)
            told = [await caller.gets(f"/v1/documents/{each['id']}") for each in documents]
            given = [await caller.gets(content_of(each)) for each in documents]

            assert [response.status_code for response in told] == expected, role
            assert [response.status_code for response in given] == expected, role

    async def test_by_nobody_of_another_village(self, registry: Registry):
        document = await registry.document("minutes_scan")
        stranger = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)

        for path in (f"/v1/documents/{document['id']}", content_of(document)):
            assert refused(await stranger.gets(path)) == (404, "document-not-found")

    async def test_and_it_is_kept_who_did(
        self, registry: Registry, operator: Caller, survey: dict[str, Any]
    ):
        photo = await registry.document("house_front", survey=survey)
        auditor = await registry.caller(R.AUDITOR)
        await operator.gets(content_of(photo))
        await auditor.gets(content_of(photo))

        seen = await registry.runs(
            "SELECT actor_id, subjects FROM access_entry WHERE operation = 'read_content' "
            "AND $1 = ANY (subjects)",
            photo["id"],
        )
        [entry] = seen
        assert entry["actor_id"] == operator.actor.id
        assert {str(each) for each in entry["subjects"]} == {photo["id"], survey["household_id"]}

    async def test_not_again_where_it_is_known(self, registry: Registry, operator: Caller):
        document = await registry.document()
        etag = f'"{document["sha256"]}"'

        for known in (etag, f"W/{etag}", f'"a", {etag}', "*"):
            headers = {"If-None-Match": known}
            response = await operator.gets(content_of(document), headers=headers)
            assert (response.status_code, response.content) == (304, b"")
            assert response.headers["etag"] == etag

    @pytest.mark.parametrize(
        ("asked", "part"),
        [
            ("bytes=5-9", slice(5, 10)),
            ("bytes=5-", slice(5, None)),
            ("bytes=-7", slice(-7, None)),
            ("bytes=0-99999", slice(None)),
        ],
    )
    async def test_in_parts_on_a_weak_line(self, operator: Caller, asked: str, part: slice):
        scan = a_pdf()
        document = (await operator.sends_file(scan, purpose="evidence")).json()

        response = await operator.gets(content_of(document), headers={"Range": asked})

        assert (response.status_code, response.content) == (206, scan[part])
        first = range(len(scan))[part][0]
        last = first + len(response.content) - 1
        assert response.headers["content-range"] == f"bytes {first}-{last}/{len(scan)}"

    @pytest.mark.parametrize(
        "asked", ["bytes=9-5", "bytes=99999-", "bytes=-", "bytes=1-2,4-5", "pages=1-2", "bytes=-0"]
    )
    async def test_whole_where_no_part_was_meant(
        self, registry: Registry, operator: Caller, asked: str
    ):
        document = await registry.document()

        response = await operator.gets(content_of(document), headers={"Range": asked})

        assert (response.status_code, len(response.content)) == (200, document["bytes"])

    async def test_with_a_clear_word_where_its_bytes_are_gone(
        self, registry: Registry, operator: Caller
    ):
        document = await registry.document()
        on_disk(document).write_bytes(b"%PDF")
        damaged = await operator.gets(content_of(document))
        on_disk(document).unlink()
        gone = await operator.gets(content_of(document))

        assert refused(damaged) == refused(gone) == (404, "content-missing")


class TestADocumentIsWithdrawn:
    async def test_with_a_note_and_stays(self, registry: Registry, operator: Caller):
        document = await registry.document("minutes_scan")
        path = f"/v1/documents/{document['id']}"
        body = {"action": "withdraw", "grounds": {"note": "Halaman kedua kurang."}}

        bare = await operator.posts(f"{path}/steps", {"action": "withdraw"}, version=1)
        taken = await operator.posts(f"{path}/steps", body, version=1)
        again = await operator.posts(f"{path}/steps", body, version=2)

        assert refused(bare) == (422, "grounds-missing")
        assert (taken.status_code, taken.json()["target"]) == (201, "withdrawn")
        assert refused(again) == (409, "action-not-open")
        read = (await operator.gets(path)).json()
        assert (read["state"], read["version"], read["open_actions"]) == ("withdrawn", 2, [])
        assert (await operator.gets(content_of(document))).status_code == 200
        first, last = await registry.audit_of(document["id"])
        assert first["changes"]["/sha256"] == [None, document["sha256"]]
        assert last["grounds"] == {"note": "Halaman kedua kurang."}

    async def test_by_whoever_sends_such_documents(self, registry: Registry):
        document = await registry.document("minutes_scan")
        enumerator = await registry.caller(R.ENUMERATOR)
        body = {"action": "withdraw", "grounds": {"note": "Keliru."}}

        response = await enumerator.posts(f"/v1/documents/{document['id']}/steps", body, version=1)

        assert refused(response) == (403, "purpose-not-yours")
        read = (await enumerator.gets(f"/v1/documents/{document['id']}")).json()
        assert read["open_actions"] == []
