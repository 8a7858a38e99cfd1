"""What SCIM's filters, patches and refusals say, case by case (RFC 7643, RFC 7644)."""

import re
from contextlib import suppress

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import actions as accounts
from accounts.models import ProvisionedUser, ToldGroup, ToldUser
from accounts.queries import provisioned_users
from clients.scim import filters, queries
from clients.scim.errors import Wrong
from clients.scim.patches import patched
from clients.scim.resources import read, told_user
from clients.scim.schemas import GROUPS, USERS
from clients.tests.test_scim_calls import BY_ENTRA, CORE, ENTERPRISE, Directory

ADA = {"userName": "ada", "emails": [{"type": "work", "value": "ada@a.example"}], "active": True}


@pytest.fixture
def directory(max):
    return Directory(accounts.make_provisioning_key(actor=max)[1])


@pytest.fixture
def people(max):
    for name, active in (("Ada", True), ("bo", True), ("cy", False)):
        details = {"displayName": name.upper(), "emails": [{"type": "work", "value": f"{name}@a.example"}]}
        told = ToldUser(name, f"N{name}", active, (f"{name.lower()}@a.example",), details)
        accounts.provision_user(told, actor=max)
    return max


@pytest.mark.parametrize(
    "text, found",
    [
        ('userName eq "ADA"', ["Ada"]),
        ('USERNAME EQ "ada"', ["Ada"]),
        (f'{CORE}:User:userName eq "ada"', ["Ada"]),
        ('externalId eq "NAda"', ["Ada"]),
        ('externalId eq "nada"', []),
        ('emails.value eq "BO@a.example"', ["bo"]),
        ('emails[type eq "work"].value eq "bo@a.example"', ["bo"]),
        ('emails[type eq "home"].value eq "bo@a.example"', []),
        ("active eq true", ["Ada", "bo"]),
        ('active eq "False"', ["cy"]),
        ('active eq true and userName ne "ada"', ["bo"]),
        ('userName eq "ada" or userName eq "cy" and active eq true', ["Ada"]),
        ('(userName eq "ada" or userName eq "cy") and not (active eq true)', ["cy"]),
        ('displayName sw "c"', ["cy"]),
        ('displayName co "%"', []),
        ("emails pr and title pr", []),
        ('meta.created gt "2020-01-01T00:00:00Z"', ["Ada", "bo", "cy"]),
        ('id eq "no number"', []),
        (f'{ENTERPRISE}:department eq "x"', []),
    ],
)
def test_a_filter_finds(people, text, found):
    assert [one.user_name for one in queries.filtered(provisioned_users(people), text, queries.OF_USERS)] == found


@pytest.mark.parametrize(
    "text",
    [
        "userName",
        "userName eq",
        'userName is "ada"',
        "userName eq ada",
        'userName eq "ada',
        '(userName eq "ada"',
        'userName eq "ada")',
        'password eq "x"',
        'emails[value eq "x"].value eq "x"',
        'active eq "perhaps"',
        'meta.created gt "yesterday"',
        "userName gt 5",
        'userName eq "\\u0000"',
        f"{'(' * 40}active eq true{')' * 40}",
        f'userName eq "{"x" * 1000}"',
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(people, text):
    with pytest.raises(Wrong) as refused:
        queries.filtered(provisioned_users(people), text, queries.OF_USERS)
    assert refused.value.kind == "invalidFilter"


ATOMS = st.one_of(
    st.sampled_from(
        ["userName", "emails", "active", "and", "or", "not", "eq", "pr", "(", ")", "[", "]", '"', ".value"]
    ),
    st.text(max_size=6),
    st.text(max_size=6).map(lambda text: msgspec.json.encode(text).decode()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ATOMS, max_size=12).map(" ".join))
def test_whatever_is_written_is_a_filter_or_refused(text):
    with suppress(Wrong):
        found = filters.read(text)
        filters.fits(found, {"userName": "ada", "active": True})
        str(queries._asked(found, queries.OF_USERS))


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20))
def test_any_text_is_found_as_itself(text):
    asked = filters.read(f"displayName eq {msgspec.json.encode(text).decode()}")

    assert filters.fits(asked, {"displayName": text})


# Patches


