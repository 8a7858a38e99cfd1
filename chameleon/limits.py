"""How much one request may send. Django would write a body without a length to disk, whatever its size."""

from chameleon.problems import CONTENT_TYPE, TOO_LARGE, encoded
from chameleon.wire import App, Message, Receive, Scope, Send, Told, respond
from kit.errors import TooLarge

LARGEST_BODY = 1024 * 1024  # bytes


def limited(app: App) -> App:
    """`app`, and 413 for a body above 1 MiB: by its announced length at once, otherwise as soon as it is exceeded."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        if _announced(scope) > LARGEST_BODY:
            await _refuse(send)
            return
        counted, tell = _Counted(receive), Told(send)
        await app(scope, counted, tell)
        if counted.too_large and not tell.started:
            await _refuse(send)

    return serve


def _announced(scope: Scope) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0


class _Counted:
    """`receive`, for which a caller that sends too much has hung up: Django then lets go of what it has got."""

    __slots__ = ("_receive", "_size")

    def __init__(self, receive: Receive) -> None:
        self._size = 0
        self._receive = receive

    async def __call__(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.too_large else message

    @property
    def too_large(self) -> bool:
        return self._size > LARGEST_BODY


async def _refuse(send: Send) -> None:
    await respond(send, 413, encoded(TooLarge(str(TOO_LARGE))), CONTENT_TYPE)
