"""As much of S3 as documents need: a bucket in memory, behind HTTP."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Bucket(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.objects: dict[str, bytes] = {}
        self.is_down = False

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Asked(BaseHTTPRequestHandler):
    server: Bucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        if not self._is_signed() or self.server.is_down:
            self._answer(503 if self.server.is_down else 403)
            return
        self.server.objects[self.path] = content
        self._answer(200)

    def do_GET(self) -> None:
        content = self.server.objects.get(self.path)
        if self.server.is_down or content is None:
            self._answer(503 if self.server.is_down else 404)
            return
        part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("range", ""))
        if part is None:
            self._answer(200, content)
            return
        first, last = int(part[1]), int(part[2])
        said = f"bytes {first}-{last}/{len(content)}"
        self._answer(206, content[first : last + 1], said)

    do_HEAD = do_GET  # noqa: N815

    def _is_signed(self) -> bool:
        return self.headers.get("authorization", "").startswith(
            "AWS4-HMAC-SHA256 Credential=kunci/"
        )

    def _answer(self, status: int, content: bytes = b"", part: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", "Sun, 22 Nov 2026 04:00:00 GMT")
        self.send_header("ETag", '"a"')
        if part:
            self.send_header("Content-Range", part)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nobody listens."""


@contextmanager
def a_bucket() -> Iterator[Bucket]:
    with Bucket() as bucket:
        thread = threading.Thread(target=bucket.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield bucket
        finally:
            bucket.shutdown()
            thread.join()
