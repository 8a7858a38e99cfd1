"""The application behind a real socket in this process, for clients that know nothing of Django."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest
import uvicorn
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from accounts.models import Membership, Organization
from accounts.queries import system_of
from guardians.actions import create_gate, post_guardian
from guardians.models import Gate

ANSWER_SECONDS = 40


@pytest.fixture(scope="module")
def address(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """`http://127.0.0.1:…`, as long as the tests of one file run. Between two of them it needs the database, too."""
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listening,
        override_settings(WORKER=False),
        django_db_blocker.unblock(),
    ):
        server = uvicorn.Server(uvicorn.Config("chameleon.asgi:application", log_config=None, ws="websockets-sansio"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="server")
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def gate(organization: Organization) -> Gate:
    """`agent-action`: reading passes, one tool is never called, the rest asks."""
    system = system_of(organization.pk)
    gate = create_gate("agent-action", actor=system, name="Agent action", on_block="ask", requester_may_approve=False)
    rules = {
        "never": ("!(unit.attributes.fn == 'drop_database')", "'No agent drops a database.'", "reject"),
        "read-only": ("unit.attributes.fn.startsWith('get_')", "unit.attributes.fn + ' may do more than read.'", ""),
    }
    for name, (expression, message, on_block) in rules.items():
        config = {"expression": expression, "message": message}
        post_guardian(gate.pk, name, type="EXPRESSION", config=config, actor=system, on_block=on_block)
    return gate


@pytest.fixture
def agent_key(transactional_db: None, gate: Gate, sys: Membership, key_of: Callable[..., str]) -> str:
    return key_of(sys, "submit", "read", "decide")


@pytest.fixture
def connect(address: str, transactional_db: None) -> Iterator[Callable[..., httpx.Client]]:
    """A program of its own for each key: `connect(key)`."""
    opened: list[httpx.Client] = []

    def make(key: str | None, base: str = "/humanlayer/v1") -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        opened.append(httpx.Client(base_url=f"{address}{base}", headers=headers, timeout=ANSWER_SECONDS))
        return opened[-1]

    yield make
    for client in opened:
        client.close()
