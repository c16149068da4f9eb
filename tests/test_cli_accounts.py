"""`siks accounts`: where the first account of all begins, and a regency's list is filled."""

import asyncio
import csv
import json
from collections.abc import Awaitable, Callable
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import siks
from app.domain.appointments import CONSOLE
from app.domain.credentials import one_time_hash
from app.domain.regions import Tier
from app.settings import CannotRun
from tests.registry import Registry

Types = Callable[..., Awaitable[Result]]


@pytest.fixture
def types(app_url: str, monkeypatch: pytest.MonkeyPatch) -> Types:
    """Somebody at the server's console, whose settings name the tests' database."""
    monkeypatch.setenv("SIKS_DATABASE_URL", app_url)

    async def typed(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, siks, ["accounts", *words])

    return typed


def rows_of(result: Result) -> list[dict[str, str]]:
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(StringIO(result.output)))


def refusal_of(result: Result) -> str:
    assert isinstance(result.exception, CannotRun), result.output
    return str(result.exception)


class TestOpening:
    async def test_the_first_ministry_admin_needs_nobody(self, registry: Registry, types: Types):
        name = f"admin.{uuid4().hex[:8]}"
        words = ("open", "--role", "ministry_admin", "--username", name, "--csv")

        [told] = rows_of(await types(*words, "--name", "Admin Kementerian"))

        [row] = await registry.runs("SELECT * FROM account WHERE username = $1", name)
        assert (row["region_code"], row["display_name"]) == ("", "Admin Kementerian")
        assert row["one_time_hash"] == one_time_hash(told["one_time_password"])
        [entry] = await registry.runs("SELECT * FROM audit_entry WHERE subject_id = $1", row["id"])
        assert (entry["channel"], entry["action"]) == ("console", "open")
        assert (entry["actor_id"], entry["actor_role"]) == (CONSOLE.id, "ministry_admin")
        assert told["one_time_password"] not in json.dumps(dict(entry), default=str)

    async def test_prints_a_table_with_the_whole_password(self, registry: Registry, types: Types):
        result = await types("open", "--role", "auditor", "--region", registry.village.code)

        assert result.exit_code == 0, result.output
        [row] = await registry.runs(
            "SELECT one_time_hash FROM account WHERE username = $1",
            f"auditor.{registry.village.code}",
        )
        words = result.output.replace("│", " ").split()
        assert row["one_time_hash"] in {one_time_hash(word) for word in words}

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--role", "ministry_admin", "--region", "1702"), "nation"),
            (("--role", "village_operator", "--region", "1702991999"), "region_code"),
            (("--role", "village_operator", "--region", "17.02"), "not a region code"),
            (("--role", "auditor", "--username", "Siti Aminah"), "3 to 60"),
        ],
    )
    async def test_is_refused_in_one_line(self, types: Types, words: tuple[str, ...], said: str):
        assert said in refusal_of(await types("open", *words))


class TestAList:
    async def test_fills_every_village_of_a_district(self, registry: Registry, types: Types):
        district = registry.village.at(Tier.DISTRICT).code
        before = rows_of(await types("vacancies", "--region", district, "--csv"))

        told = rows_of(await types("bulk", "--every-village-of", district, "--csv"))

        codes = [row["region_code"] for row in before]
        assert [row["username"] for row in told] == [f"operator.{code}" for code in codes]
        assert rows_of(await types("vacancies", "--region", district, "--csv")) == []

    @pytest.mark.parametrize("separator", [",", ";"])
    async def test_is_read_from_a_file(
        self, registry: Registry, types: Types, tmp_path: Path, separator: str
    ):
        lines = [
            ["region_code", "role", "display_name"],
            [registry.village.code, "village_head", "=Budi"],
            [registry.neighbour.code, "", ""],
        ]
        file = tmp_path / "list.csv"
        file.write_text("\n".join(separator.join(line) for line in lines), encoding="utf-8-sig")

        told = rows_of(await types("bulk", str(file), "--role", "enumerator", "--csv"))

        assert [row["username"] for row in told] == [
            f"head.{registry.village.code}",
            f"enumerator.{registry.neighbour.code}",
        ]
        assert told[0]["display_name"] == "'=Budi"

    async def test_with_a_wrong_line_opens_nobody(
        self, registry: Registry, types: Types, tmp_path: Path
    ):
        file = tmp_path / "list.csv"
        file.write_text(f"region_code\n{registry.village.code}\n3672991999\n")

        assert "row 2: /region_code" in refusal_of(await types("bulk", str(file)))
        assert rows_of(await types("list", "--region", registry.village.code, "--csv")) == []

    @pytest.mark.parametrize(
        "content", ["desa\n1", "region_code,password\n1,2", "region_code\n17x", "\xff\xfe", ""]
    )
    async def test_that_is_none_is_refused(self, types: Types, tmp_path: Path, content: str):
        file = tmp_path / "list.csv"
        file.write_text(content, encoding="latin-1")
        assert refusal_of(await types("bulk", str(file)))

    async def test_comes_from_one_place(self, types: Types, tmp_path: Path):
        assert "not both" in refusal_of(await types("bulk"))
        both = ("bulk", str(tmp_path / "list.csv"), "--every-village-of", "1702")
        assert "not both" in refusal_of(await types(*both))


class TestThoseThereAre:
    async def test_are_listed_reset_and_dismissed(self, registry: Registry, types: Types):
        code = registry.village.code
        words = ("--role", "village_operator", "--region", code, "--csv")
        [first] = rows_of(await types("open", *words))
        username = first["username"]

        [again] = rows_of(await types("reset", username, "--csv"))
        assert again["one_time_password"] != first["one_time_password"]
        listed = ("list", "--region", code, "--csv")  # others may have been opened there
        [line] = [each for each in rows_of(await types(*listed)) if each["username"] == username]
        assert (line["state"], line["holds"]) == ("active", f"village_operator {code}")

        out = await types("dismiss", username, "--note", "pindah tugas")

        assert (out.exit_code, "dismissed" in out.output) == (0, True)
        [line] = [each for each in rows_of(await types(*listed)) if each["username"] == username]
        assert line["state"] == "dismissed"
        acting = rows_of(await types(*listed, "--role", "village_operator"))
        assert username not in {each["username"] for each in acting}

    @pytest.mark.parametrize(
        "words", [("reset", "tidak.ada"), ("dismiss", "tidak.ada", "--note", "x")]
    )
    async def test_are_none_by_an_unknown_name(self, types: Types, words: tuple[str, ...]):
        assert "tidak.ada" in refusal_of(await types(*words))


async def test_the_owner_of_the_tables_does_not_run_accounts(
    owner_url: str, types: Types, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SIKS_DATABASE_URL", owner_url)
    assert "owns the tables" in refusal_of(await types("list"))
