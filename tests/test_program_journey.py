"""A program's whole day, against the real application behind a real socket: ask, wait, be told."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import datetime
from typing import Any

import httpx
import pytest
import uvicorn
from django.db import connection
from django.test import override_settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from accounts import actions as accounts
from accounts.models import Membership
from interventions.models import Intervention


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    """`127.0.0.1:…`, as long as the tests of this file run."""
    from chameleon.asgi import application

    with closing(socket.create_server(("127.0.0.1", 0))) as listening, override_settings(WORKER=False):
        server = uvicorn.Server(uvicorn.Config(application, log_config=None, ws="websockets-sansio"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="server")
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def program(address: str, transactional_db: None, key_of: Callable[..., str]) -> Iterator[Callable[..., httpx.Client]]:
    """A client for a member and the scopes of its key."""
    with ExitStack() as opened:

        def make(membership: Membership, *scopes: str) -> httpx.Client:
            headers = {"Authorization": f"Bearer {key_of(membership, *scopes)}"}
            return opened.enter_context(httpx.Client(base_url=f"http://{address}/api", headers=headers, timeout=30))

        yield make


@pytest.fixture
def listening(address: str, transactional_db: None, key_of: Callable[..., str]) -> Iterator[Callable[..., Any]]:
    """A subscribed socket for a member and the scopes of its key."""
    with ExitStack() as opened:

        def make(membership: Membership, *scopes: str) -> ClientConnection:
            headers = {"Authorization": f"Bearer {key_of(membership, *scopes)}"}
            connection = opened.enter_context(connect(f"ws://{address}/ws/interventions", additional_headers=headers))
            tell(connection, type="subscribe")
            heard(connection, "subscribed")
            return connection

        yield make


def tell(connection: ClientConnection, **frame: Any) -> None:
    connection.send(json.dumps(frame))


def heard(connection: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of this type."""
    while (frame := json.loads(connection.recv(timeout=5)))["type"] != kind:
        pass
    return frame


def heard_both(connection: ClientConnection, *kinds: str) -> list[dict[str, Any]]:
    """The next frame of each type: they come from different topics, in any order."""
    found: dict[str, dict[str, Any]] = {}
    while set(kinds) - set(found):
        frame = json.loads(connection.recv(timeout=5))
        found.setdefault(frame["type"], frame)
    return [found[kind] for kind in kinds]


def once_it_waits(asked: str, but: datetime | None = None) -> datetime:
    """Until when its caller waits, once the server has taken it in; another than `but`."""
    over = time.monotonic() + 10
    while (until := Intervention.objects.get(pk=asked).caller_waits_until) in {None, but}:
        assert time.monotonic() < over, "nobody waits"
        time.sleep(0.02)
    return until


def test_a_program_asks_a_pilots_program_hears_and_decides_and_the_first_is_told(program, listening, ada, sys):
    machine, pilot = program(sys, "submit"), program(ada)
    desk, own = listening(ada), listening(sys, "submit")

    asked = machine.post(
        "/interventions", json={"kind": "approval", "title": "Deploy 4.18.2", "priority": "high"}
    ).json()
    with ThreadPoolExecutor(1) as waiting:
        held = waiting.submit(machine.get, f"/interventions/{asked['id']}", params={"wait": 25})
        new = heard(desk, "new_request")
        assert (new["request_id"], new["title"], new["priority"]) == (asked["id"], "Deploy 4.18.2", "high")
        tell(desk, type="get_pending", limit=5, id=7)
        pending = heard(desk, "get_pending")
        assert (pending["id"], [row["id"] for row in pending["results"]]) == (7, [asked["id"]])

        pilot.post(f"/interventions/{asked['id']}/claim").raise_for_status()
        assert heard(desk, "status_changed")["status"] == "in_progress"
        pilot.post(f"/interventions/{asked['id']}/approve", json={"reason": "Green."}).raise_for_status()
        told = held.result(timeout=10).json()

    assert (told["status"], told["decision"]["by"], told["decision"]["reason"]) == ("approved", "Ada Nyström", "Green.")
    for listener in (desk, own):
        completed = heard(listener, "action_completed")
        assert (completed["request_id"], completed["decision"]) == (asked["id"], told["decision"])


