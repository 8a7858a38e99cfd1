"""Platform administrators: a report in numbers, nothing else; and going into an organization for a while."""

import asyncio
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions, tasks
from accounts.models import Membership, Organization, Pilot
from accounts.queries import memberships_of, system_of
from accounts.tests.proving import grow_stale
from audit.models import Entry
from kit.errors import BadInput, NotAllowed, NotThere, Refusal
from live.connections import REVOKED
from live.hub import Hub, the_hub
from live.tests.wire import Board, Socket, eventually, registered

WHY = "They asked for help with a gate."


def enter(root: Pilot, organization: Organization, role: str = "Viewer", **more: object) -> Membership:
    made = actions.enter(organization.pk, pilot=root, role=role, reason=WHY, **more)
    return Membership.objects.acting().get(pk=made.pk)


def last(organization: Organization) -> Entry:
    return Entry.objects.filter(organization=organization).latest("pk")


def test_entering_is_in_the_ledger_of_that_organization_with_the_reason(root, organization, elsewhere):
    visitor = enter(root, organization, "Operator", hours=2)

    line = last(organization)
    assert (line.verb, line.actor, line.actor_role) == ("visit.begun", visitor, "Operator")
    assert line.data["reason"] == WHY
    assert timedelta(hours=1) < visitor.until - timezone.now() <= timedelta(hours=2)
    assert last(elsewhere).verb != "visit.begun"


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"role": "System"}, "role"),
        ({"role": "Captain"}, "role"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"hours": 0}, "hours"),
        ({"hours": 9}, "hours"),
    ],
)
def test_a_visit_needs_a_role_a_reason_and_an_end(root, organization, wrong, field):
    with pytest.raises(BadInput) as refused:
        actions.enter(organization.pk, pilot=root, **{"role": "Viewer", "reason": WHY, "hours": 1} | wrong)
    assert refused.value.errors[0]["field"] == field


def test_only_a_platform_administrator_enters(max, elsewhere):
    with pytest.raises(NotAllowed, match="Only a platform administrator"):
        actions.enter(elsewhere.pk, pilot=max.pilot, role="Viewer", reason=WHY)


def test_what_is_not_there_is_not_entered(root):
    with pytest.raises(NotThere):
        actions.enter(0, pilot=root, role="Viewer", reason=WHY)


def test_who_is_a_member_has_no_need_to_visit(root, organization):
    actions.grant_role(root, "Viewer", actor=system_of(organization.pk))

    with pytest.raises(Refusal, match="a member of Fjordbank already"):
        enter(root, organization)


def test_a_visit_ends_by_itself_and_no_job_has_run(root, organization, key_of):
    visitor = enter(root, organization, "Admin")
    key = key_of(visitor)
    Membership.objects.filter(pk=visitor.pk).update(until=timezone.now())

    assert memberships_of(root) == []
    assert Client(headers={"Authorization": f"Bearer {key}"}).get("/api/interventions").status_code == 401


def test_who_is_no_platform_administrator_any_more_visits_nobody(root, organization):
    enter(root, organization)
    Pilot.objects.filter(pk=root.pk).update(is_superuser=False)

    assert memberships_of(root) == []


def test_that_a_visit_ran_out_is_written_down_once_and_frees_what_was_held(root, organization, key_of):
    visitor = enter(root, organization, "Admin")
    key_of(visitor)
    until = timezone.now()
    Membership.objects.filter(pk=visitor.pk).update(until=until)

    assert tasks.expire_visits(0) == 1
    assert tasks.expire_visits(0) == 0
    line = last(organization)
    assert (line.verb, line.actor_name, line.data["member"]) == ("visit.expired", "Chameleon", "Rita Root")
    assert Membership.objects.get(pk=visitor.pk).ended_at == until
    assert visitor.keys.get().revoked_at is not None


