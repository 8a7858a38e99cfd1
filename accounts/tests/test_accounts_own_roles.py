"""Roles that an organization makes, gives, changes and removes: by page, by command, and for what is open already."""

import json
import re

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts import actions
from accounts.models import Membership, PlatformRole, Role
from accounts.queries import role_titles, roles_page
from accounts.roles import IN_WORDS, ON_A_PLATFORM, POWERS, is_role
from audit.models import Entry
from audit.wording import sentence_of
from kit.errors import BadInput, NotAllowed, NotThere, Refusal
from live.hub import ASK_AGAIN

TICKED = re.compile(r'name="powers" value="([^"]+)" checked')
SEES = ["interventions.view_intervention", "work.view_unit"]


def acting(member):
    return Membership.objects.acting().get(pk=member.pk)


@pytest.fixture
def night(max):
    return actions.make_role("Night watch", SEES, actor=max, description="Looks, at night")


@pytest.fixture
def lab(max):
    return actions.create_platform("lab", "Laboratory", actor=max)


def test_a_role_belongs_to_the_organization_that_made_it(night, max, cy, bo):
    assert actions.grant_role(bo.pilot, "Night watch", actor=max).role_name == "Night watch"
    assert "Night watch" in role_titles(max.organization_id)
    assert "Night watch" not in role_titles(cy.organization_id)
    assert not is_role("Night watch", cy.organization_id)
    with pytest.raises(NotThere, match="The roles are: Viewer, Operator, Admin, Provisioner, Limited"):
        actions.grant_role(cy.pilot, "Night watch", actor=cy)
    for deed in (actions.remove_role, lambda pk, *, actor: actions.change_role(pk, powers=[], actor=actor)):
        with pytest.raises(NotThere):
            deed(night.pk, actor=cy)


def test_two_organizations_may_call_their_own_roles_the_same(night, cy):
    theirs = actions.make_role("Night watch", ["audit.view_entry"], actor=cy)

    assert theirs.group_id != night.group_id


@pytest.mark.parametrize("title", ["night WATCH", "Viewer", "admin", "System", "limited"])
def test_a_title_is_taken_once(night, max, title):
    with pytest.raises(Refusal, match="already"):
        actions.make_role(title, SEES, actor=max)


@pytest.mark.parametrize("title", ["", "  ", "7:Viewer", "a\x00b", "x" * 81])
def test_a_title_is_something_one_can_say(max, title):
    with pytest.raises(BadInput):
        actions.make_role(title, SEES, actor=max)
    assert not Role.objects.exists()


def test_nobody_puts_in_a_power_they_do_not_have(max, bo):
    actions.make_role("Doorkeeper", ["accounts.manage_members"], actor=max)
    keeper = acting(actions.grant_role(bo.pilot, "Doorkeeper", actor=max))
    with pytest.raises(NotAllowed, match="Waive violations"):
        actions.make_role("Mine", ["interventions.waive_intervention"], actor=keeper)
    made = actions.make_role("Mine", ["accounts.manage_members"], actor=keeper)
    with pytest.raises(NotAllowed, match="See questions"):
        actions.change_role(made.pk, powers=["accounts.manage_members", *SEES], actor=keeper)
    with pytest.raises(BadInput, match="no power"):
        actions.make_role("Odd", ["auth.delete_group"], actor=max)


def test_a_change_holds_at_once_and_tells_whatever_its_members_have_open(night, max, bo, lab, heard):
    member = acting(actions.grant_role(bo.pilot, "Night watch", actor=max))
    other = acting(actions.grant_on_platform(max, lab, "Night watch", actor=max).membership)
    heard.clear()
    actions.change_role(night.pk, powers=["audit.view_entry"], actor=max)

    assert acting(member).powers == {"audit.view_entry"}
    assert {(topic, key) for topic, key in heard} == {
        ("accounts.membership", str(member.pk)),
        ("accounts.membership", str(other.pk)),
    }
    assert "accounts.membership" in ASK_AGAIN
    line = Entry.objects.latest("pk")
    assert (line.verb, line.data["before"], line.data["after"]) == ("role.changed", sorted(SEES), ["audit.view_entry"])
    assert sentence_of(line) == "Max Keller changed the role Night watch"


