"""As much of S3 as documents and uploads need: a bucket in memory, behind HTTP."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qsl, urlsplit

OF_OBJECTS = "<Size>1</Size><LastModified>2026-11-22T04:00:00.000Z</LastModified><ETag>a</ETag>"


class Bucket(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}  # of an object that comes in several
        self.numbers = count(1)
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
        elif "uploadId" in self.asked:
            self.server.parts[self.asked["uploadId"]][int(self.asked["partNumber"])] = content
            self._answer(200)
        else:
            self.server.objects[self.name] = content
            self._answer(200)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"])).decode()
        if not self._is_signed() or self.server.is_down:
            self._answer(503 if self.server.is_down else 403)
        elif "delete" in self.asked:
            for key in re.findall("<Key>(.+?)</Key>", content):
                self.server.objects.pop(f"{self.name}/{key}", None)
            self._answer(200, b"<DeleteResult></DeleteResult>")
        elif "uploads" in self.asked:
            number = str(next(self.server.numbers))
            self.server.parts[number] = {}
            self._tell("InitiateMultipartUploadResult", f"<UploadId>{number}</UploadId>")
        else:
            parts = self.server.parts.pop(self.asked["uploadId"])
            self.server.objects[self.name] = b"".join(parts[each] for each in sorted(parts))
            self._tell("CompleteMultipartUploadResult", "<ETag>a</ETag>")

    def do_GET(self) -> None:
        if "list-type" in self.asked:
            self._list(self.asked["prefix"], self.asked.get("delimiter"))
            return
        content = self.server.objects.get(self.name)
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

    @property
    def name(self) -> str:
        return urlsplit(self.path).path.rstrip("/")

    @property
    def asked(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    def _list(self, prefix: str, delimiter: str | None) -> None:
        keys = [key.removeprefix(f"{self.name}/") for key in self.server.objects]
        found = [key for key in keys if key.startswith(prefix)]
        if delimiter:
            rests = {key.removeprefix(prefix).partition(delimiter)[0] for key in found}
            folders = (f"<Prefix>{prefix}{each}{delimiter}</Prefix>" for each in rests)
            items = (f"<CommonPrefixes>{each}</CommonPrefixes>" for each in folders)
        else:
            items = (f"<Contents><Key>{key}</Key>{OF_OBJECTS}</Contents>" for key in found)
        self._tell("ListBucketResult", "".join(items))

    def _tell(self, name: str, said: str) -> None:
        self._answer(200, f"<{name}>{said}</{name}>".encode())

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
