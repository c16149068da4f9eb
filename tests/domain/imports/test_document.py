"""What the documents say of files is what the code does, and every problem has its words."""

import re

from app.domain.errors import Language
from app.domain.imports.problems import WARNINGS, catalogue
from scripts.imports import DOCUMENT, document


def test_the_layouts_in_the_documents_are_those_of_the_code():
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run `make imports`"


def test_every_problem_speaks_both_languages_with_the_same_words():
    assert len(catalogue()) > 60
    for code, said in catalogue().items():
        assert said.id != said.en, code
        assert set(re.findall(r"{(\w+)}", said.id)) == set(re.findall(r"{(\w+)}", said.en)), code
        assert re.fullmatch(r"[a-z_0-9]+|[HMBK][0-9]{2}", code)
    assert catalogue().keys() >= WARNINGS
    assert {str(language) for language in Language} == {"id", "en"}
