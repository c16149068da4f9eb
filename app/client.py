"""The service as its command line reaches it: over HTTP, like anybody else."""

import httpx2 as httpx

from app.settings import CannotRun

PATIENCE_SECONDS = 30  # of a weak line


class NoAnswer(CannotRun):
    """For now: whoever has the time asks again."""


def sign_in(url: str, username: str, password: str) -> str:
    """An access token, or why there is none."""
    grant = {"grant_type": "password", "username": username, "password": password}
    english = {"Accept-Language": "en"}
    try:
        answer = httpx.post(
            f"{url}/v1/auth/token", json=grant, headers=english, timeout=PATIENCE_SECONDS
        )
    except httpx.TransportError as error:
        raise NoAnswer(f"{url} does not answer ({error}): is the service running?") from None
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise NoAnswer(f"{url} is busy: {said(answer)}")
    if not answer.is_success:
        raise CannotRun(f"{url} refuses: {said(answer)}")
    return str(answer.json()["access_token"])


def is_ready(url: str) -> bool:
    """Straight to it: a proxy of the environment is for the world outside."""
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False).is_success
    except httpx.TransportError:
        return False


def said(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        return f"{problem['title']}. {problem.get('detail', '')}"
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"
