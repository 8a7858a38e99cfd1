"""What every answer carries: real answers, of the whole application as it is served."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from channels.testing import HttpCommunicator
from django.test import Client

from accounts.models import Membership
from chameleon.asgi import application
from chameleon.headers import GUARDS, guarded
from chameleon.wire import Receive, Scope, Send, respond

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/profile", 200),
        ("/accounts/2fa/", 200),
        ("/admin/", 200),
        ("/api/interventions", 200),
        ("/api/nowhere", 404),
        ("/nowhere", 404),
        ("/static/css/base.css", 200),
        ("/static/js/proof.js", 200),
        ("/sw.js", 200),
        ("/manifest.webmanifest", 200),
    ],
)
def test_every_answer_of_django_carries_the_guards(
    client_of: Callable[..., Client], max: Membership, path: str, status: int
) -> None:
    answer = client_of(max).get(path)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in GUARDS} == GUARDS


def test_a_refused_form_and_a_sign_in_carry_them_too(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    for answer in (strict.post("/accounts/login/", {}), client.get("/accounts/login/"), client.get("/")):
        assert {name: answer.headers.get(name) for name in GUARDS} == GUARDS


def test_nothing_in_line_is_allowed_and_nobody_may_frame_us() -> None:
    policy = GUARDS["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "publickey-credentials-get=(self)" in GUARDS["Permissions-Policy"]
    assert "camera=()" in GUARDS["Permissions-Policy"]


async def headers_of(app: Any, path: str = "/healthz") -> dict[str, str]:
    answer = await HttpCommunicator(app, "GET", path).get_response()
    return {name.decode().lower(): value.decode() for name, value in answer["headers"]}


async def test_what_is_answered_before_django_carries_them() -> None:
    found = await headers_of(application)

    assert {name: found.get(name.lower()) for name in GUARDS} == GUARDS


async def test_over_https_browsers_are_told_to_stay_there(settings: Any) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, b"ok", "text/plain")

    assert "strict-transport-security" not in await headers_of(guarded(app))
    settings.SECURE_HSTS_SECONDS = 3600
    assert (await headers_of(guarded(app)))["strict-transport-security"] == "max-age=3600"


async def test_what_an_answer_says_itself_is_not_said_twice() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"Referrer-Policy", b"no-referrer")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    assert (await headers_of(guarded(app)))["referrer-policy"] == "no-referrer"


async def test_a_socket_at_no_address_is_refused_before_it_is_open() -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/ws/nowhere", "headers": [], "query_string": b"", "subprotocols": []}
    await application(scope, receive, send)

    assert sent == [{"type": "websocket.close", "code": 4404}]


SAID = """
import django, json
django.setup()
from django.conf import settings
from django.test import Client, override_settings
plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
override_settings(STORAGES=settings.STORAGES | plain).enable()
page = Client().get("/accounts/login/", secure=True, headers={"host": "chameleon.example"})
print(json.dumps({
    "status": page.status_code,
    "hsts": page.headers.get("Strict-Transport-Security"),
    "plain": Client().get("/", headers={"host": "chameleon.example"}).headers.get("Location"),
    "csrf": {name: page.cookies["csrftoken"][name] for name in ("secure", "httponly", "samesite")},
    "session": [settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY, settings.SESSION_COOKIE_SAMESITE],
}))
"""


def in_production(*command: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "CHAMELEON"))}
    production = {
        "SECRET_KEY": "not-so-secret-but-long-enough-" * 3,
        "CHAMELEON_HTTPS": "1",
        "CHAMELEON_URL": "https://chameleon.example",
        "CHAMELEON_HOSTS": "chameleon.example",
        "DJANGO_SETTINGS_MODULE": "chameleon.settings",
    }
    return subprocess.run(
        [sys.executable, *command], env=clean | production, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_deployment_check_finds_nothing_in_production_settings() -> None:
    done = in_production("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert done.returncode == 0, done.stderr


def test_in_production_cookies_are_strict_and_plain_http_is_left() -> None:
    done = in_production("-c", SAID)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)

    assert said["status"] == 200
    assert said["hsts"] == "max-age=31536000"
    assert said["plain"] == "https://chameleon.example/"
    assert said["csrf"] == {"secure": True, "httponly": True, "samesite": "Lax"}
    assert said["session"] == [True, True, "Lax"]


def test_the_session_cookie_is_kept_from_scripts_and_from_other_sites(
    client_of: Callable[..., Client], ada: Any
) -> None:
    ada.pilot.set_password("correct horse battery")
    ada.pilot.save()
    answer = client_of(None).post("/accounts/login/", {"login": "ada", "password": "correct horse battery"})
    cookie = answer.cookies["sessionid"]

    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