def test_coming_again_first_writes_down_that_the_visit_before_ran_out(root, organization):
    visitor = enter(root, organization)
    Membership.objects.filter(pk=visitor.pk).update(until=timezone.now())

    enter(root, organization)

    verbs = Entry.objects.filter(organization=organization, verb__startswith="visit.").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == ["visit.begun", "visit.expired", "visit.begun"]


def test_an_admin_may_throw_a_visitor_out(root, organization, max):
    visitor = enter(root, organization)

    actions.end_membership(visitor, actor=max)

    assert memberships_of(root) == []
    assert enter(root, organization)


def test_an_admin_may_make_a_visitor_a_member(root, organization, max):
    enter(root, organization)

    actions.grant_role(root, "Viewer", actor=max)

    assert [one.is_visit for one in memberships_of(root)] == [False]


def test_a_visit_is_in_the_session_that_asked_for_it_and_in_no_other(root, organization, browser_of):
    enter(root, organization)

    assert browser_of(root).get("/").status_code == 403


def test_entering_asks_again_who_one_is(root, organization):
    client = Client()
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    grow_stale(client)

    assert client.get(f"/organizations/{organization.pk}/visit").headers["Location"].startswith("/accounts/reauth")


def test_every_page_of_a_visit_says_so_and_has_the_way_out(root, organization, browser_of):
    client = browser_of(root)
    form = {"role": "Admin", "reason": WHY, "hours": "1"}

    answer = client.post(f"/organizations/{organization.pk}/visit", form, follow=True)

    assert "You are on a visit to Fjordbank, as Admin" in answer.text
    for address in ("/history", "/profile", "/members", "/ledger", "/settings"):
        page = client.get(address).text
        assert "You are on a visit to Fjordbank" in page
        assert 'action="/visit/end"' in page
    answer = client.post("/visit/end", follow=True)
    assert "You have left Fjordbank." in answer.text
    assert answer.redirect_chain[-1][0] == "/organizations"
    assert last(organization).verb == "visit.ended"
    assert client.get("/").status_code == 403


def test_a_form_without_a_reason_is_refused_where_it_stands(root, organization, browser_of):
    answer = browser_of(root).post(f"/organizations/{organization.pk}/visit", {"role": "Admin", "hours": "1"})

    assert answer.status_code == 422
    assert "This was not recorded." in answer.text
    assert not memberships_of(root)


def test_a_member_cannot_end_a_visit_they_are_not_on(client_of, ada):
    with pytest.raises(Refusal, match="not on a visit"):
        actions.end_visit(actor=ada)
    assert client_of(ada).post("/visit/end").status_code == 409


# Sockets


@pytest.fixture
async def hub(transactional_db, settings):
    settings.REDIS_URL = ""
    hub = the_hub()
    hub.start()
    await eventually(lambda: hub.is_listening)
    yield hub
    await hub.stop()


async def test_a_socket_ends_when_the_time_is_over(hub: Hub) -> None:
    from live.tests.wire import ADA

    ADA.until = timezone.now() + timedelta(seconds=0.3)  # type: ignore[attr-defined]
    try:
        with registered(Board().topic()):
            socket = Socket(ADA)
            socket.person = None
            await asyncio.sleep(0.1)
            assert socket.code is None
            await eventually(lambda: socket.code == REVOKED, 2)
    finally:
        del ADA.until  # type: ignore[attr-defined]


# The pages of the installation


@pytest.mark.parametrize("address", ["/organizations", "/organizations/new", "/pilots"])
def test_the_pages_of_the_installation_are_for_platform_administrators(client_of, max, address):
    assert client_of(max).get(address).status_code == 403


def test_who_runs_the_installation_and_is_a_member_nowhere_begins_with_the_report(root):
    answer = Client().post("/accounts/login/", {"login": "root", "password": "a horse, a staple, a battery"})

    assert answer.headers["Location"] == "/organizations"


