"""Asking without a gate: what may be asked, and that asking again asks nothing new."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from audit.models import Entry
from interventions import actions
from interventions.actions import Question, questions
from interventions.models import Intervention
from interventions.tests.asking import ask, everything, fresh, narrowed, status_of, unit_of, verbs
from kit.canonical import content_hash
from kit.errors import BadInput, NotAllowed, NotThere, Refusal


def test_a_question_is_asked_as_it_was_put(sys):
    before = timezone.now()
    asked = ask(
        sys,
        "clarification",
        title="Which region?",
        description="There are *two*.",
        context={"regions": ["eu", "us"]},
        priority=1,
        required_role="Admin",
        required_approvals=2,
        expires_in_seconds=3600,
        on_timeout="cancel",
        answer_schema={"type": "string"},
        requested_by="Agent 7",
        external_id="q-1",
        dialect={"call_id": "c-1"},
    )

    assert (asked.kind, asked.status, asked.requester) == ("clarification", "pending", sys)
    assert (asked.title, asked.priority, asked.required_role, asked.required_approvals) == (
        "Which region?",
        1,
        "Admin",
        2,
    )
    assert asked.context == {"regions": ["eu", "us"]}
    assert asked.content_hash == content_hash({"regions": ["eu", "us"]})
    assert before + timedelta(hours=1) <= asked.expires_at <= timezone.now() + timedelta(hours=1)
    assert asked.due_at < asked.expires_at
    assert (asked.on_timeout, asked.requested_by, asked.dialect) == ("cancel", "Agent 7", {"call_id": "c-1"})
    assert verbs(asked) == ["intervention.raised"]


def test_a_question_is_due_no_later_than_it_expires(sys):
    asked = ask(sys, expires_in_seconds=30)

    assert asked.due_at == asked.expires_at


def test_what_is_proposed_is_what_the_hash_covers(sys):
    assert ask(sys, context={"a": 1}, proposed={"run": 1.0}).content_hash == content_hash({"run": 1})


@pytest.mark.parametrize(
    "field, value",
    [
        ("kind", "riddle"),
        ("kind", "kill_switch"),
        ("kind", ""),
        ("title", ""),
        ("title", "  \n"),
        ("title", "x" * 301),
        ("title", "a\x00b"),
        ("description", "x" * 20_001),
        ("description", "\ud800"),
        ("requested_by", "x" * 201),
        ("external_id", "x" * 201),
        ("external_id", "a\x00b"),
        ("context", {"a": "\x00"}),
        ("context", {"a": 2**53}),
        ("context", {"a": "x" * 300_000}),
        ("proposed", {"a": float("inf")}),
        ("proposed", "x" * 300_000),
        ("dialect", {"a\x00": 1}),
        ("priority", 4),
        ("priority", -1),
        ("required_role", "Nobody"),
        ("required_role", "System"),
        ("required_role", ""),
        ("required_role", "a\x00b"),
        ("required_approvals", 0),
        ("required_approvals", 21),
        ("expires_in_seconds", 0),
        ("expires_in_seconds", 367 * 86_400),
        ("on_timeout", "nonsense"),
        ("on_timeout", ""),
        ("answer_schema", {"type": "objekt"}),
        ("answer_schema", {"$ref": "https://example.com/x"}),
        ("answer_schema", {"$ref": "#/nowhere"}),
        ("answer_schema", {"const": "a\x00"}),
        ("callback_url", "ftp://example.com"),
        ("callback_url", "http://127.0.0.1/hook"),
        ("callback_url", "https://user:secret@example.com/"),
        ("callback_url", "https://example.com/" + "x" * 500),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_cannot_be_asked_is_refused_by_the_name_of_its_field(sys, field, value):
    before = everything()

    with pytest.raises(BadInput) as refused:
        actions.raise_intervention(Question(**{"kind": "approval", "title": "Deploy"} | {field: value}), actor=sys)
    assert {error["field"] for error in refused.value.errors} == {field}
    assert everything() == before


def test_a_role_that_an_admin_made_may_be_asked_for(sys):
    Group.objects.create(name="Night watch")

    assert ask(sys, required_role="Night watch").required_role == "Night watch"


@pytest.mark.parametrize("person", ["ada", "max", "sys"])
def test_who_may_ask(request, person):
    assert ask(request.getfixturevalue(person)).status == "pending"


def test_a_viewer_may_not_ask(vi):
    with pytest.raises(NotAllowed, match="may not raise questions"):
        ask(vi)


@pytest.mark.parametrize("scopes, may", [(("submit",), True), (("read", "decide"), False)])
def test_a_key_asks_only_with_the_scope_for_it(sys, scopes, may):
    keyed = narrowed(sys, *scopes)

    if may:
        assert actions.raise_intervention(Question(kind="approval", title="Deploy"), actor=keyed).pk
    else:
        with pytest.raises(NotAllowed):
            actions.raise_intervention(Question(kind="approval", title="Deploy"), actor=keyed)


def test_a_program_that_only_submits_sees_its_own_questions(sys, ada):
    mine, theirs = ask(sys), ask(ada)

    assert set(Intervention.objects.visible_to(narrowed(sys, "submit"))) == {mine}
    assert theirs in Intervention.objects.visible_to(ada)


def test_asking_again_finds_what_was_asked(sys):
    first = ask(sys, external_id="q-1")
    before = everything()
    again = actions.raise_intervention(Question(kind="approval", title="Deploy 4.18.2", external_id="q-1"), actor=sys)

    assert again == first
    assert again.asked_before
    assert not first.asked_before
    assert everything() == before


def test_asking_again_finds_it_settled_too(sys, ada):
    first = ask(sys, external_id="q-1")
    actions.approve(first.pk, actor=ada)

    assert ask(sys, external_id="q-1").status == "approved"


@pytest.mark.parametrize(
    "other", [{"title": "Deploy 5"}, {"context": {"a": 1}}, {"priority": 0}, {"expires_in_seconds": 5}]
)
def test_the_same_name_for_another_question_is_refused(sys, other):
    ask(sys, external_id="q-1")
    before = everything()

    with pytest.raises(Refusal, match="already names another question"):
        ask(sys, external_id="q-1", **other)
    assert everything() == before


def test_two_askers_may_use_one_name(sys, ada):
    assert ask(sys, external_id="q-1") != ask(ada, external_id="q-1")


def test_without_a_name_every_asking_is_a_question(sys):
    assert ask(sys) != ask(sys)


def test_a_unit_that_is_asked_about_stops_and_waits(sys):
    unit = unit_of(sys)
    asked = ask(sys, unit=unit.pk)

    assert asked.unit == unit
    assert status_of(unit) == "awaiting_pilot"
    assert verbs(unit) == ["unit.awaiting_pilot"]


def test_asking_again_about_a_unit_stops_it_once(sys):
    unit = unit_of(sys)
    first = ask(sys, unit=unit.pk, external_id="q-1")

    assert ask(sys, unit=unit.pk, external_id="q-1") == first
    assert verbs(unit) == ["unit.awaiting_pilot"]


def test_no_answer_is_awaited_longer_than_the_work_lives(sys):
    ends = timezone.now() + timedelta(minutes=5)
    asked = ask(sys, unit=unit_of(sys, expires_at=ends).pk, expires_in_seconds=3600)

    assert asked.expires_at == asked.due_at == ends


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "paused"])
def test_a_unit_that_cannot_wait_is_not_asked_about(sys, status):
    settled_at = timezone.now() if status in {"completed", "failed", "cancelled"} else None
    unit = unit_of(sys, status, settled_at=settled_at)
    before = everything()

    with pytest.raises(Refusal, match="cannot become awaiting a pilot"):
        ask(sys, unit=unit.pk)
    assert everything() == before


@pytest.mark.parametrize(("answer", "then"), [(actions.resume, "active"), (actions.reject, "failed")])
def test_a_stalled_unit_goes_on_or_ends_as_a_pilot_answers(sys, ada, answer, then):
    unit = unit_of(sys, "stalled", interaction_count=21)
    question = ask(sys, kind="resume", unit=unit.pk)
    unit.refresh_from_db()
    assert unit.status == "stalled"

    answer(question.pk, actor=ada)

    unit.refresh_from_db()
    assert (unit.status, unit.interaction_count) == (then, 0 if then == "active" else 21)


def test_a_strangers_unit_is_not_there(sys, cy):
    with pytest.raises(NotThere, match="no such unit"):
        ask(cy, unit=unit_of(sys).pk)


@pytest.fixture
def heard(monkeypatch):
    """The hints that an asker's calls leave."""
    hints = []
    monkeypatch.setattr(questions, "announce", lambda topic, key, **_: hints.append((topic, key)))
    return hints


