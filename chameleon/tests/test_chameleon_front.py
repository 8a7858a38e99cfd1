"""What stands in front of Django, and what every page carries."""

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest
from django.test import Client

from accounts.models import Membership
from chameleon import docs, health
from chameleon.environment import database, listed, secret_key
from chameleon.errors import CannotStart
from chameleon.limits import LARGEST_BODY, limited
from chameleon.logs import WithoutSecrets
from chameleon.wire import Receive, Scope, Send, respond


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the whole body, and says how long it was."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    await respond(send, 200, str(size).encode(), "text/plain")


async def ask(*chunks: bytes, length: int | None = None) -> tuple[int, bytes]:
    headers = [(b"content-length", str(length).encode())] if length is not None else []
    sent: list[dict[str, Any]] = []
    body = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages = iter([*body, {"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await limited(echo)({"type": "http", "headers": headers}, receive, send)
    return sent[0]["status"], sent[1]["body"]


async def test_a_body_up_to_the_limit_passes() -> None:
    assert await ask(b"x" * LARGEST_BODY, length=LARGEST_BODY) == (200, str(LARGEST_BODY).encode())


async def test_a_body_that_announces_too_much_is_not_read() -> None:
    status, body = await ask(length=LARGEST_BODY + 1)
    assert status == 413
    assert b"1 MiB" in body


async def test_a_stream_is_cut_off_where_it_exceeds() -> None:
    status, _body = await ask(*[b"x" * 65536] * 17)
    assert status == 413


@pytest.fixture
async def _fresh_health() -> AsyncIterator[None]:
    health._applied = False
    yield
    health._applied = False


@pytest.mark.usefixtures("_fresh_health", "transactional_db")
async def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "HEARTBEAT", "0 seconds")  # a server of another test may be working on this database
    report = await health.report()
    assert report["checks"]["database"]["ok"]
    assert report["checks"]["migrations"]["ok"]
    assert report["checks"]["worker"]["reason"] == "no worker has given a sign of life"
    assert report["status"] == "not ready"


@pytest.mark.usefixtures("_fresh_health", "transactional_db")
async def test_a_database_that_is_gone_is_told_by_its_kind_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(**_options: object) -> None:
        raise psycopg.OperationalError("no route to db.example for ada:swordfish")

    monkeypatch.setattr(health, "connect", gone)
    report = await health.report()
    assert report["checks"]["database"]["reason"] == "OperationalError"
    assert "swordfish" not in str(report)


def test_a_page_may_load_nothing_but_our_own_files(client: Client, db: None) -> None:
    answer = client.get("/accounts/login/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert b"<style" not in answer.content
    assert b" style=" not in answer.content


def test_nobody_signs_up_alone(client: Client, db: None) -> None:
    assert b"<form" not in client.get("/accounts/signup/").content


def test_a_page_of_somebodys_work_is_not_kept(client_of: Callable[[Membership], Client], ada: Membership) -> None:
    assert client_of(ada).get("/api/interventions").headers["Cache-Control"] == "no-store"


def test_the_api_is_told_on_one_page_and_in_one_schema(
    client_of: Callable[[Membership], Client], ada: Membership
) -> None:
    docs._operations.cache_clear()
    page = client_of(ada).get("/api/docs")
    assert page.status_code == 200
    told = page.content.decode().replace("<wbr>", "")
    assert "POST /api/units" in told
    schema = client_of(ada).get("/api/schema").json()
    assert schema["openapi"].startswith("3.")
    assert all(path in told for path in schema["paths"])


@pytest.mark.parametrize(
    "said",
    [
        "Authorization: Bearer chm_abc_secret",
        "postgresql://ada:secret@db/chameleon",
        '{"password": "secret"}',
        "token=secret&x=1",
        "api_key: secret",
    ],
)
def test_secrets_do_not_reach_the_log(said: str) -> None:
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "It said %s", (said,), None)
    assert WithoutSecrets().filter(record)
    assert "secret" not in record.getMessage()
    assert record.getMessage().startswith("It said ")


def test_a_secret_in_a_traceback_does_not_reach_the_log() -> None:
    try:
        raise ValueError("password=swordfish")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "no", (), (ValueError, error, error.__traceback__))
    WithoutSecrets().filter(record)
    assert record.exc_text
    assert "ValueError" in record.exc_text
    assert "swordfish" not in record.exc_text


def test_an_address_of_a_database_is_read_as_libpq_reads_it() -> None:
    found = database("postgresql://ada%40x:s%2Fp@db.example:5433/work?sslmode=require")
    assert found["USER"], found["PASSWORD"] == ("ada@x", "s/p")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example", "5433", "work")
    assert found["OPTIONS"] == {"sslmode": "require"}
    assert database("postgresql:///work?host=/run/pg&user=ada")["HOST"] == "/run/pg"


def test_a_database_of_another_kind_is_refused() -> None:
    with pytest.raises(CannotStart, match="postgresql://"):
        database("sqlite:///db.sqlite3")


def test_a_secret_key_is_made_once_and_is_ours_alone(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    key = secret_key(tmp_path)
    assert len(key) > 50
    assert secret_key(tmp_path) == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_list_of_hosts_may_have_spaces_and_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAMELEON_HOSTS", "one.example, two.example,,")
    assert listed("CHAMELEON_HOSTS") == ["one.example", "two.example"]
