"""One's own page, and going over to another organization of one's own."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions
from accounts.models import Membership, Organization
from accounts.queries import ACTIVE_ORGANIZATION, system_of


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def ada_elsewhere(ada: Membership, elsewhere: Organization) -> Membership:
    """Ada is a Viewer there."""
    return actions.grant_role(ada.pilot, "Viewer", actor=system_of(elsewhere.pk))


def test_a_stranger_to_the_door_is_sent_to_sign_in(client_of):
    answer = client_of(None).get("/profile")

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_it_says_who_one_is_and_in_which_role(client_of, ada):
    page = text_of(client_of(ada).get("/profile").text)

    assert "Ada Nyström" in page
    assert "Operator at Fjordbank" in page
    assert "local:ada" in page


@pytest.mark.parametrize(
    "person, may, may_not",
    [
        ("vi", "Read the ledger", "Claim and decide questions"),
        ("ada", "Claim and decide questions", "Waive violations"),
        ("max", "Waive violations", None),
    ],
)
def test_it_says_in_words_what_the_role_may_do(request, client_of, person, may, may_not):
    page = text_of(client_of(request.getfixturevalue(person)).get("/profile").text)

    assert may in page
    assert f"Not allowed: {may}" not in page
    assert may_not is None or f"Not allowed: {may_not}" in page


def test_it_tells_what_one_did_last_and_nothing_of_others(client_of, max):
    page = text_of(client_of(max).get("/profile").text)
    assert "Nothing yet." in page

    member_made_by(max)

    page = text_of(client_of(max).get("/profile").text)
    assert "Max Keller made an account for eve" in page.replace("  ", " ")
    assert "Chameleon made an account" not in page


def test_somebody_without_an_organization_sees_only_their_name(client_of, ada):
    ada.ended_at = timezone.now()
    ada.save()

    page = text_of(client_of(ada).get("/profile").text)

    assert "You do not belong to an organization yet" in page
    assert "What you may do" not in page


def test_one_goes_over_to_another_organization_of_ones_own(client_of, ada, ada_elsewhere):
    client = client_of(ada)
    client.post("/organization", {"organization": ada_elsewhere.organization_id})

    assert client.session[ACTIVE_ORGANIZATION] == ada_elsewhere.organization_id
    assert "Viewer at Elsewhere" in text_of(client.get("/profile").text)


def test_one_cannot_go_where_one_is_no_member(client_of, ada, cy):
    client = client_of(ada)

    assert client.post("/organization", {"organization": cy.organization_id}).status_code == 404
    assert ACTIVE_ORGANIZATION not in client.session


def test_one_cannot_go_where_ones_membership_has_ended(client_of, ada, ada_elsewhere):
    ada_elsewhere.ended_at = timezone.now()
    ada_elsewhere.save()

    assert client_of(ada).post("/organization", {"organization": ada_elsewhere.organization_id}).status_code == 404


@pytest.mark.parametrize("said", ["", "x", "-1", "9" * 30, "1; DROP TABLE"])
def test_what_is_no_organization_is_not_found(client_of, ada, said):
    assert client_of(ada).post("/organization", {"organization": said}).status_code == 404


def test_a_link_cannot_switch(client_of, ada, ada_elsewhere):
    assert client_of(ada).get(f"/organization?organization={ada_elsewhere.organization_id}").status_code == 405


def test_the_number_of_statements_does_not_grow_with_ones_acts(client_of, max):
    client = client_of(max)
    member_made_by(max, "eve")
    with CaptureQueriesContext(connection) as few:
        client.get("/profile")
    for number in range(5):
        member_made_by(max, f"pilot-{number}")
    with CaptureQueriesContext(connection) as many:
        client.get("/profile")

    assert len(many) == len(few)


def member_made_by(actor: Membership, username: str = "eve") -> None:
    actions.create_pilot(username, actor=actor, name="Eve")