def test_the_first_look_of_a_pilot_who_may_decide_is_kept(sys, ada, bo):
    question = ask(sys)
    actions.note_seen(question.pk, actor=ada)
    first = fresh(question).first_seen_at
    actions.note_seen(question.pk, actor=bo)

    assert first is not None
    assert fresh(question).first_seen_at == first
    assert verbs(question) == ["intervention.raised", "intervention.seen"]
    assert Entry.objects.latest("pk").actor == ada


def test_looks_of_others_and_of_the_late_change_nothing(sys, vi, ada):
    question, settled = ask(sys), ask(sys)
    actions.approve(settled.pk, actor=ada)
    before = everything()
    actions.note_seen(question.pk, actor=vi)
    actions.note_seen(settled.pk, actor=ada)

    assert everything() == before


def test_a_stranger_looks_at_nothing(sys, cy):
    with pytest.raises(NotThere):
        actions.note_seen(ask(sys).pk, actor=cy)


def test_a_caller_that_waits_is_shown_and_told_once(sys, heard):
    question = ask(sys)
    assert question.caller_state(timezone.now()) == ""

    for seconds in (30, 60):
        actions.note_caller(question.pk, actor=sys, waits_until=timezone.now() + timedelta(seconds=seconds))
    assert fresh(question).caller_state(timezone.now()) == "listening"
    assert heard == [("interventions.queue", str(question.pk))]
    assert verbs(question) == ["intervention.raised"]


