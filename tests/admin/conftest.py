"""Two organizations that have lived, and an Admin's browser."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts import actions as accounts
from accounts.directory import Facts, Rule
from accounts.models import Absence, Grant, Membership, Organization, Preferences, ToldGroup, ToldUser
from accounts.queries import system_of
from conftest import member
from guardians import actions as guardians
from intake.actions import submit
from intake.serializers import UnitIn
from interventions import actions as interventions
from interventions.models import Acknowledgement, Challenge, Hold, Intervention, Look, SavedView, Stop


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
    Challenge.objects.create(
        digest=title, intervention=waiting, by=boss, act="approve", host="localhost", at=waiting.due_at
    )
    Look.objects.create(intervention=waiting, by=boss, seen_at=waiting.due_at)
    SavedView.objects.create(owner=boss, name=f"{title} view", query="")
    stop = Stop.objects.create(
        organization_id=boss.organization_id, scope="workflow", target=f"{title} flow", reason=title, by=boss
    )
    Acknowledgement.objects.create(stop=stop, caller=worker)
    Preferences.objects.create(pilot=boss.pilot)
    told = accounts.Facts(provider="github", issuer="https://github.com", uid=title, login=title)
    accounts.connect_identity(told, actor=boss, grant=Grant("access", "refresh"))
    Absence.objects.create(membership=second, delegate=boss)
    accounts.invite("Viewer", actor=boss, email=f"{title.lower()}@example.org")
    accounts.make_role(f"{title} role", ["work.view_unit"], actor=boss)
    accounts.grant_on_platform(second, platform, "Operator", actor=boss)
    accounts.set_rules([Rule(1, "any", "organization", f"{title} org", "Viewer")], actor=boss)
    facts = Facts(provider="github", uid=title, organizations=(f"{title} org",))
    accounts.note_facts(second.pilot, facts)
    accounts.apply_directory(second.pilot, facts, actor=system_of(boss.organization_id))
    accounts.provision_user(ToldUser(f"{title} user"), actor=boss)
    accounts.provision_group(ToldGroup(f"{title} group"), actor=boss)
    gone = member(boss.organization, f"{title.lower()}-gone", "Viewer", name=f"{title} Gone")
    accounts.erase_member(gone, actor=boss, reason="They asked for it.")
    accounts.create_key(worker, name=f"{title} key", scopes=["read"], actor=boss, platform=platform)
    accounts.issue_tokens(actor=worker)


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
