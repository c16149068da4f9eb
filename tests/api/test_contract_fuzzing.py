"""Requests nobody thought of, for every operation and in every role: as the contract says, or a
refusal of ours, and never a fault. What is expected beyond schemathesis' defaults stands in
schemathesis.toml, with reasons."""

import zlib
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.python.asgi import shutdown_lifespans

from app.domain.actors import Role
from app.domain.documents import MediaType
from app.domain.regions import Tier
from app.main import create_app
from app.routers.files import TABLES
from app.settings import Settings
from tests.conftest import registry_of
from tests.contract import Promise
from tests.registry import Caller, Places, Registry

CONFIG = Path(__file__).resolve().parents[2] / "schemathesis.toml"
SENT_AS_BYTES = [*map(str, MediaType), *sorted(TABLES - {"application/octet-stream"})]
schemathesis.serializer.alias(SENT_AS_BYTES, "application/octet-stream")
EXAMPLES = len(Role)
# What is long in the one body is long in the other: the same components, which are tried once.
TRIED_IN_A_DRAFT = {"change_survey": "answers", "change_proposal": "asks"}
DRAFT_OF = {"change_survey": "draft_survey", "change_proposal": "draft_proposal"}
STATES = ["drafted", "awaiting_deliberation", "awaiting_regency", "awaiting_ministry", "determined"]


def questions() -> list[tuple[str, GenerationMode]]:
    """Every operation, right and wrong; where nothing is asked, nothing can be asked wrongly."""
    paths = create_app(Settings()).openapi()["paths"]
    operations = [found for methods in paths.values() for found in methods.values()]
    assert operations
    return [
        (found["operationId"], mode)
        for found in operations
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        if mode is GenerationMode.POSITIVE or {"parameters", "requestBody"} & found.keys()
    ]


@dataclass(frozen=True)
class World:
    """What a share of the requests is about: things that are there, for everybody who asks."""

    tokens: dict[Role, dict[str, str]]
    known: dict[str, list[str]]


@pytest.fixture(scope="module")
async def registry(app: FastAPI, promise: Promise, places: Places) -> AsyncIterator[Registry]:
    async with registry_of(app, promise, *next(places.regencies)) as registry:
        yield registry
        # What was asked for in passing, no worker of a later test is to be busy with.
        await registry.runs("DELETE FROM pgqueuer.pgqueuer")
        await registry.runs(
            "UPDATE job SET updated_at = now() + interval '1 day' WHERE state = 'queued'"
        )


@pytest.fixture(scope="module")
async def world(registry: Registry) -> World:
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    proposals = [await registry.proposal(state) for state in STATES]
    households = [
        (await operator.gets(f"/v1/households/{p['household_id']}")).json() for p in proposals
    ]
    households.append(await registry.household())
    callers = {role: await registry.caller(role) for role in Role}
    village = registry.village
    rows = [f"{village.code}.{p['id']}" for p in proposals]
    return World(
        {role: caller.headers for role, caller in callers.items()},
        {
            "proposal_id": [p["id"] for p in proposals],
            "household_id": [h["id"] for h in households],
            "family_id": [h["families"][0]["id"] for h in households],
            "member_id": [h["members"][0]["id"] for h in households],
            "subject_id": [p["id"] for p in proposals],
            "after": [*rows, f"{village.code}.1", village.code],
            "account_id": [str(caller.actor.id) for caller in callers.values()],
            "regency_code": [village.at(Tier.REGENCY).code],
            "village_code": [village.code],
            "document_id": [(await registry.document())["id"]],
            "visit_id": [await a_visit(registry, households[-1], callers[Role.ENUMERATOR])],
            "code": [village.at(tier).code for tier in Tier if tier is not Tier.NATION],
        },
    )


async def a_visit(registry: Registry, household: dict[str, Any], enumerator: Caller) -> str:
    operator = await registry.caller(Role.VILLAGE_OPERATOR)
    errand = {"enumerator_id": str(enumerator.actor.id), "household_ids": [household["id"]]}
    response = await operator.posts("/v1/visits", errand)
    return str(response.json()["items"][0]["visit_id"])


@pytest.fixture(scope="module")
def contract(app: FastAPI) -> Iterator[Any]:
    """The same service on the same database, on an event loop of schemathesis' own."""
    twin = create_app(app.state.settings)
    config = SchemathesisConfig.from_path(CONFIG)
    yield schemathesis.openapi.from_asgi("/openapi.json", twin, config=config)
    shutdown_lifespans()


