"""A refusal that is kept with the record whose work it ended, for readers of both languages."""

from typing import Any

from app.domain.errors import Language, Refusal


def told(refusal: Refusal) -> dict[str, Any]:
    return {
        "code": refusal.code(),
        "title": vars(refusal.title),
        "detail": {language: refusal.detail.told(language, refusal.words) for language in Language},
        "pointers": [fault.pointer for fault in refusal.faults],
    }


def shown(column: str, language: str) -> str:
    """As JSON, in the language of the reader; null where there is none."""
    return f"""CASE WHEN {column} IS NOT NULL THEN json_build_object(
        'code', {column} ->> 'code', 'title', {column} -> 'title' ->> {language},
        'detail', {column} -> 'detail' ->> {language}) END"""
