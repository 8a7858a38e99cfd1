"""The door while a kill switch is on: nothing in its scope comes in, at any entrance, in any order."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, transaction

from intake import actions, fast
from intake.actions import SUBMIT, submit
from intake.submission import parameters
from intake.tests.doors import open_gate, prepared, submitted, unit_in
from interventions import actions as interventions
from interventions.models import Acknowledgement, Intervention, Stop
from interventions.tests.asking import status_of
from kit.errors import Stopped
from kit.tests.racing import alone
from work.models import Unit

WHY = "Agent repeated a refused command."


def stop(max, scope="gate", target="loans", **about):
    return interventions.stop_work(scope=scope, target=target, reason=WHY, actor=max, **about)


@pytest.fixture
def gate(db, sys):
    return open_gate(sys, "loans")


@pytest.fixture
def other(gate, sys):
    return open_gate(sys, "deploys")


@pytest.mark.parametrize("scope", ["organization", "platform", "gate", "workflow"])
def test_a_batch_is_refused_item_by_item(gate, other, max, sys, scope):
    platform = sys.organization.platforms.earliest("pk").slug
    target = {"organization": "", "platform": platform, "gate": "loans", "workflow": "nightly"}[scope]
    stopped = stop(max, scope, target)
    inside, outside = submit(
        [unit_in("a", workflow="nightly"), unit_in("b", gate="deploys", workflow="daily")], actor=sys
    )

    assert inside.status == 423
    assert isinstance(inside.problem, Stopped)
    assert (inside.problem.members["stop"], WHY in inside.problem.sentence) == (str(stopped.pk), True)
    assert outside.status == (423 if scope in {"organization", "platform"} else 201)
    assert Unit.objects.count() == (outside.status == 201)
    assert inside.as_item()["problem"]["title"] == "Stopped"


def test_another_organization_goes_on(gate, max, cy):
    open_gate(cy, "loans")
    stop(max, "organization", "")

    assert submitted(unit_in(), cy).status == 201


def test_a_held_unit_is_kept_out_with_its_question_and_its_lines(db, max, sys):
    open_gate(sys, "loans", "held")
    stop(max)

    assert submitted(unit_in(), sys).status == 423
    assert not Intervention.objects.exists()


def test_after_the_rearming_the_same_submit_passes(gate, max, sys):
    stopped = stop(max)
    assert submitted(unit_in(), sys).status == 423
    interventions.let_work_go_on(stopped.pk, reason="Fixed.", actor=max)

    assert submitted(unit_in(), sys).status == 201
    assert submitted(unit_in(), sys).status == 200


@pytest.mark.django_db(transaction=True)
def test_a_pull_waits_for_the_submit_that_is_half_way_in_and_pauses_its_unit(transactional_db, max, sys):
    open_gate(sys, "loans")
    item = prepared(unit_in(), sys)
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SUBMIT, parameters([item]) | {"hints": "[]"})
            pulling = thread.submit(alone, partial(stop, max))
            until_somebody_waits()
            assert not Stop.objects.exists()
        pulling.result(10)

    assert Unit.objects.get().status == "paused"


@pytest.mark.django_db(transaction=True)
def test_a_submit_that_began_before_the_stop_was_committed_is_refused(transactional_db, max, sys):
    """The statement's snapshot is older than the stop: only a look behind the lock sees it."""
    open_gate(sys, "loans")
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            interventions.pull(scope="gate", target="loans", reason=WHY, actor=max)
            submitting = thread.submit(alone, partial(submitted, unit_in(), sys))
            until_somebody_waits()
        result = submitting.result(10)

    assert result.status == 423
    assert not Unit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_submits_while_it_is_pulled_leave_nothing_active(transactional_db, max, sys):
    open_gate(sys, "loans")
    over, until = threading.Event(), time.monotonic() + 30

    def keep_submitting(name):
        statuses = []
        while not over.is_set() and time.monotonic() < until:
            statuses.append(submitted(unit_in(f"{name}-{len(statuses)}"), sys).status)
        return [*statuses, submitted(unit_in(f"{name}-last"), sys).status]

    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(alone, partial(keep_submitting, name)) for name in "abc"]
        time.sleep(0.1)
        try:
            stop(max)
            there = Unit.objects.count()
        finally:
            over.set()
        told = [each.result(30) for each in running]

    assert Unit.objects.count() == there == sum(statuses.count(201) for statuses in told)
    assert set(Unit.objects.values_list("status", flat=True)) == {"paused"}
    assert all(statuses == sorted(statuses) for statuses in told)  # once refused, refused
    assert {statuses[-1] for statuses in told} == {423}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["pilot", "stop"])
