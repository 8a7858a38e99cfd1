"""How members go: what ends with them, what is passed on, and who has to stay."""

import threading

import pytest
from django.db import connection

from accounts import actions
from accounts.models import Absence, ApiKey, Membership
from accounts.queries import membership_of_key, system_of
from conftest import member
from kit.errors import BadInput, NotAllowed, NotThere, Refusal


def test_standing_in_goes_on_and_ones_own_absence_ends(ada, bo, vi, max):
    actions.set_absence(vi, actor=vi, delegate="local:ada")
    actions.set_absence(max, actor=max, delegate="local:ada")
    actions.set_absence(ada, actor=ada)

    actions.leave(actor=ada, to="local:bo")

    assert dict(Absence.objects.values_list("membership", "delegate")) == {vi.pk: bo.pk, max.pk: bo.pk}


def test_an_heir_does_not_stand_in_for_oneself(ada, bo):
    actions.set_absence(bo, actor=bo, delegate="local:ada")

    actions.leave(actor=ada, to="local:bo")

    assert Absence.objects.get(membership=bo).delegate is None


@pytest.mark.parametrize("to, wrong", [("local:ada", BadInput), ("local:cy", NotThere), ("nobody", NotThere)])
def test_only_a_member_who_stays_is_an_heir(ada, cy, to, wrong):
    with pytest.raises(wrong):
        actions.leave(actor=ada, to=to)
    assert Membership.objects.get(pk=ada.pk).ended_at is None


def test_keys_end_for_good_with_the_membership(sys, max, key_of):
    text = key_of(sys)
    actions.end_membership(sys, actor=max)
    actions.grant_role(sys.pilot, "Operator", actor=max)

    assert ApiKey.objects.get().revoked_at is not None
    assert membership_of_key(text) is None


def test_the_last_admin_neither_leaves_nor_is_let_go_nor_steps_down(max, ada, organization):
    machine = member(organization, "robot", "Admin", kind="system")
    for deed in (
        lambda: actions.leave(actor=max, to="local:ada"),
        lambda: actions.end_membership(max, actor=machine),
        lambda: actions.grant_role(max.pilot, "Operator", actor=max),
    ):
        with pytest.raises(Refusal, match="Nobody else manages"):
            deed()

    actions.grant_role(ada.pilot, "Admin", actor=max)
    actions.leave(actor=max)
    assert Membership.objects.get(pk=max.pk).ended_at is not None


def test_whoever_runs_the_machine_may_let_the_last_admin_go(max):
    actions.end_membership(max, actor=system_of(max.organization_id))

    assert Membership.objects.get(pk=max.pk).ended_at is not None


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_leave_at_the_same_moment_one_stays(max, organization):
    second = member(organization, "mia", "Admin")
    told: list[str] = []

    def go(actor: Membership) -> None:
        try:
            actions.leave(actor=actor)
            told.append("left")
        except Refusal:
            told.append("stayed")
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(one,)) for one in (max, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == ["left", "stayed"]


# The pages


def test_the_members_page_says_who_is_in_and_when_they_were_last_seen(client_of, max, ada, vi, sys, key_of, cy):
    key_of(sys)
    client_of(ada).get("/")
    actions.set_absence(vi, actor=vi)

    page = client_of(max).get("/members").text

    for name in ("Max Keller", "Ada Nyström", "Vi Larsen", "CI runner"):
        assert name in page
    assert "1 key" in page
    assert "away" in page
    assert "Cy Stranger" not in page
    assert "Chameleon</a>" not in page


def test_members_are_found_by_name(client_of, max, ada, vi):
    page = client_of(max).get("/members?q=nystr").text

    assert "Ada Nyström" in page
    assert "Vi Larsen" not in page
    assert "No member matches" in client_of(max).get("/members?q=%00zzz").text


def test_the_members_page_takes_no_more_statements_for_more_members(
    client_of, max, organization, django_assert_max_num_queries
):
    for number in range(12):
        member(organization, f"pilot-{number}", "Viewer")
    client = client_of(max)
    with django_assert_max_num_queries(16):
        client.get("/members")


@pytest.mark.parametrize("person", ["vi", "ada"])
def test_only_who_manages_members_sees_them_there(request, client_of, person, max):
    client = client_of(request.getfixturevalue(person))

    assert client.get("/members").status_code == 403
    assert client.get(f"/members/{max.pk}").status_code == 403
    assert client.post(f"/members/{max.pk}/role", {"role": "Viewer"}).status_code == 403
    assert client.post(f"/members/{max.pk}/ending").status_code == 403


def test_a_role_is_changed_on_the_page_of_the_member(client_of, max, vi):
    client = client_of(max)
    assert "Change the role" in client.get(f"/members/{vi.pk}").text

    answer = client.post(f"/members/{vi.pk}/role", {"role": "Operator"}, follow=True)

    assert "What Vi Larsen may do has changed, from now on." in answer.text
    assert Membership.objects.get(pk=vi.pk).role_name == "Operator"


def test_a_refusal_is_said_on_the_page_of_the_member(client_of, max):
    answer = client_of(max).post(f"/members/{max.pk}/role", {"role": "Viewer"})

    assert answer.status_code == 409
    assert "Nobody else manages the members here." in answer.text


def test_a_member_of_another_organization_is_not_there(client_of, max, cy):
    client = client_of(max)

    assert client.get(f"/members/{cy.pk}").status_code == 404
    assert client.post(f"/members/{cy.pk}/role", {"role": "Viewer"}).status_code == 404
    assert client.post(f"/members/{cy.pk}/ending").status_code == 404
    assert Membership.objects.get(pk=cy.pk).ended_at is None


def test_a_membership_is_ended_on_the_page(client_of, max, vi):
    browser = client_of(vi)
    answer = client_of(max).post(f"/members/{vi.pk}/ending", {"to": ""}, follow=True)

    assert "Vi Larsen is no longer a member." in answer.text
    assert browser.get("/").status_code == 403


def test_one_leaves_by_ones_own_profile(client_of, ada, max, bo):
    client = client_of(ada)
    assert 'href="/organization/leaving"' in client.get("/profile").text
    assert "Bo Lindqvist" in client.get("/organization/leaving").text

    answer = client.post("/organization/leaving", {"to": "local:bo"}, follow=True)

    assert "You have left Fjordbank." in answer.text
    assert client.get("/").status_code == 403


def test_the_last_admin_is_told_what_to_do_first(client_of, max):
    client = client_of(max)

    assert "Nobody else manages the members here." in client.get("/organization/leaving").text
    answer = client.post("/organization/leaving")
    assert answer.status_code == 409
    assert "Nobody else manages" in answer.text


def test_leaving_is_no_use_on_a_visit(max):
    max.until = max.created_at

    with pytest.raises(Refusal, match="on a visit"):
        actions.leave(actor=max)


def test_a_visitor_does_not_become_a_member_by_themselves(max):
    max.until = max.created_at

    with pytest.raises(NotAllowed, match="here for a while"):
        actions.grant_role(max.pilot, "Admin", actor=max)
