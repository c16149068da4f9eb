"""A front end on another origin, written against the generated types, in a real browser.

`make test-browser` runs it. It needs node, npm and Chromium; SIKS_TEST_CHROMIUM names another one.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from app.db import accounts
from app.db.sessions import Database
from app.domain.actors import Role
from app.domain.regions import INDONESIA, Region
from tests.api.door import PASSWORD, PASSWORD_HASH
from tests.questionnaire import a_sheet
from tests.registry import LONG_AGO, Places, a_household, a_member
from tests.served import ROOT, a_free_port, a_service

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
MADE = HERE / "made"
TOOLS = HERE / "node_modules/.bin"
NAME = "Supriyanto Wahyudi"
SHEET = """\
import type {{ components }} from "./api";

export const household: components["schemas"]["HouseholdDraft"] & {{ id: string }} = {household};

export const answers: components["schemas"]["AnswersDtks2020"] = {answers};
"""


def chromium() -> str:
    wanted = os.environ.get("SIKS_TEST_CHROMIUM", "/usr/bin/chromium")
    found = shutil.which(wanted)
    if found is None:
        pytest.fail(
            f"there is no Chromium at {wanted}: apt-get install chromium, or name another "
            "with SIKS_TEST_CHROMIUM"
        )
    return found


def runs(tool: str, *words: str, **more: Any) -> str:  # noqa: ANN401
    program = shutil.which(tool, path=f"{TOOLS}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.fail(f"{tool} is missing: run make test-browser, which installs what npm can")
    ran = subprocess.run(  # noqa: S603
        [program, *words], cwd=HERE, capture_output=True, text=True, check=False, **more
    )
    assert ran.returncode == 0, f"{tool}: {ran.stdout}{ran.stderr}"
    return ran.stdout


@pytest.fixture(scope="module")
def village(places: Places) -> Region:
    return next(places.districts)[0]


@pytest.fixture(scope="module")
def client(village: Region) -> Path:
    """The types of the contract, and a household with its sheet that the page will send."""
    MADE.mkdir(exist_ok=True)
    contract = str(ROOT / "openapi/openapi.json")
    runs("openapi-typescript", contract, "-o", "made/api.ts", "--default-non-nullable", "false")
    household = a_household(village, a_member(village, name=NAME))
    [family] = household["families"]
    sheet = a_sheet(family["members"])
    told = SHEET.format(
        household=json.dumps(household, indent=2), answers=json.dumps(sheet, indent=2)
    )
    (MADE / "sheet.ts").write_text(told, encoding="utf-8")
    return MADE


@pytest.fixture(scope="module")
def page(client: Path) -> Path:
    runs("esbuild", "page.ts", "--bundle", "--format=esm", "--outfile=made/page.js")
    shutil.copy(HERE / "page.html", client)
    return client


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def at_an_origin(directory: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(directory))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@dataclass(frozen=True)
class Visit:
    """What the browser showed after each action, and which preflights it sent before them."""

    village: Region
    shown: dict[str, dict[str, Any]]
    preflights: list[dict[str, str]]
    complaints: list[str]
    elsewhere: list[dict[str, str]]
    refusals: list[str]

    def asked_before(self, method: str, path: str) -> set[str]:
        """The headers a preflight asked for."""
        found = [p for p in self.preflights if (p["method"], p["path"]) == (method, path)]
        return {header for p in found for header in p["headers"].split(",") if header}


@pytest.fixture(scope="module")
async def visit(app_url: str, database: Database, village: Region, page: Path) -> Visit:
    async with database.transaction(INDONESIA) as session:
        operator = await accounts.open_account(
            session,
            username=f"petugas.{uuid4().hex[:12]}",
            display_name="Siti Aminah",
            password_hash=PASSWORD_HASH,
            role=Role.VILLAGE_OPERATOR,
            region=village,
            from_=LONG_AGO,
        )
    with ExitStack() as stack:
        origin, stranger = (stack.enter_context(at_an_origin(page)) for _ in range(2))
        port = a_free_port()
        stack.enter_context(a_service(app_url, port, SIKS_CORS_ORIGINS=origin))
        task = {
            "chromium": chromium(),
            "env": {"PATH": os.defpath, "HOME": str(page)},
            "page": f"{origin}/page.html?api=http://127.0.0.1:{port}",
            "elsewhere": f"{stranger}/page.html?api=http://127.0.0.1:{port}",
            "username": operator.username,
            "password": PASSWORD,
            "name": "wahyoedi soepriyanto",
        }
        return Visit(village, **json.loads(runs("node", "drive.mjs", input=json.dumps(task))))


@pytest.mark.usefixtures("client")
def test_the_types_of_the_contract_hold_a_front_end_to_it():
    """Also in `refused.ts`, where the compiler must object to every line."""
    runs("tsc", "-p", ".")


class TestAFrontEndOnAnotherOrigin:
    def test_signs_in(self, visit: Visit):
        assert visit.shown["signed_in"]["told"] == f"village_operator {visit.village.code}"

    def test_finds_nobody_before_anybody_is_there(self, visit: Visit):
        assert visit.shown["found_before"] == {"told": "0", "list": []}

    def test_drafts_a_household_and_a_proposal_and_sees_what_may_be_done(self, visit: Visit):
        assert visit.shown["drafted"]["told"] == "drafted"
        assert "submit" in visit.shown["drafted"]["list"]

    def test_finds_a_person_whatever_the_spelling(self, visit: Visit):
        assert visit.shown["found"]["told"] == "1"
        [line] = visit.shown["found"]["list"]
        assert line.startswith(f"{NAME} {visit.village.code[:4]}************ ")

    def test_is_told_all_that_is_missing(self, visit: Visit):
        assert visit.shown["refused"]["told"] == "422 urn:siks:problem:not-yet-complete"
        assert visit.shown["refused"]["list"]

    def test_sends_a_whole_survey_and_reads_an_answer_of_it(self, visit: Visit):
        assert visit.shown["surveyed"] == {"told": "finished", "list": ["36 m²"]}

    def test_submits(self, visit: Visit):
        assert visit.shown["submitted"] == {
            "told": "awaiting_deliberation",
            "list": ["submit drafted awaiting_deliberation"],
        }

    def test_may_send_every_header_it_needs(self, visit: Visit):
        """And can read the ETag: without it the page would not know which version it means."""
        assert {"authorization", "content-type"} <= visit.asked_before("POST", "/v1/members/search")
        assert "idempotency-key" in visit.asked_before("POST", "/v1/households")
        steps = {p["path"] for p in visit.preflights if p["path"].endswith("/steps")}
        assert len(steps) == 2
        for path in steps:
            assert "if-match" in visit.asked_before("POST", path)

    def test_makes_the_browser_complain_of_nothing_but_the_refusal(self, visit: Visit):
        [complaint] = visit.complaints
        assert "422" in complaint


class TestAnOriginThatIsNotOurs:
    def test_is_kept_out_by_the_browser(self, visit: Visit):
        assert visit.shown["elsewhere"] == {"told": "fault: TypeError: Failed to fetch", "list": []}
        assert any("blocked by CORS policy" in refusal for refusal in visit.refusals)

    def test_has_asked_and_been_refused_before_anything_was_sent(self, visit: Visit):
        assert [p["path"] for p in visit.elsewhere] == ["/v1/auth/token"]