@pytest.mark.parametrize(
    "operation, after",
    [
        ({"op": "add", "path": "title", "value": "Lead"}, {"title": "Lead"}),
        ({"op": "Replace", "path": "ACTIVE", "value": "false"}, {"active": False}),
        ({"op": "replace", "value": {"name.givenName": "Ada"}}, {"name": {"givenName": "Ada"}}),
        ({"op": "add", "value": {ENTERPRISE: {"department": "Cards"}}}, {ENTERPRISE: {"department": "Cards"}}),
        ({"op": "add", "value": {f"{ENTERPRISE}:department": "Cards"}}, {ENTERPRISE: {"department": "Cards"}}),
        (
            {"op": "add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "1"},
            {"phoneNumbers": [{"type": "mobile", "value": "1"}]},
        ),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, {"emails": None}),
        ({"op": "remove", "path": "emails"}, {"emails": None}),
        ({"op": "add", "path": "urn:example:other:thing", "value": "x"}, {}),
        (
            {"op": "add", "path": "emails", "value": [{"value": "b@a.example", "primary": "True"}]},
            {"emails": [{"type": "work", "value": "ada@a.example"}, {"value": "b@a.example", "primary": True}]},
        ),
    ],
)
def test_a_patch_makes(operation, after):
    expected = {name: value for name, value in (ADA | after).items() if value is not None}

    assert patched(ADA, {"Operations": [operation]}, USERS) == expected
    assert ADA["active"] is True


@pytest.mark.parametrize(
    "operation, kind",
    [
        ({"op": "replace", "path": 'emails[type eq "home"].value', "value": "x"}, "noTarget"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "replace", "path": "groups", "value": []}, "mutability"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "remove", "path": "active"}, "mutability"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "replace", "path": "name", "value": 5}, "invalidValue"),
        ({"op": "replace", "value": "x"}, "invalidValue"),
        ({"op": "replace", "path": "shoeSize", "value": 1}, "invalidPath"),
        ({"op": "replace", "path": "userName[", "value": 1}, "invalidFilter"),
        ({"op": "jump", "path": "userName", "value": 1}, "invalidSyntax"),
    ],
)
def test_a_patch_that_makes_no_sense_is_refused_and_changes_nothing(directory, operation, kind):
    ada = directory("POST", "Users", ADA, 201)
    told = directory.patch(f"Users/{ada['id']}", {"op": "add", "path": "title", "value": "Lead"}, operation, status=400)

    assert told["scimType"] == kind
    assert directory("GET", f"Users/{ada['id']}") == ada


def test_members_are_added_once_and_go_by_value_as_entra_sends_it():
    one, other = "01a20039-88a8-7b96-8205-83eb3af70191", "01a20039-88a8-7b96-8205-83eb3af70192"
    document = {"displayName": "Pilots", "members": [{"value": one}]}
    add = {"op": "Add", "path": "members", "value": [{"value": one}, {"value": other}]}
    both = patched(document, {"Operations": [add]}, GROUPS)
    assert [member["value"] for member in both["members"]] == [one, other]
    remove = {"op": "Remove", "path": "members", "value": [{"value": one}]}

    assert patched(both, {"Operations": [remove]}, GROUPS)["members"] == [{"value": other}]


# Refusals and limits


def test_what_is_anothers_is_refused_as_uniqueness(directory):
    directory("POST", "Users", BY_ENTRA, 201)
    same_name = {"userName": "RITA@fjordbank.example"}
    same_number = {"userName": "rob", "externalId": BY_ENTRA["externalId"]}
    for body in (same_name, same_number):
        assert directory("POST", "Users", body, 409)["scimType"] == "uniqueness"
    directory("POST", "Groups", {"displayName": "Pilots"}, 201)
    assert directory("POST", "Groups", {"displayName": "pilots"}, 409)["scimType"] == "uniqueness"


@pytest.mark.parametrize(
    "body, kind",
    [
        ({}, "invalidValue"),
        ({"userName": " "}, "invalidValue"),
        ({"userName": "x" * 300}, "invalidValue"),
        ({"userName": {"a": 1}}, "invalidValue"),
        ({"userName": "ada", "active": 7}, "invalidValue"),
        ({"userName": "ada", "emails": [7]}, "invalidValue"),
        ({"userName": "ada", "displayName": "x" * 2000}, "invalidValue"),
        ({"userName": "ada", ENTERPRISE: {"manager": {"value": "x"}, "department": "y" * 999}}, None),
        ([], "invalidSyntax"),
    ],
)
def test_a_user_that_makes_no_sense_is_refused(directory, body, kind):
    told = directory("POST", "Users", body, 400 if kind else 201)

    assert told.get("scimType") == kind
    assert ProvisionedUser.objects.exists() is (kind is None)