def cases(operation: Any, mode: GenerationMode, world: World) -> st.SearchStrategy[Case]:  # noqa: ANN401
    """Anything; and for a share of the requests, something that is there."""
    anything = operation.as_strategy(generation_mode=mode)
    if {p.name for p in (*operation.path_parameters, *operation.query)} & world.known.keys():
        return anything | there(operation, mode, world)
    if mode is GenerationMode.POSITIVE:
        return anything | anything.flatmap(lambda case: naming(case, world))
    return anything


def there(operation: Any, mode: GenerationMode, world: World) -> st.SearchStrategy[Case]:  # noqa: ANN401
    """A request about what is there, in its path and in its query."""

    def known(parameters: Any) -> st.SearchStrategy[dict[str, str]]:  # noqa: ANN401
        names = [p.name for p in parameters if p.name in world.known]
        return st.fixed_dictionaries({name: st.sampled_from(world.known[name]) for name in names})

    return st.tuples(known(operation.path_parameters), known(operation.query)).flatmap(
        lambda parts: operation.as_strategy(
            generation_mode=mode,
            path_parameters=parts[0] or None,
            query=parts[1] or None,
            headers={"If-Match": '"1"'},
        )
    )


def naming(case: Case, world: World) -> st.SearchStrategy[Case]:
    """The same request, about a village or a household that is there."""
    if isinstance(case.body, dict):
        for name in case.body.keys() & world.known.keys():
            case.body[name] = world.known[name][-1]
    return st.just(case)


@pytest.mark.parametrize(("operation_id", "mode"), questions())
def test_every_answer_is_as_the_contract_says(
    contract: Any,  # noqa: ANN401
    world: World,
    operation_id: str,
    mode: GenerationMode,
):
    operation = contract.find_operation_by_id(operation_id)
    tried: set[Role] = set()
    roles = cycle(Role)

    @seed(zlib.crc32(f"{operation_id} {mode}".encode()))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation, mode, world), _=st.integers())  # a number: or one example of
    def ask(case: Case, _: int) -> None:  # a request without parts would be all there are
        role = next(roles)
        tried.add(role)
        case.call_and_validate(headers=world.tokens[role])

    ask()
    assert tried == set(Role)


@pytest.mark.parametrize("operation_id", sorted({name for name, _ in questions()}))
def test_the_limits_of_every_part_are_as_the_contract_says(
    contract: Any,  # noqa: ANN401
    world: World,
    operation_id: str,
):
    """The least and the most, one more and one less, each part missing, methods there are not."""
    operation = contract.find_operation_by_id(operation_id)
    roles = cycle(Role)
    asked = 0
    limits = contract.iter_coverage_cases(
        operation,
        generation_modes=list(GenerationMode),
        generation_config=contract.config.generation_for(operation=operation),
    )
    for case in not_tried_yet(limits, TRIED_IN_A_DRAFT.get(operation_id)):
        case.call_and_validate(headers=world.tokens[next(roles)])
        asked += 1
    assert asked > 0


def not_tried_yet(limits: Iterable[Case], part: str | None) -> Iterator[Case]:
    """All of them; of those that differ only within that part, a right and a wrong one each."""
    seen: set[str] = set()
    for case in limits:
        if part is not None and isinstance(case.body, dict) and part in case.body:
            beside = {name: value for name, value in case.body.items() if name != part}
            sent = (case.method, case.path_parameters, case.query, case.headers, beside)
            known = repr((case.meta.generation.mode, *sent))
            if known in seen:
                continue
            seen.add(known)
        yield case


@pytest.mark.parametrize(("change", "part"), TRIED_IN_A_DRAFT.items())
def test_a_change_takes_the_same_components_as_a_draft(change: str, part: str):
    document = create_app(Settings()).openapi()

    in_a_change, in_a_draft = (
        components_of(document, operation_id, part) for operation_id in (change, DRAFT_OF[change])
    )

    assert in_a_change == in_a_draft
    assert any(in_a_change.values())


def components_of(document: dict[str, Any], operation_id: str, part: str) -> dict[str, set[str]]:
    """What that part of its body refers to, kind by kind where it has kinds."""
    operations = [found for methods in document["paths"].values() for found in methods.values()]
    (operation,) = [found for found in operations if found["operationId"] == operation_id]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    kinds = body.get("discriminator", {}).get("mapping") or {"": body["$ref"]}
    parts = {
        kind: document["components"]["schemas"][ref.rpartition("/")[2]]["properties"].get(part)
        for kind, ref in kinds.items()
    }
    return {kind: set(references_in(found)) for kind, found in parts.items()}


def references_in(schema: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(schema, dict):
        yield from [schema["$ref"]] if "$ref" in schema else []
        schema = [*schema.values()]
    for each in schema if isinstance(schema, list) else []:
        yield from references_in(each)
