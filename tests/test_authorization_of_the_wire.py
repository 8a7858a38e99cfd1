"""The authorization matrix of the sockets, and of what is answered before Django: asked of the real server.

A topic, a type of frame or a path of the fast lane that no table names fails the test.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, get_args

import httpx
import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from accounts import actions as accounts
from accounts.models import ApiKey, Membership, Pilot, digest_of
from accounts.queries import system_of
from guardians import actions as guardians
from intake.fast import ID
from intake.front import _routes
from interventions.tests.asking import ask, unit_of
from live import frames, topics
from tests.test_tokens_die import address  # noqa: F401 -- the server

CALLERS = {
    "nobody": "has not signed in",
    "vi": "Viewer, by the session",
    "ada": "Operator, by the session",
    "max": "Admin, by the session",
    "cy": "Admin of another organization, by the session",
    "root": "runs the installation, a member nowhere",
    "expired": "a key of the machine that has expired",
    "reader": "a key of the machine, scope read",
    "submitter": "a key of the machine, scope submit",
    "machine": "a key of the machine: submit, read and decide",
    "token": "an access token of the machine",
}

# One letter for each of CALLERS:
#   .  answered    s  sign in first, or the socket is closed with 4401    f  you may not    n  there is no such thing
LISTEN = {  # on /ws/live, which knows no keys
    "interventions.counts:": "s....ssssss",
    "interventions.detail:{question}": "s...fssssss",
    "interventions.presence:{question}": "s...fssssss",
    "interventions.queue:": "s....ssssss",
    "interventions.stops:": "s....ssssss",
    "interventions.told:{max}": "sff.fssssss",
    "work.unit:{unit}": "s...fssssss",
    "interventions.program:": "snnnnssssss",  # topics of programs are none of a page's
    "interventions.kill_switch:": "snnnnssssss",
}
FRAMES = {  # on /ws/interventions
    "auth": "sffffssffff",  # signed in already
    "ping": "s....ss....",
    "subscribe": "s....ss....",
    "unsubscribe": "s....ss....",
    "get_pending": "s....ss....",
    "get_metrics": "s....ss....",
    "request_detail": "s...nss....",
}
LANE = {  # the fast lane and the dialects; those of /api/ are in tests/test_authorization.py as well
    "POST /api/units": "sf...ssf...",
    "POST /api/units/batch": "sf...ssf...",
    "GET /api/units/{unit}": "s...nss....",
    "GET /api/interventions/{question}": "s...nss....",
    "POST /humanlayer/v1/function_calls": "sssssssf...",
}
OPEN = ("/healthz", "/readyz", "/metrics")  # to everybody
DIALECT = {line for line in LANE if "/humanlayer/" in line}
PATTERNS = {"unit": ID, "question": ID}
LETTERS = {"unauthenticated": "s", "not_allowed": "f", "not_there": "n"}


def test_every_topic_frame_and_path_is_in_a_table():
    heard = {line.partition(":")[0] for line in LISTEN}
    own = {"auth", "ping", "subscribe", "unsubscribe"}

    assert heard == set(topics._topics)
    assert set(FRAMES) == own | set(topics._calls)
    assert {one.__struct_config__.tag for one in get_args(frames.Listen | frames.Unlisten | frames.Ping)} == {
        "listen",
        "unlisten",
        "ping",
    }
    lane = {f"{one.method} {one.pattern.pattern}" for found in _routes.values() for one in found}
    assert {line for line in lane if "/humanlayer/" not in line} == {line.format(**PATTERNS) for line in LANE} - DIALECT
    assert {line.split()[1].split("/")[1] for line in lane} == {"api", "humanlayer"}


def test_each_caller_hears_what_the_table_says(told, places):
    found = {}
    for line in LISTEN:
        topic, _colon, key = line.format(**places).partition(":")
        found[line] = told("/ws/live", {"type": "listen", "topic": topic, "key": key})

    assert found == LISTEN


def test_each_program_is_told_what_the_table_says(told, places):
    frames_sent = {kind: {"type": kind, "request_id": str(places["question"]), "token": "chm_x"} for kind in FRAMES}

    assert {kind: told("/ws/interventions", frame) for kind, frame in frames_sent.items()} == FRAMES


def test_each_caller_is_told_in_the_fast_lane_what_the_table_says(called, places):
    assert {line: called(line.format(**places)) for line in LANE} == LANE
    for path in OPEN:
        assert called(f"GET {path}") == "." * len(CALLERS), path


@pytest.fixture
def headers(
    transactional_db: None,
    vi: Membership,
    ada: Membership,
    max: Membership,
    cy: Membership,
    sys: Membership,
    root: Pilot,
    key_of: Callable[..., str],
    client_of: Any,
    browser_of: Any,
) -> list[dict[str, str]]:
    """What each of CALLERS sends."""
    expired = key_of(sys, "submit", "read", "decide")
    ApiKey.objects.filter(digest=digest_of(expired)).update(expires_at=timezone.now())
    keys = [expired, key_of(sys, "read"), key_of(sys, "submit"), key_of(sys), accounts.issue_tokens(actor=sys).access]
    browsers = [*map(client_of, (vi, ada, max, cy)), browser_of(root)]
    csrf = "a" * 32
    sessions = [f"sessionid={one.session.session_key}; csrftoken={csrf}" for one in browsers]
    return [
        {},
        *({"Cookie": one, "X-CSRFToken": csrf} for one in sessions),
        *({"Authorization": f"Bearer {one}"} for one in keys),
    ]


@pytest.fixture
def places(headers: Any, sys: Membership, max: Membership) -> dict[str, object]:
    guardians.create_gate("deploys", actor=system_of(sys.organization_id), name="Deployments")
    return {"question": ask(sys).pk, "unit": unit_of(sys).pk, "max": max.pk}


@pytest.fixture
def told(address: str, headers: list[dict[str, str]]) -> Callable[..., str]:  # noqa: F811
    """A letter for each caller who sends this frame over a socket of their own."""

    def letter(path: str, sent: dict[str, str], frame: dict[str, Any]) -> str:
        with connect(f"ws://{address}{path}", additional_headers=sent) as opened, suppress(ConnectionClosed):
            opened.send(json.dumps(frame | ({} if path == "/ws/live" else {"id": 7})))
            while True:
                answer = json.loads(opened.recv(timeout=10))
                if answer["type"] == "error":
                    return LETTERS.get(answer["code"], "f")
                if answer.get("id") == 7 or answer["type"] == "listening":
                    return "."
        assert opened.protocol.close_code == 4401
        return "s"

    return lambda path, frame: "".join(letter(path, sent, frame) for sent in headers)


@pytest.fixture
def called(address: str, headers: list[dict[str, str]]) -> Callable[[str], str]:  # noqa: F811
    def letter(method: str, path: str, sent: dict[str, str], number: int) -> str:
        unit: Any = {"gate": "deploys", "external_id": f"{number}", "title": "Deploy", "attributes": {}}
        body = {"json": [unit] if path.endswith("batch") else unit} if method == "POST" else {}
        answer = httpx.request(method, f"http://{address}{path}", headers=sent, timeout=10, **body)
        assert answer.status_code < 500 or path == "/readyz"
        return {401: "s", 403: "f", 404: "n"}.get(answer.status_code, ".")

    return lambda line: "".join(letter(*line.split(), sent, number) for number, sent in enumerate(headers))
