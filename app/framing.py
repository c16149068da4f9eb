"""Where a request ends and the next one begins: httptools, with an end to what it keeps.

httptools takes heads of any size, and leaves it to its user what may not be there twice. Here what
cannot be a request of ours is refused, and its connection ends.
"""

from typing import ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.routers.heads import HAS_COME

MOST_HEAD_BYTES = 65_536
MOST_WAITING = 16  # requests of one connection that came before their turn
_AROUND = 4  # bytes of a line of the head beside its name and value
_CODINGS: tuple[list[bytes], ...] = ([], [b"chunked"])
_LINE = b"content-type: text/plain\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"


class NotOurs(Exception):
    """Said to the parser, which ends there."""


class BoundedHttp(HttpToolsProtocol):
    """What has come without leading to anything is counted, however slowly it drips in.

    That may be a head, what follows a body in chunks, or what stands around the chunks.
    """

    is_leaving: ClassVar[bool] = False
    """Whether this process is told to end: what would go on for long ends then."""

    _unsettled = 0
    _is_settled = False
    _is_too_large = False

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._is_settled = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.logger.warning("Invalid HTTP request received.")
            self._refuse()
        else:
            self._count(len(data))

    def shutdown(self) -> None:
        """Of every connection, when the server is told to end."""
        BoundedHttp.is_leaving = True
        super().shutdown()

    def _count(self, come: int) -> None:
        self._unsettled = 0 if self._is_settled else self._unsettled + come
        if self._unsettled > MOST_HEAD_BYTES:
            self._is_too_large = True
            self._refuse()

    def on_headers_complete(self) -> None:
        self._is_settled = True
        self._check_head()
        if self.parser.should_upgrade():
            return  # the parser stops behind it
        super().on_headers_complete()
        self.headers = []  # for trailers: they are not the request's, and nobody reads them

    def on_body(self, body: bytes) -> None:
        self._is_settled = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_settled = True
        if not self.parser.should_upgrade():
            self.scope["state"][HAS_COME] = True
            super().on_message_complete()

    def _stay(self, rest: bytes) -> None:
        """As if nobody had asked for another protocol: some clients always do, and send a body."""
        lines = [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        first = self.parser.get_method() + b" " + self.url + b" HTTP/1.1"
        self.parser = httptools.HttpRequestParser(self)  # the other one may have read `close`
        self.data_received(b"\r\n".join([first, *lines, b"", rest]))

    def _check_head(self) -> None:
        size, hosts, codings = len(self.url), 0, []
        for name, value in self.headers:
            size += len(name) + len(value) + _AROUND
            if name == b"host":
                hosts += 1
            elif name == b"transfer-encoding":
                codings.append(value)
        self._is_too_large = size > MOST_HEAD_BYTES
        is_ours = not self._is_too_large and len(self.pipeline) < MOST_WAITING
        if not (is_ours and self._is_clear(hosts, codings)):
            raise NotOurs

    def _is_clear(self, hosts: int, codings: list[bytes]) -> bool:
        """Whether every server between the sender and us would read it as we do."""
        match self.parser.get_http_version():
            case "1.1":
                is_clear = hosts == 1 and codings in _CODINGS
            case "1.0":
                is_clear = hosts <= 1 and not codings
            case _:
                is_clear = False
        return is_clear and self.parser.get_method() != b"CONNECT"

    def _refuse(self) -> None:
        """Where an earlier request still waits for its answer, ours would be taken for that."""
        if self._is_its_turn():
            self.transport.write(_refusal(is_too_large=self._is_too_large))
        self.transport.close()

    def _is_its_turn(self) -> bool:
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return True
        return cycle.more_body and not cycle.response_started and not self.pipeline


def _refusal(*, is_too_large: bool) -> bytes:
    status, why = 400, b"This is no request that we know."
    if is_too_large:
        status, why = 431, b"The head of a request is larger than 64 KB."
    return STATUS_LINE[status] + _LINE % (len(why), why)
