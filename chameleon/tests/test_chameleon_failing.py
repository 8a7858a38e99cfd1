"""When the page that says so cannot be made either: the caller is answered, and what it held is given back."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import LazySettings
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from django.test import Client

from accounts.models import Membership


@pytest.fixture
def _without_files(settings: LazySettings, tmp_path: Path) -> None:
    """As after a deployment without its static files: no page can name its style sheet, the one for failures least."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }


CALLING = ContextVar("CALLING", default=False)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> set[Any]:
    """The connections that the calls of this test took from the pool and have not given back.

    Not the pool's own figures: threads of other tests take from it as well.
    """
    out, pool = set(), connection.pool
    take, give_back = pool.getconn, pool.putconn

    def taking(*args: Any, **options: Any) -> Any:
        taken = take(*args, **options)
        if CALLING.get():  # goes with a call into its threads
            out.add(taken)
        return taken

    def giving_back(given: Any) -> None:
        out.discard(given)
        give_back(given)

    monkeypatch.setattr(pool, "getconn", taking)
    monkeypatch.setattr(pool, "putconn", giving_back)
    return out


async def called(*call: Any) -> None:
    CALLING.set(True)  # here: a communicator calls in a context of its own
    await ASGIHandler()(*call)


async def status_of(path: str, session: str) -> int:
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"cookie", f"sessionid={session}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    call = ApplicationCommunicator(called, scope)
    await call.send_input({"type": "http.request", "body": b""})
    start = await call.receive_output(10)
    await call.receive_output(10)
    await call.wait(10)
    return int(start["status"])


@pytest.mark.usefixtures("transactional_db", "_without_files")
def test_a_failure_without_a_page_gives_its_connection_back(
    client_of: Callable[[Membership], Client], ada: Membership, held: set[Any]
) -> None:
    session = client_of(ada).session.session_key
    for _call in range(3):
        assert asyncio.run(status_of("/", session)) == 500

    assert held == set()


@pytest.mark.usefixtures("_without_files")
def test_a_failure_without_a_page_is_told_in_plain_words(
    client_of: Callable[[Membership], Client], ada: Membership, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(ada)
    client.raise_request_exception = False
    answer = client.get("/")

    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/plain; charset=utf-8")
    assert "has been logged" in answer.content.decode()
    assert "Missing staticfiles manifest entry" in caplog.text
