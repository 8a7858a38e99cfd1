"""The authorization matrix: every address and method, and what each caller is told.

An address that the table does not name fails the test, as does one that is gone. The pages of Django's admin are in
tests/admin/test_admin_matrix.py, sockets and what is answered before Django in tests/test_authorization_of_the_wire.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.template.base import Template
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts import actions as accounts
from accounts.keyring import digest_of
from accounts.models import ApiKey
from accounts.queries import default_platform_of, system_of
from audit.models import Entry
from chameleon import providers
from guardians import actions as guardians
from interventions import actions as interventions
from interventions.models import SavedView
from interventions.tests.asking import ask, unit_of

CALLERS = {
    "nobody": "has not signed in",
    "vi": "Viewer",
    "ada": "Operator",
    "max": "Admin, and maker of all that is asked for",
    "cy": "Admin of another organization",
    "dead": "a key that has expired",
    "reader": "a key of the machine, scope read",
    "machine": "a key of the machine that asked: submit, read and decide",
    "governor": "an Admin's key, scope admin",
}

# What a caller is told, one letter each in the order of CALLERS:
#   .  let in: done, or refused for what was sent       s  sign in first
#   f  you may not (403)                                n  there is no such thing (404)
ALL = "." * len(CALLERS)
MEMBER = "s....ssss"  # pages know nothing of keys
SCIM = "ssssssfff"  # takes keys alone, and only those with the scope `provision`

TABLE = {
    "GET account_change_password": MEMBER,
    "POST account_change_password": MEMBER,
    "GET account_confirm_email": ALL,
    "POST account_confirm_email": "nnnnnnnnn",
    "GET account_confirm_login_code": MEMBER,
    "POST account_confirm_login_code": MEMBER,
    "GET account_email": MEMBER,
    "POST account_email": MEMBER,
    "GET account_email_verification_sent": ALL,
    "GET account_inactive": ALL,
    "GET account_login": ALL,
    "POST account_login": ALL,
    "GET account_logout": MEMBER,
    "GET account_reauthenticate": "sff.fssss",
    "POST account_reauthenticate": "sff.fssss",
    "GET account_reset_password": ALL,
    "POST account_reset_password": ALL,
    "GET account_reset_password_done": ALL,
    "GET account_reset_password_from_key": ALL,
    "POST account_reset_password_from_key": ALL,
    "GET account_reset_password_from_key_done": ALL,
    "GET account_set_password": MEMBER,
    "POST account_set_password": MEMBER,
    "GET account_signup": ALL,
    "POST account_signup": ALL,
    "GET accounts:absence": MEMBER,
    "GET accounts:erasure": "sffffssss",
    "POST accounts:erasure": "sffffssss",
    "GET accounts:member-data": "sf..nssss",  # oneself
    "GET accounts:member-erasure": "sff.nssss",
    "POST accounts:member-erasure": "sff.nssss",
    "GET accounts:own-data": MEMBER,
    "GET interventions:retention": "sff..ssss",
    "POST interventions:retention": "sff..ssss",
    "GET accounts:deactivation": "sffffssss",
    "POST accounts:deactivation": "sffffssss",
    "GET accounts:invitation": "nnnnnnnnn",
    "POST accounts:invitation": ".nnnn....",
    "POST accounts:invitation-renewal": "sff.nssss",
    "POST accounts:invitation-withdrawal": "sff.nssss",
    "POST accounts:invitations": "sff..ssss",
    "GET accounts:leaving": MEMBER,
    "POST accounts:leaving": MEMBER,
    "GET accounts:member": "sff.nssss",
    "POST accounts:member-ending": "sff.nssss",
    "POST accounts:member-role": "sff.nssss",
    "GET accounts:members": "sff..ssss",
    "GET accounts:new-organization": "sffffssss",
    "POST accounts:new-organization": "sffffssss",
    "GET accounts:opening": ALL,
    "GET accounts:pilots": "sffffssss",
    "POST accounts:reactivation": "sffffssss",
    "GET accounts:visit": "sffffssss",
    "POST accounts:visit": "sffffssss",
    "POST accounts:visit-end": MEMBER,
    "GET interventions:organizations": "sffffssss",
    "POST accounts:absence": MEMBER,
    "GET accounts:absence-of": "sn..nssss",
    "POST accounts:absence-of": "sn..nssss",
    "POST accounts:choice": MEMBER,
    "POST accounts:comeback": MEMBER,
    "POST accounts:comeback-of": "sn..nssss",
    "POST accounts:departure": MEMBER,
    "POST accounts:key-revocation": "sff.nssss",
    "GET accounts:keys": "sff..ssss",
    "POST accounts:keys": "sff..ssss",
    "GET accounts:new-role": "sff..ssss",
    "POST accounts:new-role": "sff..ssss",
    "GET accounts:organization": "sff..ssss",
    "POST accounts:organization": "sff..ssss",
    "POST accounts:disconnection": MEMBER,  # asked who they are first
    "GET accounts:profile": MEMBER,
    "GET accounts:proof": MEMBER,
    "GET accounts:proof-elsewhere": MEMBER,
    "POST accounts:proof": MEMBER,
    "GET accounts:provisioning": "sff..ssss",
    "POST accounts:provisioning": "sff..ssss",
    "POST accounts:revocation": "sff.nssss",
    "POST accounts:rotation": "sff.nssss",
    "GET accounts:role": "sff.nssss",
    "POST accounts:role": "sff.nssss",
    "POST accounts:role-removal": "sff.nssss",
    "GET accounts:roles": "sff..ssss",
    "GET accounts:rules": "sff..ssss",
    "POST accounts:rules": "sff..ssss",
    "GET accounts:settings": MEMBER,
    "POST accounts:settings": MEMBER,
    "POST accounts:shipped-keys": MEMBER,
    "POST accounts:sign-out": "sf..nssss",
    "POST accounts:switch": "snnn.ssss",
    "POST accounts:tokens": "sff..ssss",
    "GET api:accounts-api:me": "s....s...",
    "POST api:accounts-api:refresh": "sssssssss",
    "POST api:accounts-api:revoke": ALL,
    "POST api:accounts-api:token": "s....s...",
    "GET github_callback": ALL,
    "GET google_callback": ALL,
    "GET microsoft_callback": ALL,
    "GET openid_connect_callback": ALL,
    "POST provider_login": ALL,
    "GET api:audit-api:ledger": "s....s..f",
    "GET api:docs": MEMBER,
    "POST api:intake-api:batch": "sf...sf.f",
    "POST api:intake-api:cancel": "sf..nsf.n",
    "POST api:intake-api:complete": "sf..nsf.n",
    "POST api:intake-api:fail": "sf..nsf.n",
    "POST api:intake-api:heartbeat": "sf..nsf.n",
    "GET api:intake-api:unit": "s...ns..n",
    "POST api:intake-api:units": "sf...sf.f",
    "POST api:interventions-api:acknowledge": "sf..nsf.f",
    "POST api:interventions-api:answer": "sf..nsf.n",
    "POST api:interventions-api:approve": "sf..nsf.n",
    "POST api:interventions-api:assign": "sf..nsf.n",
    "POST api:interventions-api:cancel": "sf..nsf.n",
    "POST api:interventions-api:claim": "sf..nsf.n",
    "POST api:interventions-api:clarify": "sf..nsf.n",
    "POST api:interventions-api:comment": "sf..nsf.n",
    "POST api:interventions-api:hand-over": "sf..nsf.n",
    "GET api:interventions-api:intervention": "s...ns..n",
    "GET api:interventions-api:interventions": "s....s...",
    "POST api:interventions-api:interventions": "sf...sf.f",
    "GET api:interventions-api:kill-switch": "s....s...",
    "POST api:interventions-api:kill-switch": "sff..sff.",
    "GET api:interventions-api:metrics": "s....s...",
    "GET api:interventions-api:pending": "s....s...",
    "POST api:interventions-api:rearm": "sff.nsff.",
    "POST api:interventions-api:reject": "sf..nsf.n",
    "POST api:interventions-api:release": "sf..nsf.n",
    "POST api:interventions-api:reply": "sf..nsf.n",
    "POST api:interventions-api:resume": "sf..nsf.n",
    "GET api:interventions-api:stop": "s...ns...",
    "POST api:interventions-api:undo": "sf..nsf.n",
    "POST api:interventions-api:waive": "sff.nsffn",
    "GET api:schema": ".....s...",
    "POST interventions:answer": "sf..nssss",
    "POST interventions:approval": "sf..nssss",
    "GET interventions:assignment": "s...nssss",
    "POST interventions:assignment": "sf..nssss",
    "POST interventions:bulk": "sf..nssss",
    "POST interventions:bulk-plan": "sf..nssss",
    "POST interventions:cancellation": "sf..nssss",
    "POST interventions:claim": "sf..nssss",
    "POST interventions:clarification": "sf..nssss",
    "POST interventions:comment": "sf..nssss",
    "GET interventions:context": "s...nssss",
    "GET interventions:detail": "s...nssss",
    "GET interventions:handover": "s...nssss",
    "POST interventions:handover": "sf..nssss",
    "GET interventions:history": MEMBER,
    "GET interventions:history-csv": MEMBER,
    "GET interventions:history-jsonl": MEMBER,
    "GET interventions:history-size": MEMBER,
    "GET interventions:ledger": MEMBER,
    "GET interventions:ledger-csv": MEMBER,
    "GET interventions:ledger-jsonl": MEMBER,
    "GET interventions:ledger-size": MEMBER,
    "GET interventions:line": "s...nssss",
    "POST interventions:look": "s...nssss",
    "GET interventions:metrics": MEMBER,
    "GET interventions:people": MEMBER,
    "GET interventions:proposed": "s...nssss",
    "GET interventions:queue": MEMBER,
    "GET interventions:skin": MEMBER,
    "POST interventions:rearming": "sff.nssss",
    "POST interventions:rejection": "sf..nssss",
    "POST interventions:release": "sf..nssss",
    "POST interventions:reply": "sf..nssss",
    "POST interventions:resumption": "sf..nssss",
    "POST interventions:signing": "sf..nssss",
    "POST interventions:sample": "sf...ssss",
    "GET interventions:stop": "s...nssss",
    "GET interventions:stopped": MEMBER,
    "GET interventions:stopping": "sff..ssss",
    "GET interventions:stops": MEMBER,
    "POST interventions:stops": "sff..ssss",
    "POST interventions:undo": "sf..nssss",
    "GET interventions:unit": "s...nssss",
    "GET interventions:units": MEMBER,
    "POST interventions:view": "snn.nssss",
    "POST interventions:view-deletion": "snn.nssss",
    "POST interventions:views": MEMBER,
    "POST interventions:waiver": "sff.nssss",
    "GET jwks": ALL,
    "GET manifest": ALL,
    "GET mfa_activate_totp": MEMBER,
    "POST mfa_activate_totp": MEMBER,
    "GET mfa_add_webauthn": MEMBER,
    "POST mfa_add_webauthn": MEMBER,
    "GET mfa_authenticate": MEMBER,
    "POST mfa_authenticate": MEMBER,
    "GET mfa_deactivate_totp": "snnnnssss",
    "POST mfa_deactivate_totp": "snnnnssss",
    "GET mfa_download_recovery_codes": "snnnnssss",
    "GET mfa_edit_webauthn": "snnnnssss",
    "POST mfa_edit_webauthn": "snnnnssss",
    "GET mfa_generate_recovery_codes": MEMBER,
    "POST mfa_generate_recovery_codes": MEMBER,
    "GET mfa_index": MEMBER,
    "GET mfa_list_webauthn": MEMBER,
    "GET mfa_login_webauthn": MEMBER,
    "POST mfa_login_webauthn": MEMBER,
    "GET mfa_reauthenticate": "sff.fssss",
    "POST mfa_reauthenticate": "sff.fssss",
    "GET mfa_reauthenticate_webauthn": "sff.fssss",
    "POST mfa_reauthenticate_webauthn": "sff.fssss",
    "GET mfa_remove_webauthn": "snnnnssss",
    "POST mfa_remove_webauthn": "snnnnssss",
    "GET mfa_view_recovery_codes": "snnnnssss",
    "GET offline": ALL,
    "GET scim:config": SCIM,
    "GET scim:group": SCIM,
    "PUT scim:group": SCIM,
    "PATCH scim:group": SCIM,
    "DELETE scim:group": SCIM,
    "POST scim:group-search": SCIM,
    "GET scim:groups": SCIM,
    "POST scim:groups": SCIM,
    "GET scim:resource-type": SCIM,
    "GET scim:resource-types": SCIM,
    "GET scim:schema": SCIM,
    "GET scim:schemas": SCIM,
    "GET scim:user": SCIM,
    "PUT scim:user": SCIM,
    "PATCH scim:user": SCIM,
    "DELETE scim:user": SCIM,
    "POST scim:user-search": SCIM,
    "GET scim:users": SCIM,
    "POST scim:users": SCIM,
    "GET worker": ALL,
}


def test_every_address_is_in_the_table_and_nothing_else():
    named = {line.split()[1] for line in TABLE}

    assert sorted(named ^ set(_names())) == []


# Whoever runs the installation is a member nowhere, and comes only to what is theirs, or nobody's.
ROOTS = {
    "GET accounts:profile",
    "GET accounts:proof",
    "POST accounts:proof",
    "GET accounts:proof-elsewhere",
    "GET api:docs",
    "GET api:schema",
    "GET interventions:stopped",  # leads to another address
    "POST interventions:views",
    "GET accounts:new-organization",
    "POST accounts:new-organization",
    "GET accounts:pilots",
    "POST accounts:deactivation",
    "GET accounts:deactivation",
    "POST accounts:erasure",
    "GET accounts:erasure",
    "POST accounts:reactivation",
    "GET accounts:visit",
    "POST accounts:visit",
    "GET interventions:organizations",
}
OWN = ("account_", "mfa_")  # password, addresses and factors belong to the pilot, and to no organization


def test_every_address_has_a_name():
    """Or no table could name it. Those of Django's admin that have none lead to ones that have; the others here answer
    programs in their own words that there is nothing, for HumanLayer and SCIM."""
    inside = [one for one in get_resolver().url_patterns if getattr(one, "namespace", None) != "admin"]

    assert [str(pattern.pattern) for pattern in _leaves(inside) if not pattern.name] == ["", "<path:rest>", ""]


def test_who_runs_the_installation_is_let_into_no_organization(world):
    closed = {line for line in TABLE if TABLE[line] != ALL and not line.split()[1].startswith(OWN)}

    assert {line for line in closed if world.letter(*line.split(), "root") == "."} == ROOTS


def test_each_caller_is_told_what_the_table_says(world):
    assert {line: world.told(line) for line in TABLE} == TABLE


def test_the_key_of_a_directory_gets_to_its_own_addresses_and_to_nothing_else(world, max, client_of):
    _key, text = accounts.make_provisioning_key(actor=max)
    world.callers["directory"] = partial(Client, headers={"Authorization": f"Bearer {text}"})
    told = {line: world.letter(*line.split(), "directory") for line in TABLE}
    open_to_it = {line for line, letter in told.items() if letter == "."}
    open_to_readers = {line for line, said in TABLE.items() if said[list(CALLERS).index("reader")] == "."}

    assert {line for line in TABLE if "scim:" in line and not line.endswith((":user", ":group"))} <= open_to_it
    assert {line for line in open_to_it if "scim:" not in line} <= open_to_readers | {"POST api:accounts-api:token"}


def test_other_methods_are_taken_from_nobody(world):
    """Not even from who is let in everywhere: an Admin in a browser, a machine with its key."""
    others = [
        (method, name)
        for name in _names()
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if f"{method} {name}" not in TABLE
        and not name.startswith(("account_", "mfa_"))  # allauth's own take PUT for POST
    ]
    strong = {True: ("max", "machine"), False: ("max",)}  # pages know nothing of keys

    taken = [
        (method, name)
        for method, name in others
        if {world.letter(method, name, caller) for caller in strong[name.startswith("api:")]} - set("-s")
    ]

    assert taken == []


@dataclass(frozen=True)
class World:
    """One row of everything, and a browser or program for each caller."""

    callers: dict[str, Callable[[], Client]]
    places: dict[str, object]  # what an address names, where it names something
    bodies: dict[str, Any]

    def told(self, line: str) -> str:
        return "".join(self.letter(*line.split(), caller) for caller in CALLERS)

    def letter(self, method: str, name: str, caller: str) -> str:
        with transaction.atomic():  # and back again: the next caller finds the same world
            answer = self._call(self.callers[caller](), method, name)
            transaction.set_rollback(True)
        if answer.status_code == 302 and reverse("account_login") in answer["Location"]:
            return "s"
        return {401: "s", 403: "f", 404: "n", 405: "-"}.get(answer.status_code, ".")

    def _call(self, client: Client, method: str, name: str) -> HttpResponse:
        place = self.places.get(name, ())
        address = reverse(name, args=place if isinstance(place, tuple) else (place,))
        if method != "POST":
            return client.generic(method, address)
        as_json = {"content_type": "application/json"} if name.startswith("api:") else {}
        return client.post(address, self.bodies.get(name, {}), **as_json)


@pytest.fixture
def every_provider(monkeypatch, settings) -> None:
    """Switched on, and asked nothing."""
    for name in ("GITHUB", "ENTRA", "GOOGLE", "OIDC"):
        monkeypatch.setenv(f"{name}_CLIENT_ID", "chameleon")
        monkeypatch.setenv(f"{name}_CLIENT_SECRET", "a secret")
    monkeypatch.setenv("ENTRA_TENANT", "fjordbank.example")
    monkeypatch.setenv("OIDC_ISSUER", "https://sso.fjordbank.example")
    settings.PROVIDERS = providers.in_force()
    settings.SOCIALACCOUNT_PROVIDERS = providers.for_allauth(settings.PROVIDERS)


@pytest.fixture
def world(vi, ada, max, cy, sys, root, key_of, client_of, browser_of, every_provider, settings, monkeypatch) -> World:
    """The machine has asked two questions for a unit of work; the Admin has made the rest."""
    monkeypatch.setattr(Template, "render", lambda page, context: "")  # what a page says is for other tests
    settings.MFA_RATE_LIMITS = False  # each caller comes from the same address here
    system = system_of(sys.organization_id)
    guardians.create_gate("deploys", actor=system, name="Deployments")
    unit, question, asks_back = unit_of(sys), ask(sys), ask(sys, "clarification")
    view = SavedView.objects.create(owner=max, name="Mine", query="")
    stop = interventions.stop_work(scope="workflow", target="nightly", reason="It loops.", actor=max)
    told = accounts.Facts(provider="github", issuer="https://github.com", uid="1", login="octocat")
    way_in = accounts.connect_identity(told, actor=max)
    key, _text = accounts.create_key(
        max, name="Max's", scopes=["read"], actor=max, platform=default_platform_of(max.organization_id)
    )
    invitation, secret = accounts.invite("Viewer", actor=max)
    role = accounts.make_role("Researcher", ["work.view_unit"], actor=max)
    texts = {
        "dead": key_of(sys, "read"),
        "reader": key_of(sys, "read"),
        "machine": key_of(sys, "submit", "read", "decide"),
        "governor": key_of(max, "admin"),
    }
    ApiKey.objects.filter(digest=digest_of(texts["dead"])).update(expires_at=timezone.now())
    browsers = {"vi": vi, "ada": ada, "max": max, "cy": cy}
    callers = {name: _signed_in(client_of(person)) for name, person in browsers.items()}
    callers |= {name: partial(Client, headers={"Authorization": f"Bearer {text}"}) for name, text in texts.items()}

    places: dict[str, object] = {name: question.pk for name in _names() if _names_something(name)}
    places |= {name: unit.pk for name in places if name.startswith("api:intake-api:") or name == "interventions:unit"}
    places |= dict.fromkeys(("api:interventions-api:answer", "interventions:answer"), asks_back.pk)
    places |= {name: stop.pk for name in places if name.rpartition(":")[2] in ("stop", "acknowledge", "rearming")}
    places |= {
        "account_confirm_email": "nothing",
        "provider_login": "github",
        "openid_connect_callback": (),
        "account_reset_password_from_key": ("1", "not-known"),
        "mfa_edit_webauthn": 1,
        "mfa_remove_webauthn": 1,
        "accounts:absence-of": ada.pk,
        "accounts:role": role.pk,
        "accounts:role-removal": role.pk,
        "accounts:comeback-of": ada.pk,
        "accounts:deactivation": ada.pilot_id,
        "accounts:erasure": ada.pilot_id,
        "accounts:member-data": ada.pk,
        "accounts:member-erasure": ada.pk,
        "accounts:invitation-renewal": invitation.pk,
        "accounts:invitation-withdrawal": invitation.pk,
        "accounts:member": ada.pk,
        "accounts:member-ending": ada.pk,
        "accounts:member-role": ada.pk,
        "accounts:opening": secret,
        "accounts:reactivation": ada.pilot_id,
        "accounts:visit": max.organization_id,
        "accounts:key-revocation": key.pk,
        "accounts:disconnection": way_in.pk,
        "accounts:revocation": key.pk,
        "accounts:rotation": key.pk,
        "accounts:sign-out": accounts.issue_tokens(actor=ada).family.pk,
        **dict.fromkeys(("scim:user", "scim:group"), unit.pk),
        "scim:resource-type": "User",
        "scim:schema": "urn:ietf:params:scim:schemas:core:2.0:User",
        "interventions:line": Entry.objects.about("stop", stop.pk).latest("pk").pk,
        "interventions:view": view.pk,
        "interventions:view-deletion": view.pk,
    }
    asked = {"kind": "approval", "title": "Deploy 4.18.2"}
    submitted = {"gate": "deploys", "external_id": "1", "title": "Deploy 4.18.2", "attributes": {}}
    rearmed = {"scope": {"workflow": "nightly"}, "reason": "It is mended."}
    words, picked = {"message": "Why now?"}, {"act": "approve", "pick": [str(question.pk)]}
    bodies = {
        "accounts:invitations": {"role": "Viewer", "days": 7},
        "accounts:member-role": {"role": "Viewer"},
        "accounts:rotation": {"overlap": "24"},
        "accounts:switch": {"organization": cy.organization_id},
        "accounts:tokens": {"name": "Mine", "scopes": ["read"]},
        "api:accounts-api:refresh": {"refresh_token": "chr_unknown"},
        "api:accounts-api:revoke": {"token": "chr_unknown"},
        "api:intake-api:batch": [submitted],
        "api:intake-api:units": submitted,
        "api:interventions-api:answer": {"answer": "Now."},
        "api:interventions-api:clarify": words,
        "api:interventions-api:comment": words,
        "api:interventions-api:interventions": asked,
        "api:interventions-api:kill-switch": {"scope": {"gate": "deploys"}, "reason": "It loops."},
        "api:interventions-api:rearm": rearmed,
        "api:interventions-api:reply": words,
        "interventions:answer": {"answer": "Now."},
        "interventions:bulk": picked,
        "interventions:bulk-plan": picked,
        "interventions:clarification": words,
        "interventions:comment": {"body": "Hm."},
        "interventions:rearming": {"reason": "It is mended.", "units": "go_on"},
        "interventions:reply": words,
        "interventions:signing": {"act": "approval"},
        "interventions:view": {"name": "Ours", "query": ""},
        "interventions:views": {"name": "Ours", "query": ""},
    }
    callers["root"] = _signed_in(browser_of(root))
    return World({"nobody": Client} | callers, places, bodies)


def _signed_in(client: Client) -> Callable[[], Client]:
    """The same session in a new browser each time: an answer may end it."""

    def browser() -> Client:
        again = Client()
        again.cookies.load({name: morsel.value for name, morsel in client.cookies.items()})
        return again

    return browser


def _names() -> list[str]:
    """Of every address but those of Django's admin: `api:schema`."""
    return sorted({name for name in _walk(get_resolver().url_patterns) if not name.startswith("admin:")})


def _leaves(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for pattern in patterns:
        yield from _leaves(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]


def _walk(patterns: list[URLPattern | URLResolver], *spaces: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, *spaces, *filter(None, [pattern.namespace]))
        elif pattern.name:
            yield ":".join([*spaces, pattern.name])


def _names_something(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return True
    return False
