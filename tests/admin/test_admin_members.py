"""Pilots, members, keys and platforms in Django's admin: changed by actions, refused in the form."""

from django.contrib.auth.models import Group

from accounts import actions as accounts
from accounts.models import ApiKey, Membership, Pilot, TokenFamily
from accounts.queries import system_of
from tests.admin.pages import page, said, verbs


def test_a_pilot_is_made_a_member_at_once(boss, max):
    form = {"username": "eve", "name": "Eve", "kind": "person", "new_password": "correct-horse-battery"}
    role = Group.objects.get(name="Operator").pk
    boss.post(page(Pilot, "add"), form | {"role": role})

    eve = Membership.objects.acting().get(pilot__username="eve")
    assert (eve.organization_id, eve.role_name) == (max.organization_id, "Operator")
    assert eve.pilot.check_password("correct-horse-battery")
    assert not eve.pilot.is_staff
    assert verbs() == ["membership.granted", "pilot.created"]


def test_a_weak_password_is_said_in_the_form_and_nobody_is_made(boss):
    form = {
        "username": "eve",
        "kind": "person",
        "new_password": "short",
        "role": Group.objects.get(name="Viewer").pk,
    }
    answer = boss.post(page(Pilot, "add"), form)

    assert "new_password" in answer.context["adminform"].form.errors
    assert not Pilot.objects.filter(username="eve").exists()


def test_the_password_of_somebody_who_is_a_member_elsewhere_too_is_not_ours_to_set(boss, ada, elsewhere):
    accounts.grant_role(ada.pilot, "Viewer", actor=system_of(elsewhere.pk))
    answer = boss.post(page(Pilot, "change", ada.pilot_id), {"new_password": "correct-horse-battery"})

    assert answer.status_code == 200
    assert "belongs to more than this organization" in str(answer.context["adminform"].form.errors)
    ada.pilot.refresh_from_db()
    assert not ada.pilot.check_password("correct-horse-battery")


def test_a_member_is_given_a_role_and_let_go(boss, max, vi):
    operator = Group.objects.get(name="Operator")
    boss.post(page(Membership, "change", vi.pk), {"role": operator.pk})
    vi.refresh_from_db()
    assert vi.role_id == operator.pk
    assert verbs()[0] == "membership.granted"

    boss.post(page(Membership), {"action": "end", "_selected_action": [vi.pk]})
    vi.refresh_from_db()
    assert vi.ended_at is not None
    assert verbs()[0] == "membership.ended"


def test_the_systems_own_membership_is_nobodys_to_change(boss, max):
    system = system_of(max.organization_id)
    role = Group.objects.get(name="Admin").pk

    assert boss.post(page(Membership, "change", system.pk), {"role": role}).status_code == 403
    answer = boss.post(page(Membership), {"action": "end", "_selected_action": [system.pk]}, follow=True)
    assert "no such member" in said(answer)
    system.refresh_from_db()
    assert system.ended_at is None


def test_somebody_who_has_an_account_is_let_in_by_name(boss, cy, max):
    role = Group.objects.get(name="Viewer").pk

    refused = boss.post(page(Membership, "add"), {"who": "nobody-at-all", "role": role})
    assert "there is no such account" in str(refused.context["adminform"].form.errors)

    boss.post(page(Membership, "add"), {"who": "local:cy", "role": role})
    assert Membership.objects.filter(pilot=cy.pilot, organization=max.organization).exists()


def test_the_text_of_a_key_is_shown_once_and_the_key_can_be_revoked(boss, max, sys):
    platform = max.organization.platforms.earliest("pk")
    form = {"membership": sys.pk, "platform": platform.pk, "name": "CI", "scopes": ["submit", "read"]}
    answer = boss.post(page(ApiKey, "add"), form)

    key = ApiKey.objects.get()
    assert answer.status_code == 200
    assert f"{key.prefix}_" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert key.digest not in answer.text
    assert f"{key.prefix}_" not in boss.get(page(ApiKey, "change", key.pk)).text
    assert f"{key.prefix}_" not in str(dict(boss.session)) + str(boss.cookies)

    boss.post(page(ApiKey), {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert verbs()[0] == "key.revoked"


def test_a_key_is_rotated_there_one_at_a_time(boss, max, sys):
    platform = max.organization.platforms.earliest("pk")
    keys = [
        accounts.create_key(sys, name="CI", scopes=["read"], actor=max, platform=platform, gates=["deploys"])[0].pk
        for _number in range(2)
    ]
    both = boss.post(page(ApiKey), {"action": "rotate", "_selected_action": keys}, follow=True)
    assert "Choose one key" in both.text
    answer = boss.post(page(ApiKey), {"action": "rotate", "_selected_action": keys[:1]})

    made = ApiKey.objects.latest("pk")
    assert (made.replaces_id, made.gates) == (keys[0], ["deploys"])
    assert f"{made.prefix}_" in answer.text


def test_a_program_is_signed_out_there(boss, ada):
    family = accounts.issue_tokens(actor=ada).family
    boss.post(page(TokenFamily), {"action": "sign_out", "_selected_action": [family.pk]})

    assert TokenFamily.objects.get().ended_at is not None
    assert verbs()[0] == "token.revoked"


def test_a_platform_is_registered_and_its_name_is_its_own(boss, max):
    for expected in (302, 200):
        assert boss.post("/admin/accounts/platform/add/", {"name": "GitHub", "slug": "github"}).status_code == expected
    assert max.organization.platforms.filter(slug="github").count() == 1
