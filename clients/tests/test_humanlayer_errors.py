"""Whatever is wrong, HumanLayer's clients are told in JSON: they parse the body before they look at the status."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from clients.humanlayer import queries
from work.models import Unit

Connect = Callable[..., httpx.Client]

pytestmark = pytest.mark.django_db(transaction=True)

WRONG_ADDRESSES = [
    ("GET", "/function_calls/call-9", 404),
    ("GET", "/contact_requests/call-9", 404),
    ("GET", "/nowhere", 404),
    ("GET", "/", 404),
    ("DELETE", "/function_calls/call-9", 405),
    ("GET", "/function_calls", 405),
    ("PUT", "/contact_requests", 405),
]

SPEC = b'{"run_id": "r", "call_id": "c", "spec": %s}'
WRONG_BODIES = [
    (b"{", 400, "not valid JSON"),
    (b"\xff", 400, "not valid JSON"),
    (b'{"spec":' * 100_000, 400, "nest"),
    (b"[]", 422, "body"),
    (b'{"run_id": "r", "call_id": "c"}', 422, "spec: is missing"),
    (SPEC % b'{"fn": "f"}', 422, "spec.kwargs: is missing"),
    (SPEC % b'{"fn": 7, "kwargs": {}}', 422, "spec.fn"),
    (SPEC % b'{"fn": "f", "kwargs": {"x": "\\u0000"}}', 422, "spec.kwargs"),
    (SPEC % b'{"fn": "f", "kwargs": {"x": 9007199254740993}}', 422, "2^53"),
    (SPEC % b'{"fn": "f", "kwargs": {}, "state": "\\ud800"}', 400, "not valid JSON"),
    (SPEC % b'{"fn": "f", "kwargs": {}, "reject_options": [{"name": "a"}, {"name": "a"}]}', 422, "spec.reject_options"),
    (SPEC % b'{"fn": "f", "kwargs": {}, "state": "%s"}' % (b"x" * 70_000), 422, "64 KiB"),
    (b'{"run_id": "r", "call_id": "", "spec": {"fn": "f", "kwargs": {}}}', 422, "call_id"),
    (b"x" * (1024 * 1024 + 1), 413, "1 MiB"),
]


@pytest.fixture
def agent(connect: Connect, agent_key: str) -> httpx.Client:
    return connect(agent_key)


def test_without_a_good_key_it_is_401(connect: Connect) -> None:
    unknown = 'Bearer error="invalid_token"'
    for answer, told in (
        (connect(None).post("/function_calls", json={}), "Bearer"),
        (connect("chm_no").get("/function_calls/x"), unknown),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"] == told


def test_a_wrong_address_is_404_or_405_and_says_what_it_takes(agent: httpx.Client) -> None:
    for method, path, status in WRONG_ADDRESSES:
        answer = agent.request(method, path)
        assert (method, path, answer.status_code) == (method, path, status)
        assert answer.json()["error"]["message"]
        assert ("Allow" in answer.headers) is (status == 405)


def test_a_wrong_body_names_the_field_and_writes_nothing(agent: httpx.Client) -> None:
    for body, status, said in WRONG_BODIES:
        answer = agent.post("/function_calls", content=body, headers={"Content-Type": "application/json"})
        assert (body[:80], answer.status_code) == (body[:80], status)
        assert said in answer.json()["error"]["message"]

    assert not Unit.objects.exists()


def test_a_failure_of_ours_is_told_without_its_particulars(
    agent: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(queries, "call_named", fail)

    answer = agent.get("/function_calls/call-1")

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "fire" not in answer.text
