"""The service, but killed between its commit and its answer, where a request asks for that.

For one test: `uvicorn --factory tests.api.dying:mortal`.
"""

import os
import signal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.main import create_app

LAST_WISH = "x-die-before-answering"


class Mortal:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        dies = LAST_WISH.encode() in dict(scope.get("headers", []))

        async def send_or_die(message: Message) -> None:
            if dies and message["type"] == "http.response.start":
                os.kill(os.getpid(), signal.SIGKILL)
            await send(message)

        await self.app(scope, receive, send_or_die)


def mortal() -> ASGIApp:
    return Mortal(create_app())