def test_a_new_organization_comes_with_a_link_for_its_first_admin(root, browser_of):
    client = browser_of(root)

    answer = client.post("/organizations/new", {"name": "Acme", "slug": "acme", "email": ""})

    made = Organization.objects.get(slug="acme")
    assert "/invitations/" in answer.text
    assert Entry.objects.get(organization=made, verb="organization.created").data["by"] == "Rita Root"
    assert memberships_of(root) == []
    again = client.post("/organizations/new", {"name": "Acme", "slug": "acme", "email": ""})
    assert again.status_code == 409
    assert "There already is an organization “acme”" in again.text


# Accounts


def test_an_account_is_switched_off_in_all_organizations(root, max, cy, ada, key_of, client_of):
    actions.grant_role(ada.pilot, "Viewer", actor=cy)
    key, browser = key_of(ada), client_of(ada)

    actions.deactivate_pilot(ada.pilot, by=root, reason="Has left the company.")

    lines = Entry.objects.filter(verb="pilot.deactivated")
    assert {line.organization_id for line in lines} == {max.organization_id, cy.organization_id}
    assert {line.data["by"] for line in lines} == {"Rita Root"}
    assert browser.get("/").status_code == 302
    assert Client(headers={"Authorization": f"Bearer {key}"}).get("/api/interventions").status_code == 401
    assert not ada.pilot.usersession_set.filter(session_key=browser.session.session_key).exists() or (
        browser.session.session_key is None or not browser.session.exists(browser.session.session_key)
    )


def test_switched_on_again_the_memberships_are_as_they_were_and_the_keys_are_not(root, ada, key_of):
    key_of(ada)
    actions.deactivate_pilot(ada.pilot, by=root, reason="By mistake.")
    actions.reactivate_pilot(ada.pilot, by=root)

    assert [one.pk for one in memberships_of(ada.pilot)] == [ada.pk]
    assert ada.keys.get().revoked_at is not None
    assert Entry.objects.latest("pk").verb == "pilot.reactivated"


@pytest.mark.parametrize(
    "deed, why",
    [
        (lambda root, max: actions.deactivate_pilot(max.pilot, by=max.pilot, reason="x"), "Only a platform"),
        (lambda root, max: actions.reactivate_pilot(max.pilot, by=max.pilot), "Only a platform"),
        (lambda root, max: actions.reset_password(max.pilot, "x", by=max.pilot), "Only a platform"),
        (lambda root, max: actions.deactivate_pilot(root, by=root, reason="x"), "your own account"),
        (lambda root, max: actions.deactivate_pilot(max.pilot, by=root, reason=""), "say why"),
        (lambda root, max: actions.reactivate_pilot(max.pilot, by=root), "not switched off"),
        (
            lambda root, max: actions.deactivate_pilot(system_of(max.organization_id).pilot, by=None, reason="x"),
            "Chameleon's own",
        ),
    ],
)
def test_what_may_not_be_done_to_an_account_is_refused_in_a_sentence(root, max, deed, why):
    with pytest.raises((NotAllowed, Refusal, BadInput), match=why):
        deed(root, max)


def test_accounts_are_found_switched_off_and_on_by_page(root, browser_of, ada, vi):
    client = browser_of(root)
    assert "Ada Nyström" in client.get("/pilots?q=ada").text
    assert "Vi Larsen" not in client.get("/pilots?q=ada").text

    client.post(f"/pilots/{ada.pilot_id}/deactivation", {"reason": "Has left."})
    assert "switched off" in client.get("/pilots?q=ada").text
    assert client.post(f"/pilots/{ada.pilot_id}/deactivation", {"reason": "Has left."}).status_code == 409
    client.post(f"/pilots/{ada.pilot_id}/reactivation")
    ada.pilot.refresh_from_db()
    assert ada.pilot.is_active


def test_a_new_password_ends_all_sessions(ada, client_of):
    browser = client_of(ada)

    actions.reset_password(ada.pilot, "another horse, a battery", by=None)

    assert browser.get("/").status_code == 302
    assert Entry.objects.latest("pk").data["by"] == "manage.py"
