"""`bin/up`, without its installing: from an empty folder to a server, through every way of ending, and back."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.launching import OURS, PROJECT, QUESTION, Launch, ask, free_port


@pytest.fixture(scope="module")
def lasting(set_up: Path, open_folder: Callable[[], Path]) -> Iterator[Launch]:
    """A server for those who leave it as it is."""
    with copy_of(set_up, open_folder()) as launch:
        yield launch


@pytest.fixture
def server(set_up: Path, data: Path) -> Iterator[Launch]:
    """A server that may be ill-treated."""
    with copy_of(set_up, data) as launch:
        yield launch


@contextmanager
def copy_of(set_up: Path, data: Path) -> Iterator[Launch]:
    subprocess.run(["cp", "-a", f"{set_up}/.", data], check=True)
    launch = Launch(data, free_port())
    yield launch
    launch.end()


def test_the_first_start_shows_how_to_sign_in(lasting: Launch) -> None:
    assert "address       http://127.0.0.1:" in lasting.said
    assert re.search(r"username +admin\n +password +\S+-\S+\n", lasting.said)
    password = re.search(r"password +(\S+)", lasting.said)
    assert password
    with httpx.Client(base_url=lasting.url, follow_redirects=True, timeout=20) as browser:
        browser.get("/accounts/login/")
        form = {"login": "admin", "password": password[1], "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        page = browser.post("/accounts/login/", data=form, headers={"Referer": lasting.url})
        assert (page.status_code, page.url.path) == (200, "/")


def test_every_dependency_is_named_with_its_latency(lasting: Launch) -> None:
    checks = httpx.get(f"{lasting.url}/readyz").json()["checks"]
    assert set(checks) == {"database", "migrations", "worker", "live"}
    assert all(check["ok"] and check["ms"] >= 0 for check in checks.values())
    assert httpx.get(f"{lasting.url}/healthz").text == "ok\n"


def test_prometheus_is_told_of_the_process_and_of_no_organization(lasting: Launch) -> None:
    answer = httpx.get(f"{lasting.url}/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    assert "# TYPE chameleon_live_connections gauge" in lines
    assert "chameleon_live_bus_up 1" in lines
    assert all(re.fullmatch(r"#.*|chameleon_[a-z_]+ \d+", line) for line in lines)


def test_static_files_may_be_kept_for_ever(lasting: Launch) -> None:
    page = httpx.get(f"{lasting.url}/accounts/login/").text
    style = re.search(r'href="(/static/css/base\.\w{12}\.css)"', page)
    assert style, page
    answer = httpx.get(lasting.url + style[1], headers={"Accept-Encoding": "br"})
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "br"
    again = httpx.get(lasting.url + style[1], headers={"If-Modified-Since": answer.headers["Last-Modified"]})
    assert (again.status_code, again.content) == (304, b"")


def test_told_to_stop_it_stops_all_of_it(server: Launch) -> None:
    assert server.end() == 0
    assert not (server.data / "postgres" / "postmaster.pid").exists()
    assert "Traceback" not in server.said


def test_ctrl_c_is_no_error(server: Launch) -> None:
    assert server.end(signal.SIGINT) == 0
    assert not (server.data / "postgres" / "postmaster.pid").exists()
    assert "Traceback" not in server.said


def test_a_caller_who_waits_is_answered_when_it_stops(server: Launch) -> None:
    answers: list[httpx.Response] = []
    question = ask(server)
    waiting = threading.Thread(
        target=lambda: answers.append(server.call("GET", f"/api/interventions/{question}?wait=50"))
    )
    waiting.start()
    time.sleep(1)
    began = time.monotonic()
    assert server.end() == 0
    waiting.join()
    assert time.monotonic() - began < 15
    assert answers[0].status_code in {200, 503}
    assert answers[0].json()


@pytest.mark.parametrize("both", [False, True])
def test_what_was_acknowledged_survives_kill_9(server: Launch, both: bool) -> None:
    question = ask(server)
    postmaster = int((server.data / "postgres" / "postmaster.pid").read_text().split()[0])
    server.end(signal.SIGKILL)
    if both:
        os.kill(postmaster, signal.SIGKILL)
    server.start()
    found = server.call("GET", f"/api/interventions/{question}")
    assert found.json()["title"] == QUESTION["title"]


def test_it_serves_on_when_its_postgres_was_killed(server: Launch) -> None:
    question = ask(server)
    os.kill(int((server.data / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    server.wait_until_it_serves()
    assert server.call("GET", f"/api/interventions/{question}").status_code == 200
    assert ask(server)


def test_manage_py_works_beside_it_and_without_it(server: Launch) -> None:
    command = [sys.executable, PROJECT / "manage.py", "bootstrap", "--json"]
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    for _ in range(2):
        made = subprocess.run(
            command, env=environment | {"CHAMELEON_DATA": str(server.data)}, capture_output=True, text=True, check=True
        )
        assert json.loads(made.stdout)["password"] is None
        server.end()
        assert not (server.data / "postgres" / "postmaster.pid").exists()
