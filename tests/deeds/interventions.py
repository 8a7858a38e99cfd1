"""What is done with a question."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from accounts.tests.device import Device
from interventions import actions as interventions
from interventions.actions import Question
from interventions.tests.asking import ask, held, unit_of
from kit.errors import NotAllowed
from tests.deeds.case import QUESTION, TOLD, UNIT, Case, Cast, Deed


def on_a_question(act: Deed, kind: str = "approval", **words: Any) -> Callable[[Cast], Deed]:
    """The act, on an open question of that kind."""

    def ready(cast: Cast) -> Deed:
        question = ask(cast.sys, kind)
        return lambda actor: act(question.pk, actor=actor, **words)

    return ready


def on_many(act: Deed) -> Callable[[Cast], Deed]:
    def ready(cast: Cast) -> Deed:
        question = ask(cast.sys)
        return lambda actor: act([question.pk], act="approve", actor=actor)

    return ready


def on_a_view(change: Deed) -> Callable[[Cast], Deed]:
    """A view that Ada shares: others see it and leave it alone."""

    def ready(cast: Cast) -> Deed:
        view = interventions.create_saved_view("Money", query="kind=approval", is_shared=True, actor=cast.ada)
        return lambda actor: change(view.pk, actor=actor)

    return ready


def on_a_held_unit(end: Deed) -> Callable[[Cast], Deed]:
    def ready(cast: Cast) -> Deed:
        unit_id = held(cast.sys).unit_id
        return lambda actor: end(unit_id, actor=actor)

    return ready


def a_claim(cast: Cast) -> Deed:
    question = ask(cast.sys)
    interventions.claim(question.pk, actor=cast.ada)
    return lambda actor: interventions.release(question.pk, actor=actor)


def a_held_approval(cast: Cast) -> Deed:
    question = ask(cast.sys, undo_seconds=30)
    interventions.approve(question.pk, actor=cast.ada)
    return lambda actor: interventions.undo(question.pk, actor=actor)


def a_claim_to_hand_over(cast: Cast) -> Deed:
    question = ask(cast.sys)
    interventions.claim(question.pk, actor=cast.ada)
    return lambda actor: interventions.hand_over(question.pk, to="local:bo", actor=actor)


def a_question_asked_back(cast: Cast) -> Deed:
    question = ask(cast.sys)
    interventions.clarify(question.pk, message="Which one?", actor=cast.ada)
    return lambda actor: interventions.reply(question.pk, message="The second.", actor=actor)


def a_question_about_a_unit(cast: Cast) -> Deed:
    unit = unit_of(cast.sys)
    return lambda actor: interventions.raise_intervention(
        Question(kind="approval", title="Deploy", unit=unit.pk), actor=actor
    )


def a_caller(cast: Cast) -> Deed:
    question = ask(cast.sys)
    until = timezone.now() + timedelta(seconds=30)
    return lambda actor: interventions.note_caller(question.pk, actor=actor, waits_until=until)


def a_delivery(cast: Cast) -> Deed:
    question = ask(cast.sys, callback_url="https://example.com/hook")
    return lambda actor: interventions.note_delivery(question.pk, actor=actor, status_code=200)


def a_passkey(cast: Cast) -> Deed:
    question = ask(cast.sys, passkey_required=True)
    Device(cast.ada.pilot)
    return lambda actor: interventions.begin_passkey(question.pk, act="approve", host="localhost", actor=actor)


CASES = {
    ("interventions", "begin_passkey"): Case(a_passkey, [], set()),
    ("interventions", "act_on_many"): Case(on_many(interventions.act_on_many), ["intervention.decided"], QUESTION),
    ("interventions", "rehearse_on_many"): Case(on_many(interventions.rehearse_on_many), [], QUESTION),
    ("interventions", "create_saved_view"): Case(
        lambda cast: lambda actor: interventions.create_saved_view("Money", query="kind=approval", actor=actor),
        ["saved_view.created"],
        set(),
        viewer=None,
        stranger=None,
    ),
    ("interventions", "change_saved_view"): Case(
        on_a_view(partial(interventions.change_saved_view, name="Cash", is_shared=True)),
        ["saved_view.changed"],
        set(),
    ),
    ("interventions", "delete_saved_view"): Case(
        on_a_view(interventions.delete_saved_view), ["saved_view.deleted"], set()
    ),
    ("interventions", "approve"): Case(on_a_question(interventions.approve), ["intervention.decided"], QUESTION),
    ("interventions", "reject"): Case(on_a_question(interventions.reject), ["intervention.decided"], QUESTION),
    ("interventions", "waive"): Case(
        on_a_question(interventions.waive, reason="Agreed."), ["intervention.decided"], QUESTION, actor="max"
    ),
    ("interventions", "resume"): Case(
        on_a_question(interventions.resume, "resume"), ["intervention.decided"], QUESTION
    ),
    ("interventions", "answer"): Case(
        on_a_question(interventions.answer, "clarification", answer="Blue."), ["intervention.decided"], QUESTION
    ),
    ("interventions", "cancel"): Case(on_a_question(interventions.cancel), ["intervention.decided"], QUESTION),
    ("interventions", "undo"): Case(a_held_approval, ["decision.undone"], QUESTION),
    ("interventions", "claim"): Case(on_a_question(interventions.claim), ["intervention.claimed"], QUESTION),
    ("interventions", "release"): Case(a_claim, ["intervention.released"], QUESTION),
    ("interventions", "assign"): Case(
        on_a_question(interventions.assign, to="local:bo"), ["intervention.assigned"], QUESTION | TOLD
    ),
    ("interventions", "hand_over"): Case(a_claim_to_hand_over, ["intervention.handed_over"], QUESTION | TOLD),
    ("interventions", "look"): Case(on_a_question(interventions.look), [], {"interventions.presence"}, viewer=None),
    ("interventions", "export_history"): Case(
        lambda cast: lambda actor: interventions.export_history(filters="", form="csv", actor=actor),
        ["history.exported"],
        set(),
        viewer=None,
        stranger=None,
    ),
    ("interventions", "export_ledger"): Case(
        lambda cast: lambda actor: interventions.export_ledger(filters="", form="jsonl", actor=actor),
        ["ledger.exported"],
        set(),
        viewer=None,
        stranger=None,
    ),
    ("interventions", "comment"): Case(
        on_a_question(interventions.comment, body="Looking."), ["intervention.commented"], QUESTION
    ),
    ("interventions", "clarify"): Case(
        on_a_question(interventions.clarify, message="Which one?"), ["intervention.clarified"], QUESTION
    ),
    ("interventions", "reply"): Case(a_question_asked_back, ["intervention.replied"], QUESTION | TOLD, actor="sys"),
    ("interventions", "escalate"): Case(
        on_a_question(interventions.escalate, message="It is late."),
        ["intervention.commented", "intervention.escalation_requested"],
        QUESTION,
    ),
    ("interventions", "note_seen"): Case(
        on_a_question(interventions.note_seen), ["intervention.seen"], set(), viewer=None
    ),
    ("interventions", "note_caller"): Case(
        a_caller, [], {"interventions.queue"}, actor="sys", viewer=None, stranger=None
    ),
    ("interventions", "note_delivery"): Case(a_delivery, ["delivery.made"], set(), actor="system", stranger=NotAllowed),
    ("interventions", "raise_intervention"): Case(
        a_question_about_a_unit, ["unit.awaiting_pilot", "intervention.raised"], QUESTION | UNIT, actor="sys"
    ),
    ("interventions", "cancel_unit"): Case(
        on_a_held_unit(interventions.cancel_unit),
        ["unit.cancelled", "intervention.decided"],
        QUESTION | UNIT,
        actor="sys",
    ),
    ("interventions", "fail_unit"): Case(
        on_a_held_unit(interventions.fail_unit),
        ["unit.failed", "intervention.decided"],
        QUESTION | UNIT,
        actor="sys",
    ),
}
