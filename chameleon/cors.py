"""Which pages of other sites may call the API: none, but for the origins that CHAMELEON_CORS_ORIGINS names.

An ASGI function and not a Django middleware: the fast lane, and refusals of rates and sizes, are answered
before Django is entered. They come with a key or token of their own; cookies are never let through, so a page of
another site can do nothing in the name of whoever is signed in here.
"""

from django.conf import settings

from chameleon.wire import App, Message, Receive, Scope, Send

JWKS = "/.well-known/jwks.json"
METHODS = b"GET, HEAD, POST"
HEADERS = b"Accept-Language, Authorization, Content-Type"
EXPOSED = b"Allow, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate"
PREFLIGHT_SECONDS = b"600"


def shared(app: App) -> App:
    """`app`, telling browsers which other sites' pages may read its answers."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not settings.CORS_ORIGINS or not _is_open(scope["path"]):
            await app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"")
        is_known = origin.decode("latin-1") in settings.CORS_ORIGINS
        if is_known and scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await _answer_preflight(origin, send)
            return

        async def send_shared(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*_varied(message.get("headers", ())), *_told(origin, known=is_known)]}
            await send(message)

        await app(scope, receive, send_shared)

    return serve


def _is_open(path: str) -> bool:
    return path.startswith("/api/") or path == JWKS


def _told(origin: bytes, *, known: bool) -> list[tuple[bytes, bytes]]:
    if not known:
        return []
    return [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", EXPOSED)]


def _varied(headers: object) -> list[tuple[bytes, bytes]]:
    """A cache must not give one origin's answer to another: also where none came."""
    listed: list[tuple[bytes, bytes]] = list(headers)  # type: ignore[call-overload]
    vary = [value for name, value in listed if name.lower() == b"vary"]
    return [*(one for one in listed if one[0].lower() != b"vary"), (b"vary", b", ".join([*vary, b"Origin"]))]


async def _answer_preflight(origin: bytes, send: Send) -> None:
    """Before anybody is asked who they are: a browser sends no key with this question."""
    headers = [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", HEADERS),
        (b"access-control-max-age", PREFLIGHT_SECONDS),
        (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
