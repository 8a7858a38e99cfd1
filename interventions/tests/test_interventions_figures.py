"""What the metrics page reckons: percentiles in one pass, the forecast, where time went, and with how much care."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Entry
from guardians.actions import create_gate
from guardians.models import Kind, OnTimeout
from interventions import actions
from interventions.models import Intervention, Source
from interventions.queries import figures as figures_module
from interventions.queries.care import STAGES, care_of
from interventions.queries.counting import _unchanging
from interventions.queries.figures import figures_of
from interventions.queries.forecast import forecast_of, late_among, likely_late
from interventions.queries.rhythm import Period, rhythm_of
from interventions.queries.tally import Times, tally_settled
from interventions.tests.asking import ask, unit_of

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def ago(question: Intervention, seconds: float, **about: object) -> Intervention:
    """The same question, asked so long ago."""
    then = timezone.now() - timedelta(seconds=seconds)
    Intervention.objects.filter(pk=question.pk).update(created_at=then, **about)
    return question


def settled_of(actor):
    return Intervention.objects.visible_to(actor).settled()


def last_hour() -> Period:
    now = timezone.now()
    return Period(now - timedelta(hours=1), now + timedelta(seconds=30))


# ---------- Percentiles ----------


def test_where_few_were_settled_percentiles_are_exact():
    times = Times()
    for narrow, seconds in enumerate((10.0, 20.0, 40.0, 80.0)):
        times.add(narrow, 1, int(seconds > 60), seconds)

    assert (times.median, times.mean, times.in_time) == (30.0, 37.5, 75.0)
    assert times.p90 == pytest.approx(68)
    assert times.p99 == pytest.approx(78.8)


def test_nothing_has_no_percentiles():
    assert (Times().median, Times().p99, Times().mean, Times().in_time) == (None, None, None, None)


def test_the_clock_counts_as_settled_and_never_as_an_answer(ada, sys):
    actions.approve(ago(ask(sys), 30).pk, actor=ada)
    gone = ago(ask(sys), 3600)
    actions.expire(gone.pk, organization_id=ada.organization_id, now=timezone.now() + timedelta(days=2))

    tally = tally_settled(settled_of(ada))

    assert (tally.times.settled, tally.times.decided, tally.times.expired) == (2, 1, 1)
    assert tally.times.p99 == pytest.approx(30, abs=3)
    assert tally.sources["timeout_default"].median == pytest.approx(3600, abs=5)
    assert [(line.key, line.times.decided) for line in tally.kinds] == [("approval", 1)]


def test_every_question_is_counted_under_its_own_words(ada, max, sys):
    gate = create_gate("refunds", actor=max, name="Refunds")
    found = {kind: ask(sys, kind=kind) for kind in Kind.values[:5]}
    for question, source, outcome, priority in zip(
        found.values(), Source.values[:5], OnTimeout.values * 2, [0, 1, 2, 3, 0], strict=False
    ):
        status = "expired" if source == Source.TIMEOUT_DEFAULT else "approved"
        Intervention.objects.filter(pk=question.pk).update(
            gate=gate,
            priority=priority,
            status=status,
            resolution_source=source,
            on_timeout=outcome,
            created_at=EPOCH,
            settled_at=EPOCH + timedelta(days=400),
        )

    tally = tally_settled(settled_of(ada))

    assert {source: of.settled for source, of in tally.sources.items()} == dict.fromkeys(Source.values[:5], 1)
    assert [line.key for line in tally.kinds] == sorted(Kind.values[:5])
    assert [(line.key, line.times.settled) for line in tally.priorities] == [
        *(("critical", 2), ("high", 1), ("normal", 1), ("low", 1))
    ]
    assert [(line.key, line.times.settled, line.times.expired) for line in tally.gates] == [("refunds", 5, 1)]
    assert tally.timeouts == {OnTimeout.values[3]: 1}
    assert tally.times.median == pytest.approx(400 * 86_400)


def test_what_is_kept_of_a_long_span_and_what_is_new_add_up_to_all_of_it(ada, bo, sys):
    for days, actor in ((0, ada), (1, ada), (5, bo), (20, ada)):
        question = actions.approve(ask(sys).pk, actor=actor)
        then = timezone.now() - timedelta(days=days, seconds=90)
        Intervention.objects.filter(pk=question.pk).update(created_at=then, settled_at=then + timedelta(seconds=30))
    now = timezone.now()
    period = Period(now - timedelta(days=30), now)
    first, again = rhythm_of(ada, period), rhythm_of(ada, period)

    assert first.tally == again.tally
    assert [step.arrived for step in again.steps] == [step.arrived for step in first.steps]
    assert (again.tally.times.decided, sum(step.settled for step in again.steps)) == (4, 4)
    question = actions.reject(ask(sys).pk, actor=bo, reason="No.")
    later = Period(period.since, timezone.now() + timedelta(seconds=1))
    assert rhythm_of(ada, later).tally.times.decided == 5


def test_what_a_running_transaction_may_still_write_is_not_kept(db):
    assert _unchanging(timezone.now() + timedelta(days=1)) < timezone.now()


def test_a_span_is_counted_in_the_index_alone(ada, max, sys):
    gate = create_gate("refunds", actor=max, name="Refunds")
    with connection.cursor() as cursor:
        cursor.execute(MANY, {"organization": sys.organization_id, "gate": gate.pk, "requester": sys.pk})
        cursor.execute("ANALYZE interventions_intervention")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    with CaptureQueriesContext(connection) as captured:
        tally = tally_settled(settled_of(ada).filter(settled_at__gte=timezone.now() - timedelta(minutes=5)))

    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + captured[0]["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert tally.times.settled == pytest.approx(300, abs=2)
    assert "Index Only Scan using settled_in_time" in plan


def test_pilots_are_told_apart_and_who_decided_most_stands_first(ada, bo, sys):
    for actor in (ada, bo, bo):
        actions.approve(ask(sys).pk, actor=actor)

    assert [(line.key, line.times.decided) for line in tally_settled(settled_of(ada)).pilots] == [
        ("local:bo", 2),
        ("local:ada", 1),
    ]


# ---------- Forecast ----------


@pytest.mark.parametrize(
    "due, each, late",
    [([], 60, 0), ([61, 119], 60, 1), ([30, 30], 60, 2), ([-5, 200], 60, 0), ([100, 100], float("inf"), 2)],
)
def test_a_question_is_late_when_it_is_due_before_its_turn(due, each, late):
    assert late_among(due, each) == late


def test_the_forecast_takes_the_pace_of_the_last_hour(ada, sys):
    for _ in range(2):
        actions.approve(ask(sys).pk, actor=ada)  # two an hour
    now = timezone.now()
    for minutes in (10, 70, 40):
        Intervention.objects.filter(pk=ask(sys).pk).update(due_at=now + timedelta(minutes=minutes))

    found = forecast_of(ada)

    assert (found.waiting, found.answers, found.over) == (3, 2, timedelta(hours=1))
    assert found.late == 3  # reached after 30, 60 and 90 minutes
    assert found.least <= found.late <= found.most


def test_what_is_overdue_or_asked_back_is_not_forecast(ada, sys):
    Intervention.objects.filter(pk=ask(sys).pk).update(due_at=timezone.now() - timedelta(minutes=1))
    actions.clarify(ask(sys).pk, message="Which?", actor=ada)

    found = forecast_of(ada)

    assert (found.waiting, found.overdue, found.late) == (1, 1, 0)
    assert not found.is_known


def test_the_list_of_late_ones_is_those_of_the_forecast(ada, sys):
    """What is overdue takes its turn as well: without it in front, the second would be reached in time."""
    for _ in range(2):
        actions.approve(ask(sys).pk, actor=ada)  # two an hour
    now = timezone.now()
    overdue, late, in_time = (ask(sys) for _ in range(3))
    for question, minutes in ((overdue, -1), (late, 50), (in_time, 100)):
        Intervention.objects.filter(pk=question.pk).update(due_at=now + timedelta(minutes=minutes))

    assert [found.pk for found in likely_late(ada)] == [late.pk]
    assert forecast_of(ada).late == 1


# ---------- Where the time went ----------


def test_time_is_told_apart_by_what_the_question_waited_for(ada, sys):
    question = ago(ask(sys), 100)
    now = timezone.now()
    actions.claim(question.pk, actor=ada)
    actions.clarify(question.pk, message="Which?", actor=ada)
    actions.reply(question.pk, message="The second.", actor=sys)
    actions.approve(question.pk, actor=ada)
    Intervention.objects.filter(pk=question.pk).update(first_seen_at=now - timedelta(seconds=60), settled_at=now)
    move(question, {"intervention.claimed": 50, "intervention.clarified": 40, "intervention.replied": 10}, now)

    stages = {stage.name: round(stage.seconds) for stage in care_of(settled_of(ada)).stages}

    assert stages == dict(zip(STAGES, (40, 10, 20, 30), strict=True))


def move(question: Intervention, seconds: dict[str, int], now) -> None:
    """The ledger is append-only; a test of it may look at another past."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    for verb, before in seconds.items():
        Entry.objects.about("intervention", question.pk).filter(verb=verb).update(at=now - timedelta(seconds=before))