def test_a_decision_and_a_pull_meet(transactional_db, max, ada, sys, first):
    open_gate(sys, "loans", "held")
    submitted(unit_in(), sys)
    question = Intervention.objects.get()
    approve = partial(interventions.approve, question.pk, actor=ada)
    if first == "pilot":
        with ThreadPoolExecutor(1) as thread:
            with transaction.atomic():
                approve()
                pulling = thread.submit(alone, partial(stop, max))
                until_somebody_waits()
            pulling.result(10)
        assert (status_of(question), status_of(question.unit)) == ("approved", "paused")
    else:
        told = alone_after(max, approve)
        assert told.sentence.startswith("Max Keller has stopped the gate loans")
        assert (status_of(question), status_of(question.unit)) == ("pending", "awaiting_pilot")


def alone_after(max, deed):
    """What the deed is told that waits for a pull, which then commits."""
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            interventions.pull(scope="gate", target="loans", reason=WHY, actor=max)
            deciding = thread.submit(alone, deed)
            until_somebody_waits()
        return deciding.result(10)


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_pull_at_once_one_is_told_of_the_other(transactional_db, max, sys):
    open_gate(sys, "loans")
    with ThreadPoolExecutor(2) as threads:
        told = [each.result(10) for each in [threads.submit(alone, partial(stop, max)) for _ in range(2)]]

    assert sorted(type(one).__name__ for one in told) == ["Refusal", "Stop"]
    assert Stop.objects.count() == 1


def until_somebody_waits():
    until = time.monotonic() + 10
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < until, "nobody waits"
            time.sleep(0.005)


# Over the wire

LOAN = {"gate": "loans", "external_id": "loan-1", "title": "Loan 7", "attributes": {}}


@pytest.fixture
def program(transactional_db, sys, key_of, connect):
    open_gate(sys, "loans")
    return connect(key_of(sys, "submit", "read"))


def test_a_submit_over_the_fast_lane_is_423(program, max, sys):
    stopped = stop(max)
    answer = program.post("/api/units", json=LOAN)

    assert (answer.status_code, answer.headers["retry-after"]) == (423, "30")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["stop"] == str(stopped.pk)
    (item,) = program.post("/api/units/batch", json=[LOAN]).json()
    assert (item["status"], item["problem"]["stop"]) == (423, str(stopped.pk))


def test_the_statement_has_the_last_word_when_nobody_has_heard_yet(program, max, monkeypatch):
    async def nothing(organization_id, threads):
        return ()

    monkeypatch.setattr(fast, "known_in_loop", nothing)
    stopped = stop(max)
    answer = program.post("/api/units", json=LOAN)

    assert (answer.status_code, answer.json()["stop"]) == (423, str(stopped.pk))


def test_a_held_call_is_told_at_once(program, max, sys):
    open_gate(sys, "asks", "held")
    unit = program.post("/api/units", json=LOAN | {"gate": "asks"}).json()
    with ThreadPoolExecutor(2) as threads:
        about_unit = threads.submit(program.get, f"/api/units/{unit['id']}?wait=15")
        about_question = threads.submit(program.get, f"/api/interventions/{unit['intervention']['id']}?wait=15")
        time.sleep(1)
        started = time.monotonic()
        stopped = stop(max, "gate", "asks")
        told = [about_unit.result(20).json(), about_question.result(20).json()]
        assert time.monotonic() - started < 5

    assert [one["stopped"]["stop"] for one in told] == [str(stopped.pk)] * 2
    assert [one["status"] for one in told] == ["awaiting_pilot", "pending"]
    assert Acknowledgement.objects.get().told_at is not None


def test_a_read_of_a_paused_unit_acknowledges(program, max, sys):
    unit = program.post("/api/units", json=LOAN).json()
    stopped = stop(max)
    told = program.get(f"/api/units/{unit['id']}").json()

    assert (told["status"], told["stopped"]["reason"]) == ("paused", WHY)
    assert Acknowledgement.objects.get(stop=stopped).acknowledged_at is not None


def test_a_call_that_comes_while_it_is_stopped_is_not_answered_in_circles(program, max, sys, monkeypatch):
    monkeypatch.setattr(fast, "STOPPED_SECONDS", 0.5)
    unit = program.post("/api/units", json=LOAN).json()
    stop(max)
    started = time.monotonic()
    told = program.get(f"/api/units/{unit['id']}?wait=10").json()

    assert 0.4 < time.monotonic() - started < 5
    assert told["status"] == "paused"


def test_results_name_each_refusal(gate, max, sys):
    stopped = stop(max)
    batch = [prepared(unit_in("a"), sys), prepared(unit_in("b"), sys)]
    made, refused = actions.results(batch, [], {"1": str(stopped.pk)}, [])

    assert (made.status, refused.status) == (201, 423)
