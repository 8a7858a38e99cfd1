"""When the page that says so cannot be made either: the caller is answered, and what it held is given back."""

import asyncio
from collections.abc import Callable
from pathlib import Path

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
    call = ApplicationCommunicator(ASGIHandler(), scope)
    await call.send_input({"type": "http.request", "body": b""})
    start = await call.receive_output(10)
    await call.receive_output(10)
    await call.wait(10)
    return int(start["status"])


@pytest.mark.usefixtures("transactional_db", "_without_files")
def test_a_failure_without_a_page_gives_its_connection_back(
    client_of: Callable[[Membership], Client], ada: Membership
) -> None:
    session = client_of(ada).session.session_key
    connection.close()
    for _call in range(3):
        assert asyncio.run(status_of("/", session)) == 500

    pool = connection.pool.get_stats()
    assert pool["pool_available"] == pool["pool_size"]


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