# ---------- Care ----------


def test_a_decision_against_an_earlier_one_on_the_same_unit_is_a_reversal(ada, bo, sys):
    unit = unit_of(sys)
    first = actions.approve(ask(sys, unit=unit.pk).pk, actor=ada)
    second = actions.reject(ask(sys, unit=unit.pk, title="Again").pk, actor=bo, reason="No.")

    care = care_of(settled_of(ada))

    assert care.reversed == 1
    assert (care.reversals[0].earlier, care.reversals[0].later) == (first.pk, second.pk)


def test_the_same_answer_twice_or_a_timeout_reverses_nothing(ada, sys):
    unit = unit_of(sys)
    actions.approve(ask(sys, unit=unit.pk).pk, actor=ada)
    actions.approve(ask(sys, unit=unit.pk).pk, actor=ada)
    late = ask(sys, unit=unit.pk)
    actions.expire(late.pk, organization_id=ada.organization_id, now=timezone.now() + timedelta(days=2))

    care = care_of(settled_of(ada))

    assert (care.reversed, care.looked_at) == (0, 2)


def test_a_reversal_after_a_month_is_another_matter(ada, sys):
    unit = unit_of(sys)
    first = actions.approve(ask(sys, unit=unit.pk).pk, actor=ada)
    Intervention.objects.filter(pk=first.pk).update(settled_at=timezone.now() - timedelta(days=31))
    actions.reject(ask(sys, unit=unit.pk).pk, actor=ada, reason="No.")

    assert care_of(settled_of(ada)).reversed == 0


