"""Two organizations that have lived, and an Admin's browser."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts import actions as accounts
from accounts.models import Absence, Membership, Organization, Preferences
from accounts.queries import system_of
from conftest import member
from guardians import actions as guardians
from intake.actions import submit
from intake.serializers import UnitIn
from interventions import actions as interventions
from interventions.models import Acknowledgement, Hold, Intervention, Look, SavedView, Stop


def live_in(boss: Membership, worker: Membership, second: Membership, title: str) -> None:
    """One row of everything: a unit that was held, talked about, claimed, voted on and decided."""
    gate = guardians.create_gate("door", actor=boss, name=f"{title} gate", required_approvals=2)
    rules = {"rules": [{"field": "amount", "condition": "lt", "value": 1}]}
    guardians.post_guardian(gate.pk, "small", type="CRITERIA_GATE", config=rules, actor=boss)
    item = UnitIn(
        gate="door", external_id="1", title=title, attributes={"amount": 2}, callback_url="https://e.example/"
    )
    (result,) = submit([item], actor=worker)
    question = result.told()["intervention"]["id"]
    interventions.comment(question, body=f"About {title}", actor=boss)
    interventions.claim(question, actor=boss)
    interventions.approve(question, actor=boss, reason="Fine.")
    interventions.approve(question, actor=second, reason="Fine.")
    (open_one,) = submit([UnitIn(gate="door", external_id="2", title=title, attributes={"amount": 2})], actor=worker)
    interventions.claim(open_one.told()["intervention"]["id"], actor=boss)
    interventions.note_delivery(question, actor=system_of(boss.organization_id), status_code=200)
    platform = boss.organization.platforms.earliest("pk")
    waiting = Intervention.objects.get(pk=open_one.told()["intervention"]["id"])
    Hold.objects.create(intervention=waiting, by=boss, act="approve", until=waiting.due_at)
    Look.objects.create(intervention=waiting, by=boss, seen_at=waiting.due_at)
    SavedView.objects.create(owner=boss, name=f"{title} view", query="")
    stop = Stop.objects.create(
        organization_id=boss.organization_id, scope="workflow", target=f"{title} flow", reason=title, by=boss
    )
    Acknowledgement.objects.create(stop=stop, caller=worker)
    Preferences.objects.create(pilot=boss.pilot)
    Absence.objects.create(membership=second, delegate=boss)
    accounts.create_key(worker, name=f"{title} key", scopes=["read"], actor=boss, platform=platform)


@pytest.fixture
def ours(max: Membership, sys: Membership, ada: Membership) -> None:
    live_in(max, sys, ada, "Ours")


@pytest.fixture
def theirs(cy: Membership, elsewhere: Organization) -> None:
    worker, second = (member(elsewhere, name, "Operator", name=f"{name} Stranger") for name in ("worker", "second"))
    live_in(cy, worker, second, "Theirs")


@pytest.fixture
def boss(client_of: Callable[..., Client], max: Membership) -> Client:
    return client_of(max)
