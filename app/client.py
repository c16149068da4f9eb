"""The service as its command line reaches it: over HTTP, like anybody else."""

import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Self
from uuid import uuid4

import httpx2 as httpx

from app.domain.errors import Language
from app.settings import CannotRun

PATIENCE_SECONDS = 30  # of a weak line
PATIENCE = httpx.Timeout(60, read=300)  # to put a large file together takes its time
WAITS = (1, 2, 4, 8, 16, 30)  # seconds; a line may be gone for a minute
LONGEST_WAIT = 120  # seconds; whoever asks for more does not know when
TWICE = {"still-running", "upload-open"}
UNAUTHORIZED, BUSY = 401, {429, 502, 503, 504}  # some of them said by a proxy

Noted = Callable[[str], None]
Signing = Callable[[], str]  # gives a token that lives


class NoAnswer(CannotRun):
    """For now: whoever has the time asks again."""


class Refused(CannotRun):
    """The service said no; `code` is what it said in short."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"the service refuses: {said(answer)}")
        self.problem = _problem(answer)
        self.code = _code(self.problem)


def sign_in(url: str, username: str, password: str) -> str:
    """An access token, or why there is none."""
    grant = {"grant_type": "password", "username": username, "password": password}
    return _granted(url, "/v1/auth/token", grant)


def client_sign_in(url: str, client_id: str, secret: str) -> str:
    """The same for a machine."""
    grant = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret,
    }
    return _granted(url, "/v1/auth/client-token", grant)


def _granted(url: str, path: str, grant: Mapping[str, str]) -> str:
    english = {"Accept-Language": "en"}
    try:
        answer = httpx.post(f"{url}{path}", json=grant, headers=english, timeout=PATIENCE_SECONDS)
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
        faults = [f"{each['pointer']}: {each['detail']}" for each in problem.get("errors", ())]
        return " ".join([f"{problem['title']}.", problem.get("detail", ""), *faults])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _code(problem: Mapping[str, Any]) -> str:
    return str(problem.get("type", "")).removeprefix("urn:siks:problem:")


def _is_busy(answer: httpx.Response) -> bool:
    """With others, or with the very same request."""
    if answer.status_code == httpx.codes.CONFLICT:
        return _code(_problem(answer)) in TWICE
    return answer.status_code in BUSY


def _pause(answer: httpx.Response, otherwise: float) -> float:
    """What the service asks for, if that is longer."""
    asked = answer.headers.get("retry-after", "")
    return max(min(int(asked), LONGEST_WAIT), otherwise) if asked.isdecimal() else otherwise


class Service:
    """One line to it, taken up again when it breaks."""

    def __init__(
        self,
        url: str,
        sign_in: Signing,
        *,
        language: Language = Language.ENGLISH,
        noted: Noted = lambda _: None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._sign_in = sign_in
        self._noted = noted
        self._token = self._signed_in()
        headers = {"Accept-Language": language.value}
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=PATIENCE, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **asked: str) -> Any:  # noqa: ANN401
        return self.look(path, **asked).json()

    def look(self, path: str, **asked: str) -> httpx.Response:
        return self._asked("GET", path, params=asked)

    def post(self, path: str, body: object, *, version: int | None = None) -> httpx.Response:
        """Under a name of its own: sent twice it has one effect."""
        headers = {"Idempotency-Key": str(uuid4())}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self._asked("POST", path, json=body, headers=headers)

    def put(self, path: str, content: bytes, headers: Mapping[str, str]) -> None:
        self._asked("PUT", path, content=content, headers=headers)

    def fetch(self, path: str, etag: str, into: BinaryIO, told: Callable[[int], None]) -> None:
        """The rest of a file of which `into` holds the beginning, however often the line breaks
        as long as something comes."""
        waits = iter(WAITS)
        while True:
            held = into.seek(0, 2)
            try:
                self._rest(path, etag, into, told)
            except httpx.TransportError as error:
                waits = iter(WAITS) if into.tell() > held else waits
                wait = next(waits, None)
                if wait is None:
                    raise CannotRun(f"the line breaks again and again ({error})") from None
                self._wait(wait, f"the line broke ({error})")
            else:
                return

    def _rest(self, path: str, etag: str, into: BinaryIO, told: Callable[[int], None]) -> None:
        headers = {"Accept-Encoding": "identity"}
        if held := into.tell():
            headers |= {"Range": f"bytes={held}-", "If-Range": etag}
        answer = self._asked("GET", path, headers=headers, stream=True)
        try:
            if held and answer.status_code != httpx.codes.PARTIAL_CONTENT:
                into.truncate(into.seek(0))
            for piece in answer.iter_raw():
                into.write(piece)
                told(into.tell())
        finally:
            answer.close()

    def _asked(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        answer = self._heard(method, path, **more)
        if answer.status_code == UNAUTHORIZED:  # a token lives ten minutes
            self._token = self._signed_in()
            answer = self._heard(method, path, **more)
        if not answer.is_success:
            raise Refused(answer)
        return answer

    def _signed_in(self) -> str:
        for wait in WAITS:
            try:
                return self._sign_in()
            except NoAnswer as why:
                self._wait(wait, str(why))
        return self._sign_in()

    def _wait(self, seconds: float, why: str) -> None:
        self._noted(f"{why} (trying again in {seconds} s)")
        time.sleep(seconds)

    def _heard(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        for wait in WAITS:
            try:
                answer = self._sent(method, path, **more)
            except httpx.TransportError as error:
                self._wait(wait, f"the service does not answer ({error})")
                continue
            if not _is_busy(answer):
                return answer
            self._wait(_pause(answer, wait), f"the service is busy ({said(answer)})")
        try:
            return self._sent(method, path, **more)
        except httpx.TransportError as error:
            raise CannotRun(f"the service does not answer ({error}): try again later") from None

    def _sent(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        **more: Any,  # noqa: ANN401
    ) -> httpx.Response:
        known = {**(headers or {}), "Authorization": f"Bearer {self._token}"}
        request = self._http.build_request(method, path, headers=known, **more)
        answer = self._http.send(request, stream=stream)
        if not answer.is_success:
            answer.read()
        return answer
