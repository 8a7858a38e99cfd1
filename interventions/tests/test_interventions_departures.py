"""What a member who has left had in hand: it goes on, or back."""

from collections.abc import Callable

import pytest

from accounts import actions
from audit.models import Entry
from interventions import actions as interventions
from interventions import tasks
from interventions.models import Claim, Intervention
from interventions.tests.asking import ask


@pytest.fixture
def passed_on(monkeypatch) -> Callable[[], int]:
    """Runs what the worker was asked to do about who has left."""
    jobs: list[dict] = []
    monkeypatch.setattr("interventions.receivers.defer", lambda task, **arguments: jobs.append(arguments))
    return lambda: sum(tasks.pass_on(**job) for job in jobs)


@pytest.fixture
def held(ada, sys) -> tuple[Intervention, Intervention]:
    """One question that Ada has claimed, and one that is assigned to her."""
    claimed, assigned = ask(sys), ask(sys)
    interventions.claim(claimed.pk, actor=ada)
    interventions.assign(assigned.pk, actor=ada, to="local:ada")
    return claimed, assigned


def test_what_a_member_holds_goes_to_whom_they_name(ada, bo, held, passed_on):
    actions.leave(actor=ada, to="local:bo")
    assert passed_on() == 2

    assert Claim.objects.get().by == bo
    assert Intervention.objects.get(pk=held[1].pk).assigned_to == bo
    line = Entry.objects.get(verb="member.left")
    assert (line.actor, line.data["to"]) == (ada, "Bo Lindqvist")
    handed = Entry.objects.get(verb="intervention.handed_over")
    assert (handed.data["was"], handed.data["to"]) == ("Ada Nyström", "Bo Lindqvist")


def test_without_an_heir_it_goes_back_to_everybody(ada, max, held, passed_on):
    actions.end_membership(ada, actor=max)
    assert passed_on() == 2

    assert not Claim.objects.exists()
    claimed, assigned = (Intervention.objects.get(pk=one.pk) for one in held)
    assert (claimed.status, assigned.assigned_to) == ("pending", None)
    assert Entry.objects.filter(verb="claim.lapsed", data__why="ended").exists()
    assert Entry.objects.filter(verb="intervention.unassigned").exists()
    assert passed_on() == 0


def test_an_heir_who_may_not_decide_gets_nothing(ada, vi, held, passed_on):
    actions.leave(actor=ada, to="local:vi")
    passed_on()

    assert not Claim.objects.exists()
    assert Intervention.objects.get(pk=held[1].pk).assigned_to is None
