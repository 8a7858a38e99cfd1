"""How long records are kept: what goes, what stays, what is never touched, and that the database says so too."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import actions as accounts
from accounts.models import Membership, Organization
from accounts.proof import Proof, StaleProof
from audit.actions import record_past
from audit.models import Entry
from interventions import actions, tasks
from interventions.models import Comment, Decision, Delivery, Intervention, Vote
from interventions.queries.retention import preview_of
from interventions.tests.asking import ask, fresh, held, unit_of
from kit.errors import BadInput, NotAllowed
from work.models import Unit

SECRET = "Loan of Mr. Smith"


def days_ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def limit(max: Membership, settled: int | None = 90, ledger: int | None = None) -> Organization:
    return accounts.set_retention(actor=max, keep_settled_days=settled, keep_ledger_days=ledger)


def run(actor: Membership) -> dict[str, int]:
    return actions.apply_retention(actor.organization_id, now=timezone.now())


def settled(sys: Membership, ada: Membership, days: float, **about: Any) -> Intervention:
    """A question that was approved so many days ago, with its unit that is done for as long."""
    question = held(
        sys,
        title=SECRET,
        description=SECRET,
        context={"who": SECRET},
        proposed={"who": SECRET},
        tags=["smith"],
        requested_by=SECRET,
        links=[{"url": "https://files.example/smith.pdf", "title": SECRET}],
        edits_allowed=True,
        **about,
    )
    actions.comment(question.pk, body=SECRET, actor=ada)
    actions.approve(question.pk, reason=SECRET, edited={"who": "somebody"}, actor=ada)
    Intervention.objects.filter(pk=question.pk).update(settled_at=days_ago(days))
    said = {"status": "completed", "title": SECRET, "attributes": {"who": SECRET}, "description": SECRET}
    verdict = {"outcome": "held", "guardian": "amount", "evidence": {"who": SECRET}}
    Unit.objects.filter(pk=question.unit_id).update(settled_at=days_ago(days), verdict=verdict, **said)
    return fresh(question)


def test_the_content_of_what_was_settled_long_ago_goes_and_the_decision_stays(max, ada, sys):
    question, recent = settled(sys, ada, 100), settled(sys, ada, 80)
    Delivery.objects.create(intervention=question, url="https://callers.example/smith", delivered_at=days_ago(99))
    before = {model: model.objects.filter(intervention=question).values().get() for model in (Decision, Vote)}
    limit(max)

    assert run(max) == {"questions": 1, "units": 1, "entries": 0}
    was, question = question, fresh(question)
    assert question.title == f"#{str(question.pk)[-8:]}"
    assert question.emptied_at is not None
    kept = ("status", "kind", "priority", "content_hash", "created_at", "settled_at", "resolution_source", "requester")
    assert [getattr(question, name) for name in kept] == [getattr(was, name) for name in kept]
    gone = {"description": "", "context": {}, "proposed": None, "tags": [], "links": [], "requested_by": ""}
    assert {name: getattr(question, name) for name in gone} == gone
    assert not Comment.objects.filter(intervention=question).exists()
    for model, row in before.items():
        now = model.objects.filter(intervention=question).values().get()
        assert row.pop("reason") == SECRET
        assert now.pop("reason") == "—"
        for name in ("answer", "edited"):
            row.pop(name, None)
            assert now.pop(name, None) is None
        assert now == row
    unit = question.unit
    assert (unit.status, unit.attributes, unit.verdict) == ("completed", {}, {"outcome": "held", "guardian": "amount"})
    assert Delivery.objects.get().url == ""
    assert (fresh(recent).title, fresh(recent.unit).title) == (SECRET, SECRET)


def test_one_line_tells_of_each_run_that_removed_something(max, ada, sys):
    settled(sys, ada, 100)
    settled(sys, ada, 100)
    limit(max)
    run(max)
    run(max)

    line = Entry.objects.get(verb="retention.applied")
    assert (line.data["questions"], line.data["units"], line.data["entries"]) == (2, 2, 0)
    assert line.actor.is_system


def test_without_a_limit_all_is_kept(max, ada, sys):
    question = settled(sys, ada, 36_000)

    assert not any(run(max).values())
    assert tasks.apply_retention(0) == 0
    assert fresh(question).title == SECRET


def test_nothing_open_is_touched(max, ada, sys):
    open_one = held(sys, title=SECRET, created_at=days_ago(400))
    working = settled(sys, ada, 100)
    Unit.objects.filter(pk=working.unit_id).update(status="active", settled_at=None)
    just_done = settled(sys, ada, 100)
    Unit.objects.filter(pk=just_done.unit_id).update(settled_at=days_ago(2))
    asked_again = settled(sys, ada, 100)
    second = ask(sys, title=SECRET, unit=None)
    Intervention.objects.filter(pk=second.pk).update(unit=asked_again.unit_id)
    limit(max)
    run(max)

    assert {fresh(one).title for one in (open_one, working, just_done, second)} == {SECRET}
    assert {fresh(one.unit).title for one in (working, just_done, asked_again)} == {SECRET}


def test_what_a_caller_is_still_to_be_told_is_not_touched(max, ada, sys):
    question = settled(sys, ada, 100, callback_url="https://callers.example/told")
    limit(max)

    assert ProcrastinateJob.objects.filter(task_name="interventions.tell_caller", status="todo").count() == 1
    assert not any(run(max).values())
    assert (fresh(question).title, fresh(question.unit).title) == (SECRET, SECRET)


def test_units_that_nobody_was_asked_about_go_as_well(max, sys):
    unit = unit_of(sys, "completed", settled_at=days_ago(100), attributes={"who": SECRET})
    limit(max)

    assert run(max)["units"] == 1
    assert fresh(unit).attributes == {}


def test_the_ledger_goes_by_its_own_time(max, ada, sys):
    for days in (200, 400):
        about = {"verb": "unit.submitted", "subject_type": "unit", "subject_id": "1", "actor_role": "Operator"}
        line = Entry(organization_id=max.organization_id, actor=sys, actor_name=sys.name, at=days_ago(days), **about)
        record_past([line])
    limit(max, settled=90, ledger=365)

    assert run(max)["entries"] == 1
    assert Entry.objects.filter(at__lt=days_ago(100)).count() == 1


def test_another_organization_keeps_what_it_keeps(max, ada, sys, cy):
    question = settled(sys, ada, 100)
    limit(cy)

    assert tasks.apply_retention(0) == 0
    assert fresh(question).title == SECRET


def test_the_night_goes_on_when_one_organization_fails(max, ada, sys, cy, monkeypatch):
    settled(sys, ada, 100)
    limit(max)
    limit(cy)
    real = actions.apply_retention

    def broken(organization_id: int, **about: Any) -> dict[str, int]:
        if organization_id == cy.organization_id:
            raise RuntimeError("The disk is full.")
        return real(organization_id, **about)

    monkeypatch.setattr(actions, "apply_retention", broken)
    assert tasks.apply_retention(0) == 2


def test_a_preview_counts_and_changes_nothing(max, ada, sys):
    settled(sys, ada, 100)
    spared = settled(sys, ada, 100)
    Unit.objects.filter(pk=spared.unit_id).update(status="active", settled_at=None)
    found = preview_of(max, 90, None)

    assert (found.questions, found.units, found.spared, found.entries) == (1, 1, 1, 0)
    limit(max)
    assert run(max) == {"questions": 1, "units": 1, "entries": 0}


@pytest.mark.parametrize("settled, ledger", [(29, None), (36_501, None), (90, 29), (90, 89), (None, 365), (0, None)])
def test_too_short_a_time_is_refused(max, settled, ledger):
    with pytest.raises(BadInput):
        limit(max, settled, ledger)
    with pytest.raises(BadInput):
        preview_of(max, settled, ledger)
    about = {"keep_settled_days": settled, "keep_ledger_days": ledger}
    with pytest.raises(IntegrityError), transaction.atomic():
        Organization.objects.filter(pk=max.organization_id).update(**about)


def test_who_may_not_is_refused(max, ada):
    with pytest.raises(NotAllowed):
        limit(ada)
    with pytest.raises(NotAllowed):
        preview_of(ada, 90, None)
    max.proof = Proof(method="password", at=1)
    with pytest.raises(StaleProof):
        limit(max)


def test_the_database_lets_nothing_go_before_its_time(max, ada, sys):
    question = settled(sys, ada, 80)
    emptied = {"reason": "—", "answer": None, "edited": None}
    for days in (None, 90):
        limit(max, days, days)
        for rows, changes in ((Decision.objects, emptied), (Vote.objects, {"reason": "—"})):
            with pytest.raises(IntegrityError, match="is final"), transaction.atomic():
                rows.filter(intervention=question).update(**changes)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Entry.objects.filter(organization=max.organization_id).delete()


def test_the_database_lets_nothing_go_but_content(max, ada, sys):
    question = settled(sys, ada, 100)
    limit(max)
    mine = Decision.objects.filter(intervention=question)
    emptied = {"reason": "—", "answer": None, "edited": None}
    for change in ({"verdict": "rejected"}, {"by": max}, {"reason": "It was fine."}, {"edited": {"who": "else"}}):
        with pytest.raises(IntegrityError, match="A decision is final"), transaction.atomic():
            mine.update(**(emptied | change))
    for rows in (mine, Vote.objects.filter(intervention=question)):
        with pytest.raises(IntegrityError, match="is final"), transaction.atomic():
            rows.delete()