def test_a_program_reads_one_question_and_the_figures_over_its_socket(program, listening, ada, sys):
    asked = program(sys).post("/interventions", json={"kind": "approval", "title": "x"}).json()
    desk = listening(ada)

    tell(desk, type="request_detail", request_id=asked["id"])
    assert heard(desk, "request_detail")["request"]["title"] == "x"
    tell(desk, type="get_metrics")
    assert heard(desk, "get_metrics")["metrics"]["open"] == 1
    tell(desk, type="request_detail", request_id="nonsense")
    assert heard(desk, "error")["code"] == "bad_input"


def test_a_stop_and_its_lifting_reach_every_socket_and_every_call_that_waits(program, listening, ada, cy, max, sys):
    machine, admin = program(sys, "submit"), program(max, "admin")
    sockets, stranger = [listening(ada), listening(sys, "submit")], listening(cy)
    asked = machine.post("/interventions", json={"kind": "approval", "title": "Deploy 4.18.2"}).json()["id"]

    with ThreadPoolExecutor(1) as waiting:
        held = waiting.submit(machine.get, f"/interventions/{asked}", params={"wait": 25})
        first = once_it_waits(asked)
        body = {"scope": {"organization": True}, "reason": "Agent loops."}
        stop = admin.post("/kill-switch", json=body).raise_for_status().json()["id"]
        told = held.result(timeout=10).json()
        assert (told["status"], told["stopped"]["stop"], told["stopped"]["reason"]) == ("pending", stop, "Agent loops.")
        for each in sockets:
            frame, changed = heard_both(each, "kill_switch", "status_changed")
            assert (frame["stop"], frame["on"], frame["reason"]) == (stop, True, "Agent loops.")
            assert (changed["request_id"], changed["status"]) == (asked, "pending")

        held = waiting.submit(machine.get, f"/interventions/{asked}", params={"wait": 25})
        once_it_waits(asked, but=first)
        admin.post("/kill-switch/rearm", json={"id": stop, "reason": "Mended."}).raise_for_status()
        told = held.result(timeout=10).json()
        assert (told["status"], told["stopped"]) == ("pending", None)
        for each in sockets:
            frame = heard(each, "kill_switch")
            assert (frame["stop"], frame["on"], frame["reason"]) == (stop, False, "Mended.")

    tell(stranger, type="ping")
    assert json.loads(stranger.recv(timeout=5))["type"] == "pong"


def test_prometheus_counts_the_stops_in_force(program, address, max, cy):
    def gauge():
        lines = httpx.get(f"http://{address}/metrics").text.splitlines()
        assert "# TYPE chameleon_stops_in_force gauge" in lines
        return next(line for line in lines if line.startswith("chameleon_stops_in_force "))

    def becomes(wanted):
        over = time.monotonic() + 10  # what is counted is kept for a second
        while gauge() != f"chameleon_stops_in_force {wanted}":
            assert time.monotonic() < over
            time.sleep(0.1)

    becomes(0)
    body = {"scope": {"organization": True}, "reason": "Agent loops."}
    stops = [(admin := program(each, "admin"), admin.post("/kill-switch", json=body).json()) for each in (max, cy)]
    becomes(2)
    for admin, stop in stops:
        admin.post("/kill-switch/rearm", json={"id": stop["id"], "reason": "Mended."}).raise_for_status()
    becomes(0)


