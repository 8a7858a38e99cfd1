"""Two organizations full of rows. Whatever one of them says or is called is a mark that nothing else contains."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import count
from typing import Any
from urllib.parse import quote_plus, unquote
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.utils import timezone
from django.utils.html import escape

from accounts import actions as accounts
from accounts.models import Membership, Organization, ToldGroup, ToldUser
from audit.models import Entry
from conftest import member
from guardians import actions as guardians
from intake.actions import submit
from intake.serializers import UnitIn
from interventions import actions as interventions
from interventions.actions import Question
from interventions.models import SavedView

FAR = 777_000_000  # so far away ids are the other organization's: no other number in a page looks like one


@dataclass
class Tenant:
    """An organization that has lived, and all that would give it away."""

    mark: str
    boss: Membership
    words: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(10))

    def word(self, what: str = "") -> str:
        """A new mark, kept: `zqtheirs12title`. Small letters and digits only, so that no escaping hides it."""
        made = f"{self.mark}{next(self.numbers)}{what}"
        self.words.append(made)
        return made

    @cached_property
    def ids(self) -> dict[str, list[Any]]:
        """The primary keys of its rows by model, as they were when this was first asked."""
        mine = {
            label: apps.get_model(label).objects.filter(**{path: self.boss.organization_id})
            for label, path in PATHS.items()
        }
        return {label: list(found.values_list("pk", flat=True)) for label, found in mine.items()}

    @cached_property
    def numbers_of_rows(self) -> set[int]:
        return {pk for found in self.ids.values() for pk in found if isinstance(pk, int) and pk >= FAR}

    @cached_property
    def uuids(self) -> set[str]:
        return {str(pk) for found in self.ids.values() for pk in found if isinstance(pk, UUID)}

    def lines(self) -> int:
        """How long its ledger is: whatever is done to it makes it longer."""
        return Entry.objects.filter(organization=self.boss.organization_id).count()

    def given_away_by(self, said: str, typed: Sequence[str] = ()) -> set[str]:
        """The marks and ids of this organization in an answer, but for what the caller had typed and is told back."""
        said = unquote(unquote(said))  # an address within an address
        for echo in sorted({form for text in typed for form in _forms(text)}, key=len, reverse=True):
            said = said.replace(echo, "")
        found = set(re.findall(rf"{self.mark}\w*", said)) | (set(UUIDS.findall(said)) & self.uuids)
        return found | {number for number in NUMBERS.findall(said) if int(number) in self.numbers_of_rows}


UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NUMBERS = re.compile(rf"(?<!\d){FAR // 1_000_000}\d{{6}}(?!\d)")
PATHS = {
    "accounts.Pilot": "memberships__organization",
    "accounts.Organization": "pk",
    "accounts.Membership": "organization",
    "accounts.Platform": "organization",
    "accounts.ApiKey": "membership__organization",
    "accounts.Invitation": "organization",
    "accounts.ProvisionedUser": "organization",
    "accounts.ProvisionedGroup": "organization",
    "audit.Entry": "organization",
    "guardians.Gate": "organization",
    "work.Unit": "organization",
    "interventions.Intervention": "organization",
    "interventions.Stop": "organization",
    "interventions.SavedView": "owner__organization",
}


def _forms(text: str) -> set[str]:
    return {text, escape(text), quote_plus(text), unquote(unquote(text))}


def move_ids(start: int) -> None:
    """Rows that are made from now on have ids from here on, in every table. Undone with the transaction of the test."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename), data_type FROM pg_sequences"
        )
        for name, kind in cursor.fetchall():
            if kind != "smallint":
                cursor.execute(f"ALTER SEQUENCE {name} RESTART WITH {start}")


def settle(mark: str) -> Tenant:
    """Make an organization and let it live: something of everything, each word of it a mark."""
    organization = accounts.create_organization(f"{mark}-place", f"{mark} place")
    people = {
        name: member(organization, f"{mark}-{name}", role, name=f"{mark} {name}")
        for name, role in {"boss": "Admin", "worker": "Operator", "second": "Operator", "looker": "Viewer"}.items()
    }
    tenant = Tenant(mark, people["boss"])
    _ask(tenant, **people)
    _govern(tenant, organization, **people)
    return tenant


def _ask(tenant: Tenant, boss: Membership, worker: Membership, second: Membership, looker: Membership) -> None:
    word = tenant.word
    gate = guardians.create_gate(word("gate"), actor=boss, name=word("gatename"), required_approvals=2)
    rules = {"rules": [{"field": "amount", "condition": "lt", "value": 1}]}
    guardians.post_guardian(gate.pk, word("guardian"), type="CRITERIA_GATE", config=rules, actor=boss)
    items = [
        UnitIn(
            gate=gate.slug,
            external_id=word("external"),
            title=word("title"),
            description=word("description"),
            workflow=word("workflow"),
            attributes={"amount": 2, word("name"): word("value")},
        )
        for _ in range(4)
    ]
    first, second_one, *_rest = [result.told()["intervention"]["id"] for result in submit(items, actor=worker)]
    interventions.comment(first, body=word("comment"), actor=boss)
    interventions.claim(first, actor=boss)
    interventions.approve(first, actor=boss, reason=word("reason"))
    interventions.approve(first, actor=second, reason=word("reason"))
    interventions.claim(second_one, actor=second)
    interventions.assign(second_one, actor=boss, to=boss.pilot.public_id, note=word("note"))
    asked = Question(kind="clarification", title=word("title"), description=word("description"), tags=[word("tag")])
    interventions.clarify(
        interventions.raise_intervention(asked, actor=worker).pk, message=word("message"), actor=second
    )


def _govern(
    tenant: Tenant, organization: Organization, boss: Membership, worker: Membership, second: Membership, looker: Any
) -> None:
    word = tenant.word
    SavedView.objects.create(owner=boss, name=word("view"), query=f"search={word('search')}", is_shared=True)
    interventions.stop_work(scope="workflow", target=word("flow"), reason=word("why"), actor=boss)
    platform = accounts.create_platform(word("platform"), word("platformname"), actor=boss)
    accounts.create_key(worker, name=word("key"), scopes=["read"], actor=boss, platform=platform)
    accounts.invite("Viewer", actor=boss, email=f"{word('mail')}@example.org")
    person = accounts.provision_user(ToldUser(word("user"), addresses=(word("address"),)), actor=boss)
    accounts.provision_group(ToldGroup(word("group"), members=frozenset({person.pk})), actor=boss)
    accounts.set_absence(looker, actor=boss, until=timezone.now() + timedelta(days=2))
