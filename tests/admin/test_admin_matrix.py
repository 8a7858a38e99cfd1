"""The authorization matrix of Django's admin: every page and method, and what each caller is told.

A page or model that is in no table here fails the test. All other addresses are in tests/test_authorization.py.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.template.base import Template
from django.test import Client
from django.urls import reverse

from accounts import actions as accounts
from accounts.models import Membership, Pilot

CALLERS = {
    "nobody": "has not signed in",
    "vi": "Viewer",
    "ada": "Operator",
    "max": "Admin, of the organization that the rows are of",
    "cy": "Admin of another organization",
    "root": "runs the installation, and is a member nowhere",
    "guest": "runs the installation, and visits the organization as a Viewer",
    "governor": "an Admin's key, scope admin",
}

# One letter for each of CALLERS, as in tests/test_authorization.py:
#   .  let in    s  sign in first    f  you may not (403)    n  there is no such thing    i  go to the index
SITE = {
    "GET index": "sff..ffs",
    "GET app_list": "sff..ffs",
    "GET autocomplete": "sffffffs",
    "GET jsi18n": "sff..ffs",
    "GET login": "sssiisss",
    "GET logout": "sff..ffs",
    "GET password_change": "sff..ffs",
    "GET password_change_done": "sff..ffs",
    "GET view_on_site": "sffnnffs",
}
LIST, OWN, NONE = "sff..ffs", "sff.nffs", "sffffffs"

# Which models have pages, and what is done there: rows are (a)dded, or (c)hanged.
MODELS = {
    "accounts.Absence": "",
    "accounts.ApiKey": "a",
    "accounts.DirectoryFacts": "",
    "accounts.DirectoryRule": "",
    "accounts.Identity": "",
    "accounts.Invitation": "",
    "accounts.Membership": "ac",
    "accounts.Organization": "c",
    "accounts.Pilot": "ac",
    "accounts.Platform": "a",
    "accounts.PlatformRole": "a",
    "accounts.Preferences": "",
    "accounts.ProviderToken": "",
    "accounts.ProvisionedGroup": "",
    "accounts.ProvisionedUser": "",
    "accounts.Role": "ac",
    "accounts.TokenFamily": "",
    "audit.Entry": "",
    "audit.Erasure": "",
    "guardians.Gate": "ac",
    "guardians.Guardian": "ac",
    "guardians.GuardianVersion": "",
    "interventions.Acknowledgement": "",
    "interventions.Challenge": "",
    "interventions.Claim": "",
    "interventions.Comment": "",
    "interventions.Decision": "",
    "interventions.Delivery": "",
    "interventions.Hold": "",
    "interventions.Intervention": "",
    "interventions.Look": "",
    "interventions.SavedView": "",
    "interventions.Stop": "",
    "interventions.Vote": "",
    "work.Unit": "",
}


LOGIN = "/admin/login/"  # and from there to the one door


def rules(does: str) -> dict[str, str]:
    """What each caller is told by the pages of a model."""
    return {
        "GET changelist": LIST,
        "POST changelist": LIST,
        "GET add": LIST if "a" in does else NONE,
        "POST add": LIST if "a" in does else NONE,
        "GET change": OWN,
        "POST change": OWN if "c" in does else NONE,
        "GET history": OWN,
        "GET delete": NONE,
        "POST delete": NONE,
    }


def test_every_page_of_the_administration_is_in_a_table():
    named = {pattern.name for pattern in admin.site.urls[0] if getattr(pattern, "name", None)}
    pages = {pattern.name for one in admin.site._registry.values() for pattern in one.urls if pattern.name}
    known = {line.split()[1] for line in rules("")}

    assert sorted(model._meta.label for model in admin.site._registry) == sorted(MODELS)
    assert {name.rpartition("_")[2] for name in pages} == known
    assert named == {line.split()[1] for line in SITE}


def test_each_caller_is_told_what_the_tables_say_of_the_site(told):
    places = {"app_list": ("accounts",), "view_on_site": (1, 1)}

    assert {line: told(line, f"admin:{line.split()[1]}", *places.get(line.split()[1], ())) for line in SITE} == SITE


def test_each_caller_is_told_what_the_table_says_of_a_model(told, row_of):
    table, found = {}, {}
    for model in admin.site._registry:
        for line, letters in rules(MODELS[model._meta.label]).items():
            name = line.split()[1]
            of_a_row = (row_of(model).pk,) if name in {"change", "history", "delete"} else ()
            table[model.__name__, line] = letters
            address = f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}"
            found[model.__name__, line] = told(line, address, *of_a_row)

    assert found == table


@pytest.fixture
def row_of(max: Membership) -> Callable[[Any], Any]:
    """The latest row of Max's organization."""

    def find(model: Any) -> Any:
        rows = admin.site._registry[model].get_queryset(SimpleNamespace(membership=max, user=None))
        return rows.order_by("-pk").first()

    return find


@pytest.fixture
def told(
    ours: None,
    vi: Membership,
    ada: Membership,
    max: Membership,
    cy: Membership,
    root: Pilot,
    client_of: Callable[..., Client],
    browser_of: Callable[..., Client],
    key_of: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., str]:
    """`told("GET add", "admin:work_unit_add")` -> a letter for each of CALLERS."""
    monkeypatch.setattr(Template, "render", lambda page, context: "")  # what a page says is for other tests
    guest = Pilot.objects.create_superuser("guest", name="Gil Guest")
    accounts.enter(max.organization_id, pilot=guest, role="Viewer", reason="They asked for help.")
    callers = [Client(), *map(client_of, (vi, ada, max, cy)), browser_of(root), browser_of(guest)]
    callers.append(Client(headers={"Authorization": f"Bearer {key_of(max, 'admin')}"}))

    def letter(client: Client, method: str, address: str) -> str:
        with transaction.atomic():  # and back again: the next caller finds the same world
            cookies = client.cookies.copy()
            answer = client.generic(method, address)
            client.cookies = cookies
            transaction.set_rollback(True)
        if answer.status_code == 302 and answer["Location"].startswith((reverse("account_login"), f"{LOGIN}?")):
            return "s"
        if answer.status_code == 302 and answer["Location"] == reverse("admin:index"):
            return "i" if address == LOGIN else "n"
        return {403: "f", 404: "n", 405: "-"}.get(answer.status_code, ".")

    def ask(line: str, name: str, *place: object) -> str:
        return "".join(letter(client, line.split()[0], reverse(name, args=place)) for client in callers)

    assert len(callers) == len(CALLERS)
    return ask
