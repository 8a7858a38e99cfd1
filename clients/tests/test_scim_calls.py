"""SCIM as Microsoft Entra ID and Okta call it, and what becomes of members, roles and sessions by it."""

from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import pytest
from django.test import Client

from accounts import actions as accounts
from accounts.directory import Rule
from accounts.models import ApiKey, Membership, Pilot, ProvisionedUser
from accounts.queries import default_platform_of, system_of
from audit.models import Entry

CORE = "urn:ietf:params:scim:schemas:core:2.0"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]

RITA = accounts.Facts(
    provider="entra",
    issuer="https://login.microsoftonline.com",
    uid="1e1e2f7a-2d2c-4c5e-9f42-7a3b8a4c5d6e",
    login="rita@fjordbank.example",
    name="Rita Lund",
    emails=("Rita@fjordbank.example",),
)
BY_ENTRA = {
    "schemas": [f"{CORE}:User", ENTERPRISE],
    "externalId": RITA.uid,
    "userName": "rita@fjordbank.example",
    "active": True,
    "displayName": "Rita Lund",
    "emails": [{"primary": True, "type": "work", "value": "Rita@fjordbank.example"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Rita Lund", "familyName": "Lund", "givenName": "Rita"},
    ENTERPRISE: {"department": "Payments"},
}
BY_OKTA = {
    "schemas": [f"{CORE}:User"],
    "userName": "otto@fjordbank.example",
    "name": {"givenName": "Otto", "familyName": "Krag"},
    "emails": [{"primary": True, "value": "otto@fjordbank.example", "type": "work"}],
    "displayName": "Otto Krag",
    "locale": "en-US",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",
    "active": True,
}


class Directory:
    """One that calls with its token, and reads what it is told."""

    def __init__(self, token: str) -> None:
        self._client = Client(headers={"Authorization": f"Bearer {token}"})

    def __call__(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        kind = "application/scim+json"
        send = partial(self._client.generic, method, f"/scim/v2/{path}", content_type=kind, headers=headers)
        answer = send() if body is None else send(data=msgspec.json.encode(body))
        assert answer.status_code == status, answer.content
        assert status in (204, 304) or answer.headers["Content-Type"] == kind
        return answer.json() if answer.content else None

    def find(self, what: str, place: str = "Users") -> list[Any]:
        answer = self._client.get(f"/scim/v2/{place}", {"filter": what})
        assert answer.status_code == 200, answer.content
        return answer.json()["Resources"]

    def patch(self, path: str, *operations: dict[str, Any], status: int = 200) -> Any:
        return self("PATCH", path, {"schemas": PATCH, "Operations": list(operations)}, status)


@pytest.fixture
def directory(max):
    return Directory(accounts.make_provisioning_key(actor=max)[1])


@pytest.fixture
def theirs(cy):
    return Directory(accounts.make_provisioning_key(actor=cy)[1])


@pytest.fixture
def system(max):
    return system_of(max.organization_id)


@pytest.fixture(autouse=True)
def _nobody_until_invited(settings):
    settings.FIRST_ROLE = "nobody"


def acting(pilot: Pilot) -> Membership | None:
    return Membership.objects.acting().filter(pilot=pilot).first()


def role_of(pilot: Pilot) -> str | None:
    member = acting(pilot)
    return member.role_name if member else None


def rule(value: str, role: str, looks_at: str = "group") -> Rule:
    return Rule(1, "scim", looks_at, value, role)


def test_a_day_of_entra(directory, system, max):
    """Looks for her, makes her, puts her into a group, renames, switches off and on, takes her out, deletes."""
    accounts.set_rules([rule("Pilots", "Operator")], actor=max)
    assert directory.find('externalId eq "1e1e2f7a-2d2c-4c5e-9f42-7a3b8a4c5d6e"') == []
    rita = directory("POST", "Users", BY_ENTRA, 201)
    assert (rita["userName"], rita[ENTERPRISE], rita["meta"]["resourceType"]) == (
        "rita@fjordbank.example",
        {"department": "Payments"},
        "User",
    )
    (found,) = directory.find('emails[type eq "work"].value eq "rita@FJORDBANK.example"')
    assert found["id"] == rita["id"]
    group = directory(
        "POST", "Groups", {"schemas": [f"{CORE}:Group"], "displayName": "Pilots", "externalId": "g1"}, 201
    )
    assert directory("GET", f"Groups/{group['id']}?excludedAttributes=members")["displayName"] == "Pilots"
    add = {"op": "Add", "path": "members", "value": [{"$ref": None, "value": rita["id"]}]}
    directory.patch(f"Groups/{group['id']}", add, status=204)
    pilot = accounts.arrive(RITA, actor=system).pilot
    assert role_of(pilot) == "Operator"

    directory.patch(
        f"Users/{rita['id']}",
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "rita.lund@fjordbank.example"},
        {"op": "Replace", "path": "name.familyName", "value": "Berg"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Cards"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:own:2.0:User:floor", "value": "3"},
    )
    told = directory("GET", f"Users/{rita['id']}")
    assert (told["emails"][0]["value"], told["name"]["familyName"], told[ENTERPRISE]["department"]) == (
        "rita.lund@fjordbank.example",
        "Berg",
        "Cards",
    )
    off = directory.patch(f"Users/{rita['id']}", {"op": "Replace", "path": "active", "value": "False"})
    assert (off["active"], role_of(pilot)) == (False, None)
    assert [one["active"] for one in directory.find('userName eq "RITA@fjordbank.example"')] == [False]
    directory.patch(f"Users/{rita['id']}", {"op": "Replace", "path": "active", "value": "True"})
    assert role_of(pilot) == "Operator"
    directory.patch(f"Groups/{group['id']}", {"op": "Remove", "path": f'members[value eq "{rita["id"]}"]'}, status=204)
    assert role_of(pilot) is None
    directory("DELETE", f"Users/{rita['id']}", status=204)
    assert directory("GET", f"Users/{rita['id']}", status=404)["status"] == "404"
    assert {line.data["cause"] for line in Entry.objects.filter(verb__startswith="directory.user")} == {"scim"}
    granted = Entry.objects.filter(verb="membership.granted", data__pilot=pilot.username)
    assert [line.data.get("cause") for line in granted] == ["scim", "scim"]


def test_a_day_of_okta(directory, system, max):
    """Asks for two users, looks by name, makes him, pushes a group, replaces him whole, switches off by an object."""
    accounts.set_rules([rule("Test SCIMv2", "Operator")], actor=max)
    assert directory("GET", "Users?startIndex=1&count=2")["Resources"] == []
    assert directory.find('userName eq "otto@fjordbank.example"') == []
    otto = directory("POST", "Users", BY_OKTA, 201)
    assert "password" not in otto
    members = [{"value": otto["id"], "display": "otto@fjordbank.example"}]
    group = directory("POST", "Groups", {"schemas": [f"{CORE}:Group"], "displayName": "Test", "members": members}, 201)
    assert [one["value"] for one in group["members"]] == [otto["id"]]
    facts = replace(
        RITA,
        provider="oidc",
        issuer="https://fjordbank.okta.example",
        uid="00ujl29u0le5T6Aj10h7",
        login="otto",
        emails=(),
    )
    pilot = accounts.arrive(facts, actor=system).pilot
    assert role_of(pilot) is None

    renamed = {"op": "replace", "value": {"id": group["id"], "displayName": "Test SCIMv2"}}
    directory.patch(f"Groups/{group['id']}", renamed, status=204)
    assert role_of(pilot) == "Operator"
    directory.patch(f"Groups/{group['id']}", {"op": "replace", "path": "members", "value": []}, status=204)
    assert role_of(pilot) is None
    directory.patch(f"Groups/{group['id']}", {"op": "add", "path": "members", "value": members}, status=204)
    assert role_of(pilot) == "Operator"
    put = directory("PUT", f"Users/{otto['id']}", BY_OKTA | {"id": otto["id"], "displayName": "Otto K."})
    assert (put["displayName"], put["id"]) == ("Otto K.", otto["id"])
    off = directory.patch(f"Users/{otto['id']}", {"op": "replace", "value": {"active": False}})
    assert (off["active"], role_of(pilot)) == (False, None)
    assert directory("PUT", f"Users/{otto['id']}", {"userName": "otto@fjordbank.example"})["active"] is False
    directory("DELETE", f"Groups/{group['id']}", status=204)
    assert directory.find('displayName eq "Test SCIMv2"', "Groups") == []


def test_who_is_switched_off_loses_keys_and_sessions_at_once(directory, system, max, client_of):
    accounts.set_rules([rule("Payments", "Admin", "claim")._replace(value="department = Payments")], actor=max)
    rita = directory("POST", "Users", BY_ENTRA, 201)
    pilot = accounts.arrive(RITA, actor=system).pilot
    member = acting(pilot)
    platform = default_platform_of(member.organization_id)
    accounts.create_key(member, name="Mine", scopes=["read"], actor=member, platform=platform)
    browser = client_of(member)
    assert browser.get("/profile").status_code == 200
    directory.patch(f"Users/{rita['id']}", {"op": "replace", "value": {"active": False}})

    assert ApiKey.objects.get(name="Mine").revoked_at is not None
    assert browser.get("/profile").status_code == 302
    assert accounts.arrive(RITA, actor=system).pilot == pilot
    assert acting(pilot) is None


def test_without_a_rule_everybody_gets_the_first_role_and_nobody_gets_in_elsewhere(theirs, system, cy, settings):
    settings.FIRST_ROLE = "Viewer"
    theirs("POST", "Users", BY_ENTRA, 201)
    pilot = accounts.arrive(RITA, actor=system).pilot

    assert [(one.organization_id, one.role_name) for one in Membership.objects.filter(pilot=pilot)] == [
        (cy.organization_id, "Viewer")
    ]


def test_the_last_who_manages_members_is_not_switched_off(directory, system, max):
    accounts.set_rules([rule("Admins", "Admin")], actor=max)
    rita = directory("POST", "Users", BY_ENTRA, 201)
    directory("POST", "Groups", {"displayName": "Admins", "members": [{"value": rita["id"]}]}, 201)
    pilot = accounts.arrive(RITA, actor=system).pilot
    accounts.end_membership(max, actor=acting(pilot))
    told = directory.patch(f"Users/{rita['id']}", {"op": "replace", "value": {"active": False}}, status=409)

    assert "Nobody else manages the members" in told["detail"]
    assert role_of(pilot) == "Admin"
    assert directory("GET", f"Users/{rita['id']}")["active"] is True


# Who is who


@pytest.mark.parametrize(
    "facts",
    [
        replace(RITA, provider="github", issuer="https://github.com"),
        replace(RITA, provider="google", issuer="https://accounts.google.com"),  # of no Workspace: no `hd`
        replace(RITA, uid="another", emails=()),  # an address nobody vouches for
        replace(RITA, uid="another", emails=("other@fjordbank.example",)),
    ],
)
def test_what_is_no_proof_makes_nobody_the_person_of_the_directory(directory, system, max, facts):
    accounts.set_rules([rule("fjordbank.example", "Admin", "domain")], actor=max)
    directory("POST", "Users", BY_ENTRA, 201)
    pilot = accounts.arrive(facts, actor=system).pilot

    assert acting(pilot) is None
    assert ProvisionedUser.objects.get().pilot is None


@pytest.mark.parametrize(
    "facts",
    [
        RITA,
        replace(RITA, uid="another"),  # by the address
        replace(RITA, emails=()),  # by the number
        replace(RITA, provider="google", uid="9", claims={"hd": "fjordbank.example"}),
        replace(RITA, provider="oidc", uid="9"),
    ],
)
def test_number_or_address_of_the_organizations_own_provider_is_proof(directory, system, max, facts):
    accounts.set_rules([rule("fjordbank.example", "Viewer", "domain")], actor=max)
    directory("POST", "Users", BY_ENTRA, 201)
    pilot = accounts.arrive(facts, actor=system).pilot

    assert role_of(pilot) == "Viewer"
    line = Entry.objects.get(verb="directory.user_recognized")
    assert (line.data["pilot"], line.actor.is_system) == (pilot.username, True)


def test_a_member_who_was_here_before_is_known_at_once(directory, system, max):
    pilot = accounts.arrive(RITA, actor=system).pilot
    accounts.grant_role(pilot, "Viewer", actor=max)
    rita = directory("POST", "Users", BY_ENTRA, 201)
    directory.patch(f"Users/{rita['id']}", {"op": "replace", "value": {"active": False}})

    assert acting(pilot) is None


def test_nobody_of_another_organization_is_found_out_or_touched(directory, theirs, system, max, cy):
    """Rita has an account and belongs to the first organization; the second provisions her address."""
    pilot = accounts.arrive(RITA, actor=system).pilot
    accounts.grant_role(pilot, "Operator", actor=max)
    before = Pilot.objects.filter(pk=pilot.pk).values().get()
    told = theirs("POST", "Users", BY_ENTRA, 201)
    assert ProvisionedUser.objects.get().pilot is None
    theirs.patch(f"Users/{told['id']}", {"op": "replace", "value": {"displayName": "Owned", "active": False}})
    theirs("DELETE", f"Users/{told['id']}", status=204)

    assert Pilot.objects.filter(pk=pilot.pk).values().get() == before
    assert role_of(pilot) == "Operator"


def test_what_one_provider_said_at_sign_in_and_what_scim_says_count_together(directory, system, max):
    both = [rule("Pilots", "Operator"), Rule(2, "entra", "app_role", "Approver", "Admin")]
    accounts.set_rules(both, actor=max)
    rita = directory("POST", "Users", BY_ENTRA, 201)
    facts = replace(RITA, claims={"roles": ["Approver"]})
    pilot = accounts.arrive(facts, actor=system).pilot
    assert role_of(pilot) == "Admin"
    group = directory("POST", "Groups", {"displayName": "Pilots", "members": [{"value": rita["id"]}]}, 201)
    assert role_of(pilot) == "Operator"
    accounts.arrive(facts, actor=system)
    assert role_of(pilot) == "Operator"
    directory("DELETE", f"Groups/{group['id']}", status=204)
    assert role_of(pilot) == "Admin"


# Walls


def test_another_organizations_ids_are_not_there(directory, theirs):
    rita = directory("POST", "Users", BY_ENTRA, 201)
    group = directory("POST", "Groups", {"displayName": "Pilots"}, 201)
    gone = {"op": "replace", "value": {"displayName": "Ours now"}}
    for path in (f"Users/{rita['id']}", f"Groups/{group['id']}"):
        theirs("GET", path, status=404)
        theirs("PUT", path, {"userName": "x", "displayName": "x"}, 404)
        theirs.patch(path, gone, status=404)
        theirs("DELETE", path, status=404)
    stolen = theirs("POST", "Groups", {"displayName": "Theirs", "members": [{"value": rita["id"]}]}, 400)

    assert stolen["scimType"] == "invalidValue"
    assert theirs.find("userName pr") == theirs.find("displayName pr", "Groups") == []
    assert theirs("POST", "Users", BY_ENTRA, 201)["id"] != rita["id"]


def test_a_key_for_anything_else_provisions_nothing(max, sys, key_of, directory):
    for key in (key_of(max, "admin"), key_of(sys, "submit", "read", "decide"), key_of(sys, "provision")):
        assert Directory(key)("GET", "Users", status=403)["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    told = Client().get("/scim/v2/Users")
    assert (told.status_code, told.headers["WWW-Authenticate"], told.json()["status"]) == (401, "Bearer", "401")


def test_the_directorys_key_is_one_account_that_may_do_nothing_else(max):
    first, token = accounts.make_provisioning_key(actor=max)
    second, _other = accounts.make_provisioning_key(actor=max)

    assert first.membership == second.membership
    assert first.membership.powers == {"accounts.provision_members"}
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert client.get("/api/interventions").json()["results"] == []
    assert client.get("/api/audit").status_code == 403
