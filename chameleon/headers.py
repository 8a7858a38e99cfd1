"""What a browser may do with our answers: sent with each of them, whoever answers."""

from collections.abc import Awaitable, Callable

from django.conf import settings

from chameleon.wire import App, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
OFF = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
OURS = ("publickey-credentials-create", "publickey-credentials-get")  # passkeys
PERMISSIONS_POLICY = ", ".join([*(f"{one}=()" for one in OFF), *(f"{one}=(self)" for one in OURS)])

GUARDS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A page of ours shares its process with nobody else's, and loads nothing that has not been given to it.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def guarded(app: App) -> App:
    """`app`, with the guards on what it answers before Django is entered: refusals, the fast lane, health."""
    guards = {name.lower().encode(): value.encode() for name, value in GUARDS.items()}
    if settings.SECURE_HSTS_SECONDS:
        guards[b"strict-transport-security"] = b"max-age=%d" % settings.SECURE_HSTS_SECONDS

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, _guarding(send, guards) if scope["type"] == "http" else send)

    return serve


def _guarding(send: Send, guards: dict[bytes, bytes]) -> Callable[[Message], Awaitable[None]]:
    async def send_guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            known = {name.lower() for name, _value in headers}
            message = {**message, "headers": headers + [one for one in guards.items() if one[0] not in known]}
        await send(message)

    return send_guarded
