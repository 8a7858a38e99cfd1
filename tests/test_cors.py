"""Pages of other sites: none may read an answer, but those of named origins, and never with a cookie."""

from typing import Any

import pytest
from django.conf import LazySettings

from chameleon.cors import shared
from live.consumers import is_own_origin, may_call

APP = "https://app.example"


@pytest.fixture
def call(settings: LazySettings) -> Any:
    """`await call(origin=...)` -> (status, headers, whether it reached the application)."""
    settings.CORS_ORIGINS = frozenset({APP, "http://localhost:3000"})
    reached: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["path"])
        headers = [(b"vary", b"Cookie"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    async def make(path: str = "/api/units", method: str = "GET", **headers: str) -> Any:
        reached.clear()
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await shared(app)({"type": "http", "method": method, "path": path, "headers": raw}, None, send)  # type: ignore[arg-type]
        told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], told, bool(reached)

    return make


async def test_a_named_origin_may_read_answers_and_refusals_alike(call: Any) -> None:
    status, headers, reached = await call(origin=APP)

    assert (status, reached) == (401, True)
    assert headers["access-control-allow-origin"] == APP
    assert headers["vary"] == "Cookie, Origin"
    assert "RateLimit" in headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://app.example.evil.example",
        "https://app.example:444",
        "http://app.example",
        "null",
    ],
)
async def test_any_other_origin_is_told_nothing(call: Any, origin: str) -> None:
    _status, headers, reached = await call(origin=origin)

    assert reached
    assert not [name for name in headers if name.startswith("access-control")]
    assert headers["vary"] == "Cookie, Origin"


async def test_an_answer_to_nobody_in_particular_is_not_kept_for_others(call: Any) -> None:
    assert (await call())[1]["vary"] == "Cookie, Origin"


async def test_a_preflight_is_answered_before_anybody_is_asked_who_they_are(call: Any) -> None:
    asked = {"access_control_request_method": "POST", "access_control_request_headers": "authorization"}
    status, headers, reached = await call(method="OPTIONS", origin=APP, **asked)

    assert (status, reached) == (204, False)
    assert headers["access-control-allow-origin"] == APP
    assert "POST" in headers["access-control-allow-methods"]
    assert "Authorization" in headers["access-control-allow-headers"]
    assert headers["vary"].startswith("Origin")


async def test_a_preflight_of_another_origin_gets_what_everybody_gets(call: Any) -> None:
    asked = {"access_control_request_method": "POST"}
    status, headers, reached = await call(method="OPTIONS", origin="https://evil.example", **asked)

    assert (status, reached) == (401, True)
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/admin/", "/.well-known/other", "/apix", "/humanlayer/v1/x"]
)
async def test_only_the_api_and_the_public_keys_are_shared(call: Any, path: str) -> None:
    assert "access-control-allow-origin" not in (await call(path, origin=APP))[1]
    assert "access-control-allow-origin" in (await call("/.well-known/jwks.json", origin=APP))[1]


async def test_without_a_named_origin_it_is_closed(call: Any, settings: LazySettings) -> None:
    settings.CORS_ORIGINS = frozenset()
    _status, headers, _reached = await call(origin=APP)

    assert headers == {"vary": "Cookie", "content-type": "application/json"}


@pytest.mark.parametrize(
    "origin, sockets, session",
    [
        (None, True, True),
        ("http://127.0.0.1:8000", True, True),
        (APP, True, False),
        ("https://evil.example", False, False),
        ("null", False, False),
    ],
)
def test_a_socket_is_for_programs_own_pages_and_named_origins(
    settings: LazySettings, origin: str | None, sockets: bool, session: bool
) -> None:
    settings.CORS_ORIGINS = frozenset({APP})
    headers = [(b"host", b"127.0.0.1:8000")] + ([(b"origin", origin.encode())] if origin else [])

    assert may_call({"headers": headers}) is sockets
    assert is_own_origin({"headers": headers}) is session