def test_votes_agree_with_what_came_of_them_or_not(ada, bo, sys):
    together, apart = ask(sys, required_approvals=2), ask(sys, required_approvals=2)
    for question in (together, apart):
        actions.approve(question.pk, actor=ada)
    actions.approve(together.pk, actor=bo)
    actions.reject(apart.pk, actor=bo, reason="No.")

    ada_s = next(voter for voter in care_of(settled_of(ada)).voters if voter.name == "Ada Nyström")

    assert (ada_s.votes, ada_s.agreed, ada_s.share) == (2, 1, 50)


# ---------- The page ----------


def test_the_figures_take_as_many_statements_for_many_as_for_few(ada, bo, sys):
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            figures_of(ada, last_hour(), "1h")
        return len(captured)

    actions.approve(ask(sys, required_approvals=1).pk, actor=ada)
    few = statements()
    for actor in (ada, bo, ada, bo):
        actions.approve(ask(sys).pk, actor=actor)

    assert statements() == few <= 20


def test_a_stranger_counts_nothing_of_ours(ada, cy, sys):
    actions.approve(ask(sys).pk, actor=ada)

    assert figures_of(cy, last_hour(), "1h").times.settled == 0


def test_what_is_dear_is_kept_for_a_moment_and_says_of_when_it_is(ada, sys, monkeypatch):
    monkeypatch.setattr(figures_module, "WORTH_KEEPING", 1)
    period = last_hour()
    actions.approve(ask(sys).pk, actor=ada)
    first = figures_of(ada, period, "kept")
    actions.approve(ask(sys).pk, actor=ada)

    again = figures_of(ada, period, "kept")

    assert (again.as_of, again.times.settled) == (first.as_of, 1)
    assert figures_of(ada, period, "another").times.settled == 2


def test_the_page_says_when_it_counted_and_leads_to_the_questions_behind_each_line(client_of, ada, sys):
    actions.approve(ask(sys).pk, actor=ada)

    page = client_of(ada).get("/insights").text

    assert "Counted <time" in page
    assert "&amp;decided_by=local%3Aada" in page or "&amp;decided_by=local:ada" in page
    assert "&amp;kind=approval" in page


MANY = """
    INSERT INTO interventions_intervention (
        id, organization_id, gate_id, kind, priority, status, title, context, content_hash, allowed_actions,
        required_role, required_approvals, requester_may_approve, reason_required, edits_allowed, requester_id,
        due_at, expires_at, on_timeout, settled_at, resolution_source
    )
    SELECT
        gen_random_uuid(), %(organization)s, %(gate)s, 'approval', 2, 'approved', 'Refund', '{}', md5(i::text),
        '{approve}', 'Operator', 1, true, false, false, %(requester)s,
        now(), now(), 'reject', now() - i * interval '1 second', 'human'
    FROM generate_series(1, 5000) i
"""


def test_the_answer_before_on_alike_content_is_found_in_its_index(ada, max, sys):
    gate = create_gate("refunds", actor=max, name="Refunds")
    with connection.cursor() as cursor:
        cursor.execute(MANY, {"organization": sys.organization_id, "gate": gate.pk, "requester": sys.pk})
        cursor.execute("ANALYZE interventions_intervention")

    found = Intervention.objects.filter(
        organization=ada.organization_id, gate=gate, content_hash="0" * 64, status__in=["approved", "rejected"]
    ).filter(resolution_source__in=["human", "quorum"], settled_at__lt=timezone.now())

    assert "settled_on_alike_content" in found.order_by("-settled_at")[:1].explain()
