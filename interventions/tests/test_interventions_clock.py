"""Time: asking back stops it, its end settles a question once, and it never overwrites a person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from interventions import actions, tasks
from interventions.models import Comment, Intervention
from interventions.tests.asking import ask, everything, expire, fresh, held, narrowed, out_of_time, status_of, verbs
from kit.errors import BadInput, NotThere, Refusal
from work.models import Priority

HOUR = timedelta(hours=1)


def asked_back(question: Intervention, ada, since: timedelta = HOUR) -> Intervention:
    """A question whose requester was asked back that long ago."""
    actions.clarify(question.pk, message="Which one?", actor=ada)
    Intervention.objects.filter(pk=question.pk).update(paused_at=timezone.now() - since)
    return fresh(question)


def test_asking_back_stops_the_clock_and_the_reply_starts_it_where_it_stood(sys, ada):
    question = ask(sys)
    asked_back(question, ada)
    replied = fresh(actions.reply(question.pk, message="The second.", actor=sys))

    assert replied.status == "pending"
    assert replied.paused_at is None
    for name in ("due_at", "expires_at"):
        moved = getattr(replied, name) - getattr(question, name)
        assert HOUR <= moved < HOUR + timedelta(seconds=10)
    assert verbs(question) == ["intervention.raised", "intervention.clarified", "intervention.replied"]
    assert Entry.objects.latest("pk").data["paused_seconds"] == pytest.approx(3600, abs=10)


def test_what_was_said_is_kept_in_order(sys, ada):
    question = ask(sys)
    actions.comment(question.pk, body="Hm.", actor=ada)
    actions.clarify(question.pk, message="Which one?", actor=ada)
    actions.reply(question.pk, message="The second.", actor=sys)

    assert list(Comment.objects.values_list("kind", "body", "by__pilot__username")) == [
        ("comment", "Hm.", "ada"),
        ("question", "Which one?", "ada"),
        ("reply", "The second.", "ci-runner"),
    ]


def test_a_question_asked_back_does_not_run_out_of_time(sys, ada):
    question = out_of_time(asked_back(ask(sys), ada))
    tasks.expire_due(timestamp=0)

    assert expire(question) is None
    assert status_of(question) == "awaiting_requester"
    assert not Intervention.objects.overdue(timezone.now() + 10 * HOUR).exists()


def test_its_time_can_run_out_only_after_the_reply(sys, ada):
    question = ask(sys, expires_in_seconds=60)
    asked_back(question, ada)
    actions.reply(question.pk, message="The second.", actor=sys)
    assert expire(question) is None

    expire(out_of_time(question))
    assert status_of(question) == "expired"


def test_a_pilot_who_learned_it_otherwise_decides_without_waiting_for_the_reply(sys, ada):
    question = asked_back(held(sys), ada)
    settled = actions.approve(question.pk, actor=ada)

    assert (settled.status, settled.paused_at) == ("approved", None)
    assert status_of(question.unit) == "active"


def test_a_pilot_who_learned_it_otherwise_may_reply_too(sys, ada, bo):
    question = asked_back(ask(sys), ada)

    assert actions.reply(question.pk, message="They called me: the second.", actor=bo).status == "pending"


def test_a_program_that_only_submits_replies_to_what_it_was_asked(sys, ada):
    question = asked_back(ask(sys), ada)

    assert actions.reply(question.pk, message="The second.", actor=narrowed(sys, "submit")).status == "pending"


def test_the_requester_is_asked_back_once_at_a_time(sys, ada, bo):
    question = asked_back(ask(sys), ada)
    before = everything()

    with pytest.raises(Refusal, match="already been asked"):
        actions.clarify(question.pk, message="And when?", actor=bo)
    assert everything() == before


def test_a_reply_needs_something_asked(sys):
    with pytest.raises(Refusal, match="Nothing was asked back here"):
        actions.reply(ask(sys).pk, message="The second.", actor=sys)


def test_who_had_claimed_it_has_it_again_after_the_reply(sys, ada):
    question = ask(sys)
    actions.claim(question.pk, actor=ada)
    asked_back(question, ada)
    assert actions.claim(question.pk, actor=ada).status == "awaiting_requester"

    assert actions.reply(question.pk, message="The second.", actor=sys).status == "in_progress"


def test_a_claim_put_back_while_the_requester_is_asked_leaves_it_waiting(sys, ada):
    question = ask(sys)
    actions.claim(question.pk, actor=ada)
    asked_back(question, ada)

    assert actions.release(question.pk, actor=ada).status == "awaiting_requester"
    assert actions.reply(question.pk, message="The second.", actor=sys).status == "pending"


@pytest.mark.parametrize(
    "words", ["", " \n", "x" * 10_001, "a\x00b", "\ud800"], ids=["none", "blank", "endless", "NUL", "half"]
)
@pytest.mark.parametrize("act, field", [("clarify", "message"), ("comment", "body"), ("reply", "message")])
def test_words_that_do_not_fit_are_refused_by_name(sys, ada, act, field, words):
    question = ask(sys)
    if act == "reply":
        asked_back(question, ada)
    before = everything()

    with pytest.raises(BadInput) as refused:
        getattr(actions, act)(question.pk, **{field: words}, actor=ada)
    assert refused.value.errors[0]["field"] in {field, "reason"}
    assert everything() == before


# on_timeout: what the clock makes of the unit. The word told is always "expired", never a person's no.
@pytest.mark.parametrize(
    "kind, on_timeout, unit",
    [
        ("approval", "reject", "failed"),
        ("approval", "approve", "active"),
        ("approval", "cancel", "cancelled"),
        ("clarification", "reject", "failed"),
        ("cancel", "reject", "active"),
        ("cancel", "approve", "cancelled"),
        ("cancel", "cancel", "cancelled"),
    ],
)
def test_what_becomes_of_the_work_when_nobody_answered_in_time(sys, kind, on_timeout, unit):
    question = held(sys, kind, on_timeout=on_timeout)
    settled = expire(out_of_time(question))

    assert (settled.status, settled.resolution_source) == ("expired", "timeout_default")
    assert (settled.decision.verdict, settled.decision.effect) == ("expired", unit)
    assert settled.decision.by.is_system
    assert status_of(question.unit) == unit
    assert verbs(question) == ["intervention.raised", "intervention.expired"]


def test_before_its_time_the_clock_does_nothing(sys):
    question = held(sys)
    before = everything()

    assert expire(question) is None
    assert everything() == before


def test_the_clock_comes_twice_and_ends_it_once(sys):
    question = out_of_time(held(sys))
    expire(question)
    before = everything()

    assert expire(question) is None
    assert everything() == before


def test_what_was_given_more_time_since_is_left_alone(sys):
    question = out_of_time(ask(sys))
    Intervention.objects.filter(pk=question.pk).update(expires_at=timezone.now() + HOUR)

    assert expire(question) is None


def test_the_clock_of_another_organization_finds_nothing(sys, cy):
    question = out_of_time(ask(sys))

    with pytest.raises(NotThere):
        actions.expire(question.pk, organization_id=cy.organization_id, now=timezone.now())


def test_one_turn_of_the_clock_ends_all_that_is_due_and_nothing_else(sys, ada):
    late = [out_of_time(ask(sys)) for _ in range(3)]
    early = ask(sys)

    assert tasks.expire_due(timestamp=0) == 3
    assert {status_of(question) for question in late} == {"expired"}
    assert status_of(early) == "pending"
    assert tasks.expire_due(timestamp=0) == 0


def test_a_claimed_question_runs_out_of_time_too_and_its_claim_ends(sys, ada):
    question = ask(sys)
    actions.claim(question.pk, actor=ada)
    settled = expire(out_of_time(question))

    assert settled.status == "expired"
    assert not hasattr(fresh(question), "claim")


def test_escalation_asks_admins_once_at_the_highest_priority_for_as_long_again(sys, ada, max):
    question = held(sys, on_timeout="escalate", priority=Priority.LOW, expires_in_seconds=3600)
    before = timezone.now()
    escalated = expire(out_of_time(question))

    assert escalated.status == "pending"
    assert (escalated.priority, escalated.required_role) == (Priority.CRITICAL, "Admin")
    assert escalated.expires_at >= before + timedelta(minutes=1)
    assert escalated.escalated_at is not None
    assert status_of(question.unit) == "awaiting_pilot"
    assert verbs(question)[-1] == "intervention.escalated"
    assert not escalated.may_be_decided_by(ada)
    assert escalated.may_be_decided_by(max)


def test_a_second_silence_after_the_escalation_means_no(sys):
    question = held(sys, on_timeout="escalate")
    expire(out_of_time(question))
    settled = expire(out_of_time(question))

    assert (settled.status, settled.decision.effect) == ("expired", "failed")
    assert status_of(question.unit) == "failed"


def test_an_escalated_question_is_answered_by_an_admin(sys, max):
    question = held(sys, on_timeout="escalate")
    expire(out_of_time(question))
    settled = actions.approve(question.pk, actor=max)

    assert (settled.status, settled.resolution_source) == ("approved", "human")


def test_votes_from_before_the_escalation_still_count(sys, ada, max):
    question = held(sys, on_timeout="escalate", required_approvals=2)
    actions.approve(question.pk, actor=ada)
    expire(out_of_time(question))

    assert actions.approve(question.pk, actor=max).resolution_source == "quorum"
