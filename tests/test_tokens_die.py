"""Whatever a program signed in with is dead within a second of its end: at the next call, and on an open socket."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn
from django.test import override_settings
from django.utils import timezone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from accounts import actions
from accounts.models import ApiKey, TokenFamily
from accounts.queries import default_platform_of, membership_of_key
from live.connections import Connection

A_SECOND = 1.0
UNIT = {"gate": "none", "external_id": "1", "title": "x", "attributes": {}}


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    from chameleon.asgi import application

    with closing(socket.create_server(("127.0.0.1", 0))) as listening, override_settings(WORKER=False):
        server = uvicorn.Server(uvicorn.Config(application, log_config=None, ws="websockets-sansio"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="server")
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def wire(address: str, transactional_db: None) -> Iterator["Wire"]:
    with ExitStack() as opened:
        yield Wire(address, opened)


class Wire:
    """REST and a socket with the same key or token."""

    def __init__(self, address: str, opened: ExitStack) -> None:
        self._address, self._opened = address, opened

    def call(self, text: str, path: str = "units/00000000-0000-7000-8000-000000000000") -> httpx.Response:
        return httpx.get(f"http://{self._address}/api/{path}", headers={"Authorization": f"Bearer {text}"}, timeout=10)

    def dial(self, text: str | None, **options: Any) -> ClientConnection:
        headers = {"Authorization": f"Bearer {text}"} if text else {}
        return self._opened.enter_context(
            connect(f"ws://{self._address}/ws/interventions", additional_headers=headers, **options)
        )


def code_of(connection: ClientConnection) -> int:
    """Read until it is closed."""
    with suppress(ConnectionClosed):
        while True:
            connection.recv(timeout=10)
    return connection.protocol.close_code or 0


def ways(max: Any, sys: Any) -> dict[str, tuple[str, Callable[[], object], int]]:
    """What one signs in with, what ends it, and the code its socket is closed with."""
    platform = default_platform_of(sys.organization_id)
    key, text = actions.create_key(sys, name="CI", scopes=["read"], actor=max, platform=platform)
    rotated, old = actions.create_key(sys, name="CI", scopes=["read"], actor=max, platform=platform)
    token = actions.issue_tokens(actor=sys)
    of_key = actions.issue_tokens(actor=membership_of_key(text))
    return {
        "key revoked": (text, lambda: actions.revoke_key(key.pk, actor=max), 4401),
        "key rotated": (old, lambda: actions.rotate_key(rotated.pk, overlap=timedelta(), actor=max), 4401),
        "token revoked": (token.access, lambda: actions.revoke_tokens(token.family.pk, actor=sys), 4401),
        "key of a token revoked": (of_key.access, lambda: actions.revoke_key(key.pk, actor=max), 4401),
        "password changed": (
            token.access,
            lambda: actions.set_password(sys.pilot, "correct horse battery", actor=max),
            4401,
        ),
        "membership ended": (token.access, lambda: actions.end_membership(sys, actor=max), 4403),
    }


WAYS = [
    "key revoked",
    "key rotated",
    "token revoked",
    "key of a token revoked",
    "password changed",
    "membership ended",
]


@pytest.mark.parametrize("way", WAYS)
def test_it_is_dead_within_a_second_over_rest_and_on_a_socket(wire, max, sys, way):
    text, end, code = ways(max, sys)[way]
    assert wire.call(text).status_code == 404  # let in: there is no such unit
    listening = wire.dial(text)
    listening.send('{"type": "subscribe"}')
    listening.recv(timeout=10)

    began = time.monotonic()
    end()
    while wire.call(text).status_code != 401:
        assert time.monotonic() - began < A_SECOND
        time.sleep(0.01)
    assert code_of(listening) == code
    assert time.monotonic() - began < A_SECOND * 1.5  # with the last call and the close itself


def test_a_role_taken_away_is_felt_by_tokens_and_sockets_at_once(wire, max, ada):
    token = actions.issue_tokens(actor=ada)
    assert wire.call(token.access).status_code == 404
    began = time.monotonic()
    actions.grant_role(ada.pilot, "Viewer", actor=max)
    post = {"headers": {"Authorization": f"Bearer {token.access}"}, "json": UNIT, "timeout": 10}
    while httpx.post(f"http://{wire._address}/api/units", **post).status_code != 403:
        assert time.monotonic() - began < A_SECOND
        time.sleep(0.01)


def test_a_replayed_refresh_token_closes_the_sockets_of_its_family(wire, ada):
    token = actions.issue_tokens(actor=ada)
    actions.refresh_tokens(token.refresh, actor=ada)
    token.family.refresh_tokens.exclude(used_at=None).update(used_at=timezone.now() - timedelta(minutes=1))
    listening = wire.dial(token.access)
    listening.recv(timeout=10)  # let in
    assert actions.refresh_tokens(token.refresh, actor=ada) is None

    assert code_of(listening) == 4401
    assert TokenFamily.objects.get().ended_at is not None


def test_a_token_is_taken_as_the_first_frame_as_well(wire, ada):
    listening = wire.dial(None)
    listening.send(json.dumps({"type": "auth", "token": actions.issue_tokens(actor=ada).access}))

    assert '"hello"' in listening.recv(timeout=10)


def test_a_key_is_refused_from_another_address_in_the_fast_lane_and_on_sockets(wire, max, sys):
    platform = default_platform_of(sys.organization_id)
    about = {"name": "CI", "scopes": ["read"], "actor": max, "platform": platform}
    _key, text = actions.create_key(sys, networks=["203.0.113.0/24"], **about)
    _key, at_home = actions.create_key(sys, networks=["127.0.0.0/8"], **about)

    for path in ("units/00000000-0000-7000-8000-000000000000", "auth/me"):
        assert wire.call(text, path).status_code == 403
        assert "127.0.0.1" in wire.call(text, path).json()["detail"]
        assert wire.call(at_home, path).status_code in (200, 404)
    listening = wire.dial(text)
    assert "127.0.0.1" in listening.recv(timeout=10)
    assert code_of(listening) == 4403
    assert ApiKey.objects.exclude(refused_at=None).count() == 1


def test_a_page_of_another_site_opens_no_socket_whatever_token_it_has(wire, ada):
    listening = wire.dial(None, origin="https://evil.example")

    assert code_of(listening) == 4403


def test_every_answer_of_the_api_tells_its_limits(wire, sys, key_of):
    text = key_of(sys)
    for path in ("units/00000000-0000-7000-8000-000000000000", "auth/me"):
        assert wire.call(text, path).headers["RateLimit-Policy"].endswith(";w=10")
        assert wire.call("nonsense", path).headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_socket_is_asked_again_when_its_token_has_run_out(ada):
    """The hub's own question, without waiting for the minutes to pass."""
    now = datetime.now(UTC)
    for until, over in ((None, False), (now + timedelta(seconds=1), False), (now, True)):
        assert Connection.has_run_out(SimpleNamespace(actor=SimpleNamespace(good_until=until)), now) is over
