"""What every kind of answer carries, asked of the real server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
import uvicorn
from django.test import override_settings
from websockets.sync.client import connect

from chameleon.headers import GUARDS
from interventions.tests.asking import ask

KINDS = {
    "a page": ("GET", "/", 200),
    "a part of a page": ("GET", "/skin", 200),
    "a question": ("GET", "/interventions/{question}", 200),
    "a page of allauth": ("GET", "/accounts/2fa/", 200),
    "sign-in": ("GET", "/accounts/login/", 302),
    "the administration": ("GET", "/admin/", 200),
    "an export": ("GET", "/ledger.csv", 200),
    "a form without its token": ("POST", "/settings/choice", 403),
    "no such page": ("GET", "/nowhere", 404),
    "a method that is not taken": ("GET", "/settings/choice", 405),
    "the API": ("GET", "/api/interventions", 200),
    "the fast lane": ("GET", "/api/interventions/{question}", 200),
    "a problem of the API": ("GET", "/api/nowhere", 404),
    "its documents": ("GET", "/api/docs", 200),
    "a dialect": ("GET", "/humanlayer/v1/function_calls/x", 401),
    "a style sheet": ("GET", "/static/css/base.css", 200),
    "a file that is not there": ("GET", "/static/css/nothing.css", 404),
    "the worker": ("GET", "/sw.js", 200),
    "the keys": ("GET", "/.well-known/jwks.json", 200),
    "health": ("GET", "/healthz", 200),
    "figures": ("GET", "/metrics", 200),
}
TELLING = {"server", "x-powered-by", "via", "x-runtime"}


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    """Of a server set up as the product is, without its timers."""
    from chameleon.serving import configured

    with closing(socket.create_server(("127.0.0.1", 0))) as listening, override_settings(WORKER=False):
        config = configured(grace_seconds=1)
        config.lifespan = "off"
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="server")
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def asked(address: str, transactional_db: None, max: Any, sys: Any, client_of: Any) -> Any:
    question = ask(sys).pk
    cookies = {"sessionid": client_of(max).session.session_key}

    def call(method: str, path: str, **headers: str) -> httpx.Response:
        url = f"http://{address}{path.format(question=question)}"
        return httpx.request(method, url, cookies=cookies, headers=headers, timeout=20)

    return call


def test_every_kind_of_answer_carries_every_guard_and_says_nothing_of_the_server(asked):
    for kind, (method, path, status) in KINDS.items():
        answer = asked(method, path)

        assert answer.status_code == status, kind
        assert {name: answer.headers.get(name) for name in GUARDS} == GUARDS, kind
        assert not TELLING & set(answer.headers), kind
        assert all(len(answer.headers.get_list(name)) == 1 for name in GUARDS), kind
        for cookie in answer.headers.get_list("set-cookie"):
            assert "SameSite=Lax" in cookie, (kind, cookie)


def test_a_part_of_a_page_and_a_stranger_s_host_are_guarded_alike(asked):
    for answer in (asked("GET", "/", **{"HX-Request": "true"}), asked("GET", "/", Host="evil.example")):
        assert {name: answer.headers.get(name) for name in GUARDS} == GUARDS
    assert answer.status_code == 400


def test_what_somebody_works_on_is_kept_in_no_cache(asked):
    for path in ("/", "/interventions/{question}", "/ledger", "/api/interventions", "/api/interventions/{question}"):
        assert "no-store" in asked("GET", path).headers["Cache-Control"], path


def test_the_answer_to_a_handshake_names_no_server_and_sets_no_cookie(address, transactional_db):
    with connect(f"ws://{address}/ws/live") as opened:
        told = {name.lower() for name, _value in opened.response.headers.raw_items()}

    assert told == {"upgrade", "connection", "sec-websocket-accept"}


def test_a_request_that_is_none_is_refused_without_a_word_about_the_server(address):
    host, _colon, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(b"NONSENSE\r\n\r\n")
        told = line.recv(65536).decode().lower()

    assert told.startswith("http/1.1 400")
    assert "server:" not in told
    assert "uvicorn" not in told


@pytest.mark.parametrize("origin, https, code", [("http", True, 4403), ("https", True, 4401), ("http", False, 4401)])
def test_over_https_a_page_that_came_without_opens_no_socket(address, transactional_db, settings, origin, https, code):
    settings.HTTPS = https
    with connect(f"ws://{address}/ws/live", origin=f"{origin}://{address}") as opened:
        with pytest.raises(Exception, match=str(code)):
            opened.recv(timeout=10)
