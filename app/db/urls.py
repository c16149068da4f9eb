"""A PostgreSQL URL in the two spellings its readers want."""


def for_sqlalchemy(url: str) -> str:
    return f"postgresql+asyncpg://{_after_scheme(url)}"


def for_asyncpg(url: str) -> str:
    return f"postgresql://{_after_scheme(url)}"


def _after_scheme(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ValueError("it begins with postgresql://")
    return rest
