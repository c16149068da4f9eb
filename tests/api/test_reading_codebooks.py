"""The questionnaire, for whoever shows it: in the list, in full, and in the contract."""

import pytest
from fastapi import FastAPI

from app.domain.actors import Role
from app.domain.questionnaire.codebooks import NEWEST
from tests.registry import Caller, Registry, refused


@pytest.fixture
async def reader(registry: Registry) -> Caller:
    return await registry.caller(Role.REGENCY_ADMIN)  # who reads nobody reads the form


async def test_the_generations_are_listed(reader: Caller):
    [line] = (await reader.gets("/v1/codebooks")).json()["items"]

    assert (line["version"], line["newest"]) == ("dtks-2020", True)
    assert line["title_id"] != line["title_en"]


async def test_one_is_told_with_labels_choices_conditions_and_rules(reader: Caller):
    told = (await reader.gets("/v1/codebooks/dtks-2020")).json()

    assert len([each for each in told["household"] if each.get("number")]) == 44
    by_key = {each["key"]: each for each in told["household"]}
    wall = by_key["wall_condition"]
    assert (wall["form_ref"], wall["label_id"]) == ("R.4b", "Kondisi dinding")
    assert wall["choices"][0] == {
        "code": 1,
        "label_id": "Bagus/kualitas tinggi",
        "label_en": "Good",
    }
    assert wall["applies_if"][0]["when"]["wall_material"]["any_of"] == [1, 2, 3]
    assert {rule["id"] for rule in told["rules"]} == set(NEWEST.rules)


@pytest.mark.parametrize("version", ["dtks-1066", "x"])
async def test_one_that_is_not_there_is_not_found(reader: Caller, version: str):
    response = await reader.gets(f"/v1/codebooks/{version}")

    assert refused(response) == (404, "codebook-not-found")


def test_the_contract_says_what_an_answer_is(app: FastAPI):
    schemas = app.openapi()["components"]["schemas"]

    answers = schemas["AnswersDtks2020"]
    assert answers == NEWEST.answers_schema()
    for shape in ("SurveyDraft", "SurveyChanges", "SurveyView", "SheetView"):
        assert "#/components/schemas/AnswersDtks2020" in str(
            schemas[shape]["properties"]["answers"]
        )
    assert "x-codebooks" not in str(schemas)