def test_a_socket_that_was_away_is_told_of_the_stop_it_missed(program, listening, address, key_of, max, sys):
    own = listening(sys, "submit")
    tell(own, type="ping")
    cursor = heard(own, "pong")["now"]
    own.close()
    stop = (
        program(max, "admin").post("/kill-switch", json={"scope": {"organization": True}, "reason": "x"}).json()["id"]
    )

    headers = {"Authorization": f"Bearer {key_of(sys, 'submit')}"}
    with connect(f"ws://{address}/ws/interventions", additional_headers=headers) as again:
        tell(again, type="subscribe", since=cursor)
        frame = heard(again, "kill_switch")
    assert (frame["stop"], frame["on"]) == (stop, True)


def test_the_other_organization_hears_nothing(program, listening, ada, cy, sys):
    stranger, desk = listening(cy), listening(ada)
    program(sys).post("/interventions", json={"kind": "approval", "title": "x"}).raise_for_status()
    heard(desk, "new_request")

    tell(stranger, type="ping")
    assert json.loads(stranger.recv(timeout=5))["type"] == "pong"


def test_a_program_hears_of_its_platforms_alone_and_from_the_moment_that_changes(program, listening, ada, max, sys):
    accounts.create_platform("lab", "Laboratory", actor=max)
    api = sys.organization.platforms.get(slug="api")
    accounts.set_roles(ada, "Limited", {"lab": "Operator"}, actor=max)
    machine, desk, pilot = program(sys, "submit"), listening(ada), program(ada)
    ask = {"kind": "approval", "title": "Deploy 4.18.2"}

    hidden = machine.post("/interventions", json=ask).json()["id"]
    assert pilot.get(f"/interventions/{hidden}").status_code == 404
    tell(desk, type="get_pending", limit=5)
    assert heard(desk, "get_pending")["results"] == []
    accounts.grant_on_platform(ada, api, "Viewer", actor=max)
    heard(desk, "reload")
    shown = machine.post("/interventions", json=ask).json()["id"]
    assert heard(desk, "new_request")["request_id"] == shown
    assert pilot.post(f"/interventions/{shown}/approve").status_code == 403
    accounts.set_roles(ada, "Limited", {}, actor=max)
    with pytest.raises(ConnectionClosed) as closed:
        heard(desk, "nothing more")
    assert closed.value.rcvd.code == 4403


def test_programs_are_let_in_again_after_the_database_was_restarted(listening, ada):
    listening(ada)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    tell(desk := listening(ada), type="get_pending")
    assert heard(desk, "get_pending")["results"] == []


def test_two_programs_decide_at_the_same_moment_and_one_wins(program, ada, bo, sys):
    machine, clients = program(sys), [program(ada), program(bo)]
    for _ in range(5):
        asked = machine.post("/interventions", json={"kind": "approval", "title": "x"}).json()["id"]
        with ThreadPoolExecutor(2) as deciding:
            acts = zip(clients, ("approve", "reject"), strict=True)
            answers = [deciding.submit(client.post, f"/interventions/{asked}/{act}") for client, act in acts]
            codes = sorted(answer.result().status_code for answer in answers)
        assert codes == [200, 409]
        lost = next(answer.result() for answer in answers if answer.result().status_code == 409)
        assert lost.json()["decision"] == machine.get(f"/interventions/{asked}").json()["decision"]


@pytest.mark.parametrize("path", ["/interventions", "/interventions/", "/interventions?limit=0", "/nothing", "/audit"])
def test_no_address_ever_answers_in_html(address, transactional_db, path):
    answer = httpx.get(f"http://{address}/api{path}", headers={"Accept": "text/html"})

    assert answer.status_code in {401, 404, 406}
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code


def test_a_body_without_a_length_is_cut_off_all_the_same(program, sys):
    def endless() -> Iterator[bytes]:
        yield b'{"kind": "approval", "title": "'
        for _ in range(64):
            yield b"x" * 65_536

    answer = program(sys).post("/interventions", content=endless(), headers={"Content-Type": "application/json"})

    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