@pytest.fixture
def heard(monkeypatch):
    hints = []
    monkeypatch.setattr(
        "accounts.actions.roles.announce_many", lambda sent: hints.extend((one.topic, one.key) for one in sent)
    )
    return hints


def test_saying_the_same_again_leaves_no_line(night, max):
    before = Entry.objects.count()
    actions.change_role(night.pk, powers=reversed(SEES), actor=max)

    assert Entry.objects.count() == before


def test_a_role_in_use_is_not_removed(night, max, bo, lab):
    actions.grant_role(bo.pilot, "Night watch", actor=max)
    with pytest.raises(Refusal, match="Somebody still has the role"):
        actions.remove_role(night.pk, actor=max)
    actions.set_roles(bo, "Viewer", {"lab": "Night watch"}, actor=max)
    with pytest.raises(Refusal, match="Somebody still has the role"):
        actions.remove_role(night.pk, actor=max)


def test_a_role_that_only_the_departed_had_is_removed_and_their_record_stays(night, max, bo):
    member = actions.grant_role(bo.pilot, "Night watch", actor=max)
    actions.end_membership(member, actor=max)
    actions.remove_role(night.pk, actor=max)

    assert not Group.objects.filter(name__endswith="Night watch").exists()
    assert Membership.objects.get(pk=member.pk).role_name == "Limited"
    assert Entry.objects.filter(data__role="Night watch").exists()


def test_leaving_ends_the_roles_on_platforms_too(max, bo, lab):
    member = actions.set_roles(bo, "Viewer", {"lab": "Operator"}, actor=max)
    actions.end_membership(member, actor=max)
    assert not PlatformRole.objects.exists()

    assert acting(actions.grant_role(bo.pilot, "Viewer", actor=max)).role_at(lab.pk) == "Viewer"


def test_a_comeback_with_another_role_is_read_afresh(max, bo, lab):
    member = acting(bo)
    assert member.has_power("interventions.decide_intervention")
    actions.set_roles(member, "Viewer", {}, actor=max)
    member.refresh_from_db()

    assert not member.has_power("interventions.decide_intervention")


def test_a_member_is_resolved_in_one_query_however_many_platforms(max, bo, django_assert_num_queries):
    for number in range(5):
        platform = actions.create_platform(f"p{number}", f"P{number}", actor=max)
        actions.grant_on_platform(bo, platform, "Viewer", actor=max)
    with django_assert_num_queries(1):
        member = acting(bo)
        assert member.powers
        assert not member.reach("interventions.decide_intervention").is_whole


def test_the_last_who_manages_members_does_not_take_it_from_themselves(max):
    with pytest.raises(Refusal, match="Nobody else manages"):
        actions.set_roles(max, "Viewer", {}, actor=max)


def test_a_platform_of_another_organization_is_not_there(max, cy, bo):
    theirs = cy.organization.platforms.get()
    with pytest.raises(NotThere):
        actions.grant_on_platform(bo, theirs, "Viewer", actor=max)
    with pytest.raises(NotThere):
        actions.revoke_on_platform(bo, theirs, actor=max)


def test_every_power_is_told_in_words_and_is_of_a_platform_or_governs():
    assert set().union(*POWERS.values()) == set(IN_WORDS)
    assert set(IN_WORDS) - ON_A_PLATFORM == {
        "guardians.manage_gate",
        "accounts.manage_keys",
        "accounts.manage_members",
        "accounts.provision_members",
    }


# Pages


def test_an_admin_makes_changes_and_removes_a_role_on_its_pages(client_of, max):
    browser = client_of(max)
    about = {"title": "Night watch", "description": "Looks", "powers": SEES}
    assert browser.post("/settings/roles/new", about).status_code == 302
    made = Role.objects.get()
    page = browser.get("/settings/roles").text
    assert "Night watch" in page
    assert "See questions, and how they were settled" in page

    form = browser.get(f"/settings/roles/{made.pk}").text
    assert TICKED.findall(form) == SEES
    assert browser.post(f"/settings/roles/{made.pk}", {"powers": ["audit.view_entry"]}).status_code == 302
    assert [line.powers for line in roles_page(max) if line.made] == [["Read the ledger"]]
    assert browser.post(f"/settings/roles/{made.pk}/removal").status_code == 302
    assert not Role.objects.exists()


