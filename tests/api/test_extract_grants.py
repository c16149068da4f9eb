"""Whatever an agreement gives, over whichever region, in whichever format: nothing else comes."""

import csv
import gzip
import io
import json
import threading
from collections.abc import Callable
from itertools import chain, combinations
from typing import Any
from uuid import UUID

import pytest
import zstandard
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from app.commands import job_steps
from app.commands.extract_work import write_extract
from app.commands.jobs import JobRun
from app.db import extract_rows, jobs
from app.domain.actors import Role
from app.domain.agreements import FieldGroup
from app.domain.extracts.columns import NEEDED, Resource, columns_of
from app.domain.jobs import JobAction
from app.domain.regions import INDONESIA, Region, Tier
from app.domain.sight import granted
from app.exchange.storage import Storage
from app.stores import storage_of
from tests.api.test_extracts import files_of
from tests.grants import food, proposed
from tests.grants import registered as a_registered_family
from tests.registry import Caller, Registry, refused

R = Role
FORMS = [("ndjson", "none"), ("ndjson", "zstd"), ("csv", "gzip"), ("csv", "none")]
FORMS += [("xlsx", "none"), ("parquet", "none")]
ALL = granted(frozenset(FieldGroup))
UNPACKED: dict[str, Callable[[bytes], bytes]] = {
    "none": bytes,
    "gzip": gzip.decompress,
    "zstd": lambda content: zstandard.ZstdDecompressor().decompressobj().decompress(content),
}
Rows = list[dict[str, Any]]
NAMING = ("name", "nik", "card_number", "mother_name", "address", "payee_name", "payee_nik")


def _csv(content: bytes) -> Rows:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def _ndjson(content: bytes) -> Rows:
    return [json.loads(line) for line in content.splitlines()]


def _xlsx(content: bytes) -> Rows:
    header, *rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    )
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def _parquet(content: bytes) -> Rows:
    rows: Rows = parquet.read_table(io.BytesIO(content)).to_pylist()
    return rows


# Some columns of each group, by what the agreement says and not by our own table.
TELLS = {
    FieldGroup.IDENTITY: {*NAMING, "birth_date", "birth_place", "sex", "rt", "rw", "latitude"}
    | {"electricity_customer_number", "water_customer_number", "gas_customer_number", "pbi_number"},
    FieldGroup.SURVEY: {"surveyed_on", "work_status", "floor_area", "building_tenure"},
    FieldGroup.HEALTH: {"pregnant", "disability", "chronic_illness", "education_level"},
    FieldGroup.PROGRAMMES: {"programme", "programmes", "family_programmes", "has_pkh", "in_pkh"},
}
READ: dict[str, Callable[[bytes], Rows]] = {
    "ndjson": _ndjson,
    "csv": _csv,
    "xlsx": _xlsx,
    "parquet": _parquet,
}


def withheld(fields: set[FieldGroup]) -> set[str]:
    return set[str]().union(*(TELLS[each] for each in set(FieldGroup) - fields))


def test_an_answer_that_names_a_household_is_for_who_reads_identity_besides():
    for fields in chain.from_iterable(combinations(FieldGroup, n) for n in range(1, 5)):
        for resource in [each for each in Resource if NEEDED.get(each, fields[0]) in fields]:
            names = {each.name for each in columns_of(resource, granted(fields))}
            assert not withheld({*fields}) & names, (fields, resource)


class World:
    """Families of two provinces, each with an aid, and all that is on record of them."""

    def __init__(self, registry: Registry, storage: Storage, rows: dict[Resource, Rows]) -> None:
        self.registry, self.storage, self.rows = registry, storage, rows

    async def made(self, by: Caller, asked: dict[str, Any]) -> list[bytes]:
        """The files. No worker runs beside: Hypothesis minds who else throws dice."""
        response = await by.posts("/v1/extracts", asked)
        assert response.status_code == 202, response.text
        database, extract = self.registry.database, response.json()
        async with database.reading(INDONESIA) as reading:
            errand = await jobs.errand(reading, UUID(extract["job_id"]))
        assert errand is not None
        start = await job_steps.begin(database, errand)
        assert start == 1
        run = JobRun(errand, start, database, self.storage, threading.Event())
        await write_extract(database, run)
        await job_steps.finish(run, JobAction.COMPLETE)
        return await files_of(by, (await by.gets(extract["links"]["self"])).json())

    def within(self, region: Region, resource: Resource) -> Rows:
        return [
            each for each in self.rows[resource] if each["village_code"].startswith(region.code)
        ]

    def secrets(self, rows: Rows) -> set[str]:
        """Words that name somebody in these rows."""
        return {row[name] for row in rows for name in NAMING if row.get(name)}


@pytest.fixture
async def world(registry: Registry, app: FastAPI) -> World:
    for village in (registry.village, registry.elsewhere):
        operator = await registry.caller(R.VILLAGE_OPERATOR, over=village)
        household = await a_registered_family(registry, by=operator)
        await proposed(registry, "programme", household, food(household), by=operator)
    rows = {each: await _on_record(registry, each) for each in Resource}
    return World(registry, storage_of(app.state.settings), rows)


async def _on_record(registry: Registry, resource: Resource) -> Rows:
    where = f"{extract_rows.SOURCES[resource].stands} AND s.scope_code = ANY ($1)"
    villages = [registry.village.first, registry.elsewhere.first]
    async with registry.database.reading(INDONESIA) as reading:
        found = await reading.rows(extract_rows.documents(resource, ALL, where=where), villages)
    return [json.loads(row["body"]) for row in found]


@settings(
    max_examples=12,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    fields=st.sets(st.sampled_from(FieldGroup), min_size=1),
    resource=st.sampled_from(Resource),
    form=st.sampled_from(FORMS),
    at_home=st.booleans(),
)
async def test_nothing_comes_of_another_region_or_another_group(
    world: World,
    fields: set[FieldGroup],
    resource: Resource,
    form: tuple[str, str],
    at_home: bool,  # noqa: FBT001
):
    village = world.registry.village if at_home else world.registry.elsewhere
    machine = await world.registry.machine(village.at(Tier.DISTRICT), sorted(fields))
    asked = {"format": form[0], "compression": form[1], "filters": {}}
    if NEEDED.get(resource, next(iter(fields))) not in fields:
        response = await machine.posts("/v1/extracts", {"resource": resource, **asked})
        assert refused(response) == (403, "resource-not-granted")
        return

    (packed,) = await world.made(machine, {"resource": resource, **asked})

    rows, sight = READ[form[0]](UNPACKED[form[1]](packed)), granted(frozenset(fields))
    mine = world.within(village, resource)
    here = {row["id"] for row in rows if row["village_code"] == village.code}
    assert here == {row["id"] for row in mine}
    assert all(row["village_code"].startswith(village.code[:6]) for row in rows)
    assert list(rows[0]) == [each.name for each in columns_of(resource, sight)]
    assert not withheld(fields) & set(rows[0])
    others = world.secrets([each for each in world.rows[resource] if each not in mine])
    hidden = others if FieldGroup.IDENTITY in fields else others | world.secrets(mine)
    told = json.dumps(rows, default=str, ensure_ascii=False)
    assert [each for each in hidden - _common(world, resource) if each in told] == []


def _common(world: World, resource: Resource) -> set[str]:
    """What two people of different provinces happen to share is nobody's secret."""
    villages = (world.registry.village, world.registry.elsewhere)
    first, second = (world.secrets(world.within(each, resource)) for each in villages)
    return first & second
