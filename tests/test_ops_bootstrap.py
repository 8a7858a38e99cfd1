"""A new installation: what bootstrap makes, and what it leaves alone the next time."""

import json
import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

from accounts.models import ApiKey, Membership, Pilot
from accounts.queries import membership_of_key, organization_named, system_of
from audit.models import Entry
from chameleon.management.sample_gates import SAMPLE_GATES
from guardians.actions import change_gate
from guardians.models import Gate, GuardianVersion

pytestmark = pytest.mark.django_db


def bootstrap(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("bootstrap", "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())


def test_it_prints_exactly_what_one_needs_to_begin() -> None:
    made = bootstrap()

    assert list(made) == ["url", "organization", "username", "password", "api_key"]
    assert made["organization"] == "default"
    assert re.fullmatch(r"[a-z]{5}(-[a-z]{5}){3}", made["password"])
    assert Client().login(username=made["username"], password=made["password"])


def test_the_key_acts_as_a_machine_that_submits_reads_and_decides() -> None:
    membership = membership_of_key(bootstrap()["api_key"])

    assert membership is not None
    assert membership.scopes == ("decide", "read", "submit")
    assert membership.pilot.kind == Pilot.Kind.AGENT
    assert membership.has_power("work.submit_unit")
    assert not membership.has_power("guardians.manage_gate")


def test_a_second_run_makes_nothing_and_shows_no_secret_again() -> None:
    bootstrap()
    lines = Entry.objects.count()

    again = bootstrap()

    assert (again["password"], again["api_key"]) == (None, None)
    assert Entry.objects.count() == lines


def test_a_lost_password_and_a_lost_key_are_made_anew() -> None:
    first = bootstrap()

    again = bootstrap("--new-password", "--new-key")

    assert Client().login(username="admin", password=again["password"])
    assert not Client().login(username="admin", password=first["password"])
    assert membership_of_key(again["api_key"]) is not None
    assert ApiKey.objects.count() == 2


def test_a_gate_that_its_admin_changed_is_left_as_it_is() -> None:
    bootstrap()
    organization = organization_named("default")
    assert organization is not None
    gate = Gate.objects.get(slug="deployment")
    change_gate(gate.pk, actor=system_of(organization.pk), name="Releases")

    bootstrap()

    assert Gate.objects.get(slug="deployment").name == "Releases"
    assert GuardianVersion.objects.filter(number__gt=1).count() == 0


def test_every_sample_gate_stands_with_its_guardians() -> None:
    bootstrap()

    for sample in SAMPLE_GATES:
        names = Gate.objects.get(slug=sample.slug).guardians.values_list("name", flat=True)
        assert list(names) == [guardian.name for guardian in sample.guardians]


def test_the_admin_rules_its_organization() -> None:
    bootstrap()

    assert Membership.objects.get(pilot__username="admin").role_name == "Admin"


@override_settings(HOST="0.0.0.0", BASE_URL="http://0.0.0.0:9000")
def test_a_server_that_listens_everywhere_is_found_at_home() -> None:
    assert bootstrap()["url"] == "http://127.0.0.1:9000"


def test_a_person_reads_what_to_do_next() -> None:
    out = StringIO()
    call_command("bootstrap", stdout=out)
    call_command("bootstrap", stdout=out)

    said = out.getvalue()
    assert "loan-approval, deployment, agent-action" in said
    assert "bootstrap --new-password makes a new one" in said
