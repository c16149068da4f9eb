"""Promises about the code as a whole, which no single test would notice breaking."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter

from app.domain.diagrams import as_mermaid
from app.domain.errors import Language, Refusal
from app.domain.proposals import PROPOSALS
from app.domain.workflow import Ground
from app.main import PUBLIC
from app.routers.contract import as_text
from app.routers.grounds import Grounds
from app.routers.problems import SHAPES, status_of, type_of
from scripts.workflows import DOCUMENT as WORKFLOWS_PAGE
from scripts.workflows import document
from tests.contract import routes_of
from tests.registry import Registry

ROOT = Path(__file__).resolve().parents[1]
OPENAPI = ROOT / "openapi" / "openapi.json"
LONGEST_FUNCTION = 40
EXCHANGE = {
    *("search_now", "search_later", "ask_status_now", "ask_status_later"),
    *("subscribe", "unsubscribe"),
}
LONGEST_MODULE = 400


def operations_of(app: FastAPI) -> list[tuple[str, str]]:
    return [
        (method.upper(), path) for path, item in app.openapi()["paths"].items() for method in item
    ]


def is_open(path: str) -> bool:
    """To everybody: by its name, or because it lies below a folder that is."""
    return path in PUBLIC or path.startswith(tuple(each for each in PUBLIC if each.endswith("/")))


async def test_nobody_gets_in_without_a_token(app: FastAPI, registry: Registry):
    closed = [(method, path) for method, path in operations_of(app) if not is_open(path)]
    assert len(closed) > 20

    for method, path in closed:
        url = re.sub(r"{.*?}", str(uuid4()), path)
        response = await registry.http.request(method, url)
        assert response.status_code == 401, f"{method} {path}"
        assert response.headers["www-authenticate"] == "Bearer"


class TestThePublishedContract:
    def test_is_the_one_we_serve(self, app: FastAPI):
        assert OPENAPI.read_text(encoding="utf-8") == as_text(app), "run `make openapi`"

    def test_says_of_every_operation_what_it_does_and_how_it_refuses(self, app: FastAPI):
        operations = [op for item in app.openapi()["paths"].values() for op in item.values()]
        assert operations
        for operation in operations:
            assert operation.get("description"), operation["operationId"]
            assert operation["tags"], operation["operationId"]
            refusals = [r for status, r in operation["responses"].items() if status >= "400"]
            assert refusals
            # The exchange by SPDCI refuses in the words of that standard.
            is_exchange = operation["operationId"] in EXCHANGE
            kind = "application/json" if is_exchange else "application/problem+json"
            for refusal in refusals:
                assert set(refusal["content"]) == {kind}

    def test_names_every_operation_once(self, app: FastAPI):
        names = [op["operationId"] for i in app.openapi()["paths"].values() for op in i.values()]
        assert len(names) == len(set(names))

    def test_shows_examples_that_are_accepted(self, app: FastAPI):
        models = {}
        for route in routes_of(app):
            if route.body_field is not None:
                models[route.name] = route.body_field.field_info.annotation
        tried = 0
        for model in models.values():
            for example in (
                getattr(model, "model_config", {}).get("json_schema_extra", {}).get("examples", [])
            ):
                TypeAdapter(model).validate_python(example)
                tried += 1
        assert tried >= 8


def modules_in(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found
    return found


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions_in(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("module", modules_in("app"), ids=named)
def test_no_code_commits_for_itself(module: Path):
    for node in ast.walk(ast.parse(module.read_text())):
        assert not (isinstance(node, ast.Attribute) and node.attr == "commit"), node.lineno


def endpoints_in(module: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        function
        for function in functions_in(module)
        if any(ast.unparse(d).startswith("router.") for d in function.decorator_list)
    ]


def test_there_are_endpoints():
    assert sum(len(endpoints_in(module)) for module in modules_in("app/routers")) > 30


@pytest.mark.parametrize("module", modules_in("app/routers"), ids=named)
def test_endpoints_decide_nothing(module: Path):
    """An endpoint loads, asks the domain, and records. A branch belongs to the domain."""
    for endpoint in endpoints_in(module):
        branches = [n for n in ast.walk(endpoint) if isinstance(n, ast.If | ast.Match | ast.Try)]
        assert not branches, f"{endpoint.name}, line {endpoint.lineno}"


@pytest.mark.parametrize("module", modules_in("app"), ids=named)
def test_what_is_read_fits_the_eye(module: Path):
    assert len(module.read_text().splitlines()) <= LONGEST_MODULE
    for function in functions_in(module):
        lines = (function.end_lineno or 0) - function.lineno + 1
        assert lines <= LONGEST_FUNCTION, f"{function.name} has {lines} lines"


def writes_a_state(node: ast.AST) -> bool:
    """`subject.state = ...`, or `.values(state=...)` of an UPDATE."""
    if isinstance(node, ast.Assign):
        return any(isinstance(t, ast.Attribute) and t.attr == "state" for t in node.targets)
    is_update = isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".values")
    return is_update and any(keyword.arg == "state" for keyword in node.keywords)


@pytest.mark.parametrize("module", modules_in("app"), ids=named)
def test_only_the_audit_writes_a_state(module: Path):
    assert not any(writes_a_state(node) for node in ast.walk(ast.parse(module.read_text())))


def test_the_audit_does_write_it():
    """Its UPDATE names the state in a dict, as no other module may: see `_move`."""
    writers = [named(m) for m in modules_in("app") if '"state": step.target' in m.read_text()]
    assert writers == ["app/db/audit.py"]


def every_refusal() -> list[type[Refusal]]:
    found, pending = [], [Refusal]
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        if "title" in kind.__dict__:
            found.append(kind)
    assert len(found) > 30
    return found


@pytest.mark.parametrize("kind", every_refusal(), ids=lambda kind: kind.__name__)
def test_every_refusal_speaks_both_languages_and_has_a_status(kind: type[Refusal]):
    assert status_of(kind) >= 400
    assert type_of(kind).startswith("urn:siks:problem:")
    for said in (kind.title, kind.detail):
        assert said.id != said.en
        assert set(re.findall(r"{(\w+)}", said.id)) == set(re.findall(r"{(\w+)}", said.en))


def test_no_two_refusals_share_a_code():
    codes = [type_of(kind) for kind in every_refusal()]
    assert len(codes) == len(set(codes))


def test_every_fault_of_shape_speaks_both_languages():
    for said in SHAPES.values():
        assert said.told(Language.INDONESIAN) != said.told(Language.ENGLISH)


def test_a_step_can_be_given_every_ground_there_is():
    of_the_village = {Ground.DELIBERATION, Ground.STATEMENT}  # what a step follows from, unasked
    assert set(Grounds.model_fields) == set(Ground) - of_the_village


def test_the_diagram_in_the_readme_is_the_table():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    diagram = readme.partition("<!-- workflow -->")[2].partition("<!-- /workflow -->")[0]

    assert f"```mermaid\n{as_mermaid(PROPOSALS)}\n```" == diagram.strip()


def test_the_workflows_in_the_documents_are_the_tables():
    assert WORKFLOWS_PAGE.read_text(encoding="utf-8") == document(), "run `make workflows`"


def test_no_lock_names_a_package_index():
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|--index-url|--find-links", text), lock.name


def test_the_contract_is_json_without_surprises():
    assert json.loads(OPENAPI.read_text(encoding="utf-8"))["openapi"].startswith("3.1")
