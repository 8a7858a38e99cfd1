"""Who may do what with a question, and what becomes of it and of the unit that waits."""

import pytest
from django.utils import timezone

from interventions import actions
from interventions.models import ACTS, Intervention
from interventions.tests.asking import ask, everything, expire, fresh, held, narrowed, out_of_time, status_of, verbs
from kit.errors import NotAllowed, NotThere, Refusal
from work.models import TERMINAL, Unit

SETTLE = {
    "approve": lambda pk, **who: actions.approve(pk, **who),
    "reject": lambda pk, **who: actions.reject(pk, reason="No.", **who),
    "waive": lambda pk, **who: actions.waive(pk, reason="It is agreed.", **who),
    "resume": lambda pk, **who: actions.resume(pk, **who),
    "answer": lambda pk, **who: actions.answer(pk, answer="Blue.", **who),
    "cancel": lambda pk, **who: actions.cancel(pk, **who),
}
HANDLE = {
    "claim": lambda pk, **who: actions.claim(pk, **who),
    "comment": lambda pk, **who: actions.comment(pk, body="Looking.", **who),
    "clarify": lambda pk, **who: actions.clarify(pk, message="Which one?", **who),
    "escalate": lambda pk, **who: actions.escalate(pk, message="It is late.", **who),
}
KIND_FOR = {"answer": "clarification", "resume": "resume"}


@pytest.mark.parametrize("act", SETTLE | HANDLE)
@pytest.mark.parametrize(
    "person, refusal",
    [("vi", NotAllowed), ("ada", None), ("max", None), ("cy", NotThere)],
    ids=["a Viewer", "an Operator", "an Admin", "a stranger"],
)
def test_who_may_do_what(request, sys, act, person, refusal):
    question = ask(sys, KIND_FOR.get(act, "approval"))
    actor = request.getfixturevalue(person)
    refusal = NotAllowed if (act, person) == ("waive", "ada") else refusal
    before = everything()

    if refusal is None:
        (SETTLE | HANDLE)[act](question.pk, actor=actor)
        assert everything() != before
    else:
        with pytest.raises(refusal):
            (SETTLE | HANDLE)[act](question.pk, actor=actor)
        assert everything() == before


@pytest.mark.parametrize("person, refusal", [("vi", NotAllowed), ("bo", NotAllowed), ("cy", NotThere)])
def test_who_may_not_release_what_ada_holds(request, sys, ada, person, refusal):
    question = ask(sys)
    actions.claim(question.pk, actor=ada)

    with pytest.raises(refusal):
        actions.release(question.pk, actor=request.getfixturevalue(person))
    assert status_of(question) == "in_progress"


@pytest.mark.parametrize("person, refusal", [("vi", NotAllowed), ("cy", NotThere)])
def test_who_may_not_reply(request, sys, ada, person, refusal):
    question = ask(sys)
    actions.clarify(question.pk, message="Which one?", actor=ada)

    with pytest.raises(refusal):
        actions.reply(question.pk, message="The second.", actor=request.getfixturevalue(person))
    assert status_of(question) == "awaiting_requester"


def test_a_key_that_may_decide_and_nothing_else_decides_and_the_unit_goes_on(sys, ada):
    question = held(sys)
    actions.approve(question.pk, actor=narrowed(ada, "decide"))

    assert status_of(question.unit) == "active"


@pytest.mark.parametrize("scopes", [("submit",), ("read",)])
def test_a_key_without_the_scope_decides_nothing(sys, ada, scopes):
    question = ask(sys)

    with pytest.raises((NotAllowed, NotThere)):
        actions.approve(question.pk, actor=narrowed(ada, *scopes))
    assert status_of(question) == "pending"


@pytest.mark.parametrize(
    "role, person, may", [("Admin", "ada", False), ("Admin", "max", True), ("Viewer", "ada", True)]
)
def test_a_question_asks_for_a_role(request, sys, role, person, may):
    question = ask(sys, required_role=role)
    actor = request.getfixturevalue(person)

    assert fresh(question).offers("approve", actor) is may
    if may:
        actions.approve(question.pk, actor=actor)
    else:
        for act in (*SETTLE.values(), HANDLE["claim"], HANDLE["clarify"]):
            with pytest.raises(NotAllowed, match="Only the role Admin"):
                act(question.pk, actor=actor)


@pytest.mark.parametrize("act", SETTLE)
@pytest.mark.parametrize("kind", [kind for kind in ACTS if kind != "kill_switch"])
def test_each_kind_offers_its_own_answers_and_refuses_the_others(sys, max, kind, act):
    question = held(sys, kind)
    before = everything()
    assert question.offers(act, max) is (act in ACTS[kind])

    if act in ACTS[kind]:
        SETTLE[act](question.pk, actor=max)
        assert not fresh(question).is_open
    else:
        with pytest.raises(Refusal, match="cannot be settled that way; it offers: "):
            SETTLE[act](question.pk, actor=max)
        assert everything() == before