def test_a_caller_that_hangs_up_is_shown_as_gone(sys, heard):
    question = ask(sys)
    until = timezone.now() + timedelta(seconds=30)
    actions.note_caller(question.pk, actor=sys, waits_until=until)
    actions.note_caller(question.pk, actor=sys, waits_until=None, instead_of=until)

    assert fresh(question).caller_state(timezone.now()) == "gone"
    assert len(heard) == 2


def test_a_call_that_ends_late_does_not_take_away_the_one_that_followed_it(sys):
    question = ask(sys)
    first, second = (timezone.now() + timedelta(seconds=seconds) for seconds in (30, 31))
    actions.note_caller(question.pk, actor=sys, waits_until=first)
    actions.note_caller(question.pk, actor=sys, waits_until=second)
    actions.note_caller(question.pk, actor=sys, waits_until=None, instead_of=first)

    assert fresh(question).caller_state(timezone.now()) == "listening"


@pytest.mark.parametrize(
    "polled, waits, state",
    [(None, None, ""), (-1, 5, "listening"), (-1, -1, "polling"), (-61, -31, "gone"), (-1, None, "gone")],
)
def test_what_is_shown_of_a_caller(sys, polled, waits, state):
    now = timezone.now()
    moments = {
        "caller_polled_at": polled and now + timedelta(seconds=polled),
        "caller_waits_until": waits and now + timedelta(seconds=waits),
    }

    assert Intervention(**moments).caller_state(now) == state


def test_only_the_asker_counts_as_the_caller_and_only_while_the_question_is_open(sys, ada, cy, heard):
    question, settled = ask(sys), ask(sys)
    actions.approve(settled.pk, actor=ada)
    before = everything()
    until = timezone.now() + timedelta(seconds=30)
    actions.note_caller(question.pk, actor=ada, waits_until=until)
    actions.note_caller(question.pk, actor=cy, waits_until=until)
    actions.note_caller(settled.pk, actor=sys, waits_until=until)

    assert everything() == before
    assert heard == []