def test_what_is_no_json_or_goes_nowhere_is_told_in_scims_words(directory):
    client = directory._client
    broken = client.post("/scim/v2/Users", "{", content_type="application/scim+json")
    assert (broken.status_code, broken.json()["scimType"]) == (400, "invalidSyntax")
    for method, path, status in (("GET", "Nothing", 404), ("POST", "Schemas", 405), ("GET", "Users/7", 404)):
        assert directory(method, path, status=status)["status"] == str(status)


def test_a_page_has_at_most_two_hundred_and_groups_with_members_twenty(max, directory):
    for number in range(25):
        accounts.provision_group(ToldGroup(f"group {number:02}"), actor=max)
    told = directory("GET", "Groups?startIndex=3&count=100000")
    assert (told["totalResults"], told["itemsPerPage"], told["startIndex"]) == (25, 20, 3)
    assert told["Resources"][0]["displayName"] == "group 02"
    assert directory("GET", "Groups?count=200&excludedAttributes=members")["itemsPerPage"] == 25
    assert directory("GET", "Groups?count=-1")["itemsPerPage"] == 0
    assert directory("GET", "Groups?startIndex=x", status=400)["scimType"] == "invalidValue"


def test_a_list_asks_the_database_a_fixed_number_of_questions(max, directory):
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            directory("GET", "Users?count=200")
        return len(captured)

    people = [accounts.provision_user(ToldUser(f"user{number}"), actor=max).pk for number in range(3)]
    asked()  # the first call notes that the key is in use
    few = asked()
    people += [accounts.provision_user(ToldUser(f"more{number}"), actor=max).pk for number in range(10)]
    accounts.provision_group(ToldGroup("All", members=frozenset(people)), actor=max)

    assert asked() == few


def test_only_what_is_asked_for_is_told(directory):
    rita = directory("POST", "Users", BY_ENTRA, 201)
    only = directory("GET", f"Users/{rita['id']}?attributes=userName,name.givenName,{ENTERPRISE}:department")
    assert only == {
        "schemas": rita["schemas"],
        "id": rita["id"],
        "userName": rita["userName"],
        "name": {"givenName": "Rita"},
        ENTERPRISE: {"department": "Payments"},
    }
    without = directory("GET", f"Users/{rita['id']}?excludedAttributes=name.givenName,emails,id")
    assert without["name"] == {"familyName": "Lund", "formatted": "Rita Lund"}
    assert "emails" not in without
    assert without["id"] == rita["id"]


def test_a_version_that_was_changed_meanwhile_is_not_overwritten(directory):
    ada = directory("POST", "Users", ADA, 201)
    place, seen = f"Users/{ada['id']}", ada["meta"]["version"]
    directory("GET", place, status=304, **{"If-None-Match": seen})
    newer = directory("PUT", place, ADA | {"title": "Lead"}, **{"If-Match": seen})
    assert newer["meta"]["version"] != seen
    directory("PUT", place, ADA, 412, **{"If-Match": seen})
    directory("DELETE", place, status=412, **{"If-Match": seen})
    directory("DELETE", place, status=204, **{"If-Match": "*"})


def test_what_the_server_is_made_of_is_told(directory):
    config = directory("GET", "ServiceProviderConfig")
    assert (config["patch"]["supported"], config["bulk"]["supported"]) == (True, False)
    assert config["filter"] == {"supported": True, "maxResults": 200}
    assert [one["id"] for one in directory("GET", "ResourceTypes")["Resources"]] == ["User", "Group"]
    for schema in directory("GET", "Schemas")["Resources"]:
        assert directory("GET", re.sub(".*/scim/v2/", "", schema["meta"]["location"])) == schema
    directory("GET", "Schemas/urn:nothing", status=404)


def test_a_password_is_never_kept(directory):
    ada = directory("POST", "Users", ADA | {"password": "correct horse"}, 201)
    directory.patch(f"Users/{ada['id']}", {"op": "replace", "path": "password", "value": "battery staple"})

    kept = str(ProvisionedUser.objects.values().get())
    assert "horse" not in kept
    assert "staple" not in kept


def test_the_preferred_address_comes_first():
    emails = [{"value": "A@home.example", "type": "home"}, {"value": "a@work.example", "type": "work"}]
    assert told_user(read({"userName": "a", "emails": emails}, USERS)).addresses == ("a@work.example", "a@home.example")
    emails[0]["primary"] = True
    assert told_user(read({"userName": "a", "emails": emails}, USERS)).addresses[0] == "a@home.example"
