"""Calls that wait for an outcome: answered with the decision, or at the end of their time, unless they hang up."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from django.db import connection
from django.utils import timezone

from intake.tests.conftest import Server
from intake.tests.doors import open_gate
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from kit.database import connection_parameters
from live.hub import the_hub
from work import actions as work

LOAN = {"gate": "loans", "external_id": "loan-1", "title": "Loan 7", "attributes": {}}


@pytest.fixture
def key(transactional_db, sys, key_of):
    return key_of(sys, "submit", "read")


@pytest.fixture
def program(key, connect):
    return connect(key)


@pytest.fixture
def held(program, sys):
    """A unit that waits for a pilot, as its caller was told of it."""
    open_gate(sys, "loans", "held")
    return program.post("/api/units", json=LOAN).json()


def eventually(true: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def caller_of(held: dict) -> str:
    question = Intervention.objects.get(pk=held["intervention"]["id"])
    return question.caller_state(timezone.now())


def while_waiting(held, program, path, deed):
    """The answer to a call that waits, and how long it took from the deed on."""
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(program.get, path)
        eventually(lambda: caller_of(held) == "listening")
        started = time.monotonic()
        deed()
        answer = waiting.result(20)
        return answer.json(), time.monotonic() - started


@pytest.mark.parametrize(
    "act, status, verdict",
    [("approve", "active", "approved"), ("reject", "failed", "rejected"), ("cancel", "cancelled", "cancelled")],
)
def test_a_decision_answers_the_call_that_waits_for_it(held, program, ada, act, status, verdict):
    unit, seconds = while_waiting(
        held,
        program,
        f"/api/units/{held['id']}?wait=20",
        lambda: getattr(actions, act)(held["intervention"]["id"], reason="So it is.", actor=ada),
    )

    assert (unit["status"], unit["intervention"]["decision"]["verdict"]) == (status, verdict)
    assert unit["resolution_source"] == "human"
    assert seconds < 5


def test_a_call_about_the_question_is_answered_too(held, program, ada):
    question_id = held["intervention"]["id"]
    question, _seconds = while_waiting(
        held,
        program,
        f"/api/interventions/{question_id}?wait=20",
        lambda: actions.approve(question_id, reason="Fine.", actor=ada),
    )

    assert (question["status"], question["decision"]["reason"]) == ("approved", "Fine.")


def test_what_is_no_decision_lets_the_call_wait_on(held, program, ada):
    def ask_back_and_decide():
        actions.claim(held["intervention"]["id"], actor=ada)
        actions.comment(held["intervention"]["id"], body="Looking.", actor=ada)
        time.sleep(0.2)
        actions.approve(held["intervention"]["id"], actor=ada)

    unit, _seconds = while_waiting(held, program, f"/api/units/{held['id']}?wait=20", ask_back_and_decide)

    assert unit["status"] == "active"


def test_the_callers_own_word_answers_its_waiting_call(held, program, sys):
    unit, _seconds = while_waiting(
        held, program, f"/api/units/{held['id']}?wait=20", lambda: actions.cancel_unit(held["id"], actor=sys)
    )

    assert (unit["status"], unit["resolution_source"]) == ("cancelled", "cancelled_by_caller")


def test_what_runs_out_of_time_answers_it(held, program):
    question = Intervention.objects.get()
    unit, _seconds = while_waiting(
        held,
        program,
        f"/api/units/{held['id']}?wait=20",
        lambda: actions.expire(question.pk, organization_id=question.organization_id, now=question.expires_at),
    )

    assert (unit["status"], unit["resolution_source"]) == ("failed", "timeout_default")


def test_a_call_ends_with_its_time_and_is_told_how_things_stand(held, program):
    started = time.monotonic()
    unit = program.get(f"/api/units/{held['id']}?wait=0.3").json()

    assert 0.3 <= time.monotonic() - started < 5
    assert (unit["status"], unit["resolution_source"]) == ("awaiting_pilot", None)
    assert caller_of(held) == "listening"  # one that polls in a loop is between two calls


def test_what_is_decided_is_told_at_once(held, program, ada):
    actions.approve(held["intervention"]["id"], actor=ada)
    started = time.monotonic()

    assert program.get(f"/api/units/{held['id']}?wait=20").json()["status"] == "active"
    assert time.monotonic() - started < 5


def test_a_paused_unit_is_waited_for_and_one_that_runs_is_not(program, sys):
    open_gate(sys)
    unit = program.post("/api/units", json=LOAN).json()
    assert program.get(f"/api/units/{unit['id']}?wait=20").json()["status"] == "active"

    work.pause(unit["id"], actor=sys)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(program.get, f"/api/units/{unit['id']}?wait=20")
        time.sleep(0.2)
        work.release(unit["id"], actor=sys)
        assert waiting.result(10).json()["status"] == "active"


def test_a_question_without_a_unit_is_waited_for(program, sys, ada):
    question = actions.raise_intervention(Question(kind="clarification", title="Which?"), actor=sys)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(program.get, f"/api/interventions/{question.pk}?wait=20")
        eventually(lambda: Intervention.objects.get().caller_state(timezone.now()) == "listening")
        actions.answer(question.pk, answer={"region": "eu"}, actor=ada)
        assert waiting.result(10).json()["decision"]["answer"] == {"region": "eu"}


def request(server: Server, key: str, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


def test_a_caller_that_hangs_up_is_shown_as_gone(server, held, key):
    with closing(socket.create_connection(("127.0.0.1", server.port))) as caller:
        caller.sendall(request(server, key, f"/api/units/{held['id']}?wait=30"))
        eventually(lambda: caller_of(held) == "listening")

    eventually(lambda: caller_of(held) == "gone")
    eventually(lambda: watches(server) == 0)


def test_a_caller_that_called_again_before_it_hung_up_is_still_there(server, held, key):
    first, second = (socket.create_connection(("127.0.0.1", server.port)) for _ in range(2))
    with closing(second):
        with closing(first):
            first.sendall(request(server, key, f"/api/units/{held['id']}?wait=20"))
            eventually(lambda: watches(server) == 1)
            eventually(lambda: caller_of(held) == "listening")
            before = Intervention.objects.get().caller_waits_until
            second.sendall(request(server, key, f"/api/units/{held['id']}?wait=30"))
            eventually(lambda: Intervention.objects.get().caller_waits_until != before)
        eventually(lambda: watches(server) == 1)
        time.sleep(0.2)
        assert caller_of(held) == "listening"


def test_somebody_who_only_looks_on_is_not_the_caller(held, ada, key_of, connect):
    connect(key_of(ada, "read")).get(f"/api/units/{held['id']}?wait=0.2")

    assert caller_of(held) == ""


def watches(server: Server) -> int:
    async def count() -> int:
        return the_hub().figures()["watches"]

    return server.run(count)


def test_two_hundred_that_wait_are_all_answered(server, held, key, ada):
    async def call() -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request(server, key, f"/api/units/{held['id']}?wait=30"))
        head = await reader.readuntil(b"\r\n\r\n")
        (length,) = (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
        body = await reader.readexactly(length)
        writer.close()
        return json.loads(body)["status"]

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(call() for _ in range(200)))

    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(asyncio.run, all_of_them())
        eventually(lambda: watches(server) == 200, 20)
        actions.approve(held["intervention"]["id"], actor=ada)
        assert waiting.result(30) == ["active"] * 200
    eventually(lambda: watches(server) == 0)


def test_waiting_holds_no_connection_to_the_database(server, held, key):
    callers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(30)]
    try:
        for caller in callers:
            caller.sendall(request(server, key, f"/api/units/{held['id']}?wait=30"))
        eventually(lambda: watches(server) == 30)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [connection_parameters()["dbname"]]
            )
            assert cursor.fetchone()[0] < 25
    finally:
        for caller in callers:
            caller.close()
    eventually(lambda: watches(server) == 0)


def test_a_process_that_stops_lets_go_of_those_who_wait(held, program, server):
    """They are told how things stand, and call the next process."""

    async def stop_and_begin_again() -> None:
        await the_hub().stop()
        the_hub().start()

    unit, seconds = while_waiting(
        held, program, f"/api/units/{held['id']}?wait=20", lambda: server.run(stop_and_begin_again)
    )

    assert unit["status"] == "awaiting_pilot"
    assert seconds < 10