# kind, act: what becomes of the question, the word its caller is told, and what becomes of the unit.
OUTCOMES = [
    ("approval", "approve", "approved", "approved", "active"),
    ("approval", "reject", "rejected", "rejected", "failed"),
    ("approval", "waive", "approved", "waived", "active"),
    ("approval", "cancel", "cancelled", "cancelled", "cancelled"),
    ("clarification", "answer", "completed", "answered", "active"),
    ("clarification", "cancel", "cancelled", "cancelled", "cancelled"),
    ("waiver", "waive", "approved", "waived", "active"),
    ("waiver", "reject", "rejected", "rejected", "failed"),
    ("resume", "resume", "approved", "resumed", "active"),
    ("resume", "reject", "rejected", "rejected", "failed"),
    ("cancel", "approve", "approved", "approved", "cancelled"),
    ("cancel", "reject", "rejected", "rejected", "active"),
]


@pytest.mark.parametrize("kind, act, status, verdict, unit", OUTCOMES)
def test_what_an_answer_makes_of_the_question_and_of_the_unit(sys, max, kind, act, status, verdict, unit):
    question = held(sys, kind)
    SETTLE[act](question.pk, actor=max)
    settled = fresh(question)

    assert (settled.status, settled.resolution_source) == (status, "human")
    assert settled.settled_at == settled.decision.at
    assert (settled.decision.verdict, settled.decision.effect, settled.decision.role) == (verdict, unit, "Admin")
    assert settled.decision.content_hash == question.content_hash
    assert status_of(question.unit) == unit
    assert verbs(question) == ["intervention.raised", "intervention.decided"]
    assert verbs(question.unit) == ["unit.awaiting_pilot", f"unit.{unit}"]


def test_a_kill_switch_that_is_confirmed_is_carried_out(sys, max):
    question = ask(sys, kind="approval")
    Intervention.objects.filter(pk=question.pk).update(kind="kill_switch", allowed_actions=list(ACTS["kill_switch"]))
    actions.approve(question.pk, actor=max)

    assert status_of(question) == "completed"


def test_the_reason_reaches_the_decision_the_unit_and_the_ledger(sys, ada):
    question = held(sys)
    actions.reject(question.pk, reason="Not on a Friday.", actor=ada)

    assert fresh(question).decision.reason == "Not on a Friday."
    assert fresh(question.unit).note == "Not on a Friday."


@pytest.mark.parametrize("act", SETTLE | HANDLE)
def test_a_closed_question_is_never_reopened(sys, ada, max, act):
    question = held(sys)
    actions.reject(question.pk, actor=ada)
    before = everything()

    if act == "comment":  # words after the fact change nothing but themselves
        actions.comment(question.pk, body="Pity.", actor=max)
        assert status_of(question) == "rejected"
    else:
        with pytest.raises(Refusal, match="Ada Nyström rejected this") as refused:
            (SETTLE | HANDLE)[act](question.pk, actor=max)
        assert refused.value.members["decision"]["verdict"] == "rejected"
        assert everything() == before


@pytest.mark.parametrize("act", sorted((SETTLE | HANDLE).keys() - {"comment"}))
def test_what_ran_out_of_time_takes_no_answer_even_before_the_clock_came(sys, max, act):
    question = out_of_time(ask(sys, KIND_FOR.get(act, "approval")))

    with pytest.raises(Refusal, match="The time to decide has passed"):
        (SETTLE | HANDLE)[act](question.pk, actor=max)
    assert status_of(question) == "pending"


def test_after_the_clock_nobody_is_told_that_a_pilot_said_no(sys, ada):
    question = out_of_time(ask(sys))
    expire(question)

    with pytest.raises(Refusal, match=r"^The time to decide has passed\.$") as refused:
        actions.approve(question.pk, actor=ada)
    assert refused.value.members["decision"]["source"] == "timeout_default"


def test_the_winning_unit_is_the_one_of_the_question(sys, ada):
    """Two units, two questions: an answer moves its own."""
    first, second = held(sys), held(sys)
    actions.approve(first.pk, actor=ada)

    assert (status_of(first.unit), status_of(second.unit)) == ("active", "awaiting_pilot")


@pytest.mark.parametrize("status", ["active", "paused", "completed", "cancelled"])
def test_a_unit_that_has_gone_on_by_itself_is_left_where_it_is(sys, ada, status):
    question = held(sys)
    settled_at = timezone.now() if status in TERMINAL else None
    Unit.objects.filter(pk=question.unit_id).update(status=status, settled_at=settled_at)
    settled = actions.approve(question.pk, actor=ada)

    assert settled.decision.effect == ""
    assert status_of(question.unit) == status