def test_what_is_refused_is_said_on_the_form_with_what_was_ticked(client_of, max, night):
    again = client_of(max).post("/settings/roles/new", {"title": "Night watch", "powers": ["audit.view_entry"]})

    assert again.status_code == 409
    assert "already is a role" in again.text
    assert TICKED.findall(again.text) == ["audit.view_entry"]


def test_the_roles_of_a_member_are_set_on_one_page(client_of, max, bo, lab):
    browser = client_of(max)
    assert "Laboratory" in browser.get(f"/members/{bo.pk}").text
    answer = browser.post(f"/members/{bo.pk}/role", {"role": "Limited", "on-lab": "Operator", "on-api": ""})
    member = acting(bo)
    assert answer.status_code == 302
    assert (member.role_name, member.role_at(lab.pk)) == ("Limited", "Operator")
    assert browser.post(f"/members/{bo.pk}/role", {"role": "Nobody such"}).status_code == 404
    assert "Laboratory: Operator" in client_of(member).get("/profile").text
    browser.post(f"/members/{bo.pk}/role", {"role": "Operator", "on-lab": ""})
    assert acting(bo).standing.on == ()


def test_rules_are_tried_before_they_are_saved(client_of, max, bo, lab):
    browser = client_of(max)
    line = {"provider": "github", "looks_at": "team", "value": "acme/ops", "role": "Operator", "platform": "lab"}
    total = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0"}
    first = {f"form-0-{name}": value for name, value in line.items()} | {"form-0-ORDER": "2"}
    second = {f"form-1-{name}": value for name, value in line.items()} | {
        "form-1-value": "acme/all",
        "form-1-ORDER": "1",
    }
    tried = browser.post("/settings/rules", total | first | second | {"preview": "1"})
    assert tried.status_code == 200
    assert "nobody to try them on" in tried.text
    assert not max.organization.directory_rules.exists()

    assert browser.post("/settings/rules", total | first | second).status_code == 302
    assert [rule.value for rule in max.organization.directory_rules.all()] == ["acme/all", "acme/ops"]
    assert "acme/ops" in browser.get("/settings/rules").text
    wrong = browser.post("/settings/rules", total | first | second | {"form-0-value": "ops"})
    assert wrong.status_code == 422
    assert "organization/team" in wrong.text


# Commands


def roles(capsys, *said):
    call_command("roles", *said, "--json", "--organization", "fjordbank")
    return json.loads(capsys.readouterr().out)


def test_the_command_makes_gives_and_takes(capsys, organization, bo, lab):
    made = roles(capsys, "make", "Night watch", "--like", "viewer", "--power", "interventions.waive_intervention")
    assert "interventions.waive_intervention" in made["powers"]
    assert [one["title"] for one in roles(capsys, "list")][-1] == "Night watch"
    assert roles(capsys, "grant", "bo", "Night watch", "--platform", "lab")["on"] == {"lab": "Night watch"}
    assert roles(capsys, "revoke", "bo", "--platform", "lab") == {"pilot": "local:bo", "role": "Operator", "on": {}}
    assert roles(capsys, "revoke", "bo")["role"] is None
    assert roles(capsys, "preview") == []


def test_the_command_says_what_is_not_there(organization, bo, tmp_path):
    where = ["--organization", "fjordbank"]
    for said, why in (
        (["grant", "nobody", "Viewer"], "no pilot"),
        (["grant", "bo", "Nobody such"], "no role"),
        (["grant", "bo", "Viewer", "--platform", "nowhere"], "no platform"),
        (["make", "X", "--like", "Nobody such"], "no role"),
        (["load", str(tmp_path / "missing.toml")], "cannot be read"),
        (["rules", "import"], "which file"),
    ):
        with pytest.raises(CommandError, match=why):
            call_command("roles", *said, *where)


def test_a_file_is_loaded_as_a_whole_or_not_at_all(max, bo, lab, tmp_path):
    file = tmp_path / "roles.toml"
    file.write_text('[[role]]\ntitle = "Night watch"\nlike = "Viewer"\n[[member]]\npilot = "local:nobody"\n')
    with pytest.raises(CommandError, match="no pilot"):
        call_command("roles", "load", str(file), "--organization", "fjordbank")

    assert not Role.objects.exists()
