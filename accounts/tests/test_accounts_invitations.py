"""Invitations: made, renewed and withdrawn by an Admin, used once."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import Invitation, Membership, Pilot, digest_of
from accounts.queries import system_of
from audit.models import Entry
from conftest import member
from kit.errors import BadInput, NotAllowed, NotThere, Refusal

PASSWORD = "a horse, a staple, a battery"
NEW = {"username": "eve", "name": "Eve Moreau", "password": PASSWORD}


@pytest.fixture
def secret(max: Membership) -> str:
    return actions.invite("Operator", actor=max)[1]


def opened(client: Client, secret: str) -> Client:
    assert client.get(f"/invitations/{secret}").headers["Location"] == "/invitation"
    return client


def told(answer) -> str:
    return answer.text.replace("&#x27;", "'")


def test_a_secret_is_256_bits_and_only_its_digest_is_kept(max):
    invitation, secret = actions.invite("Viewer", actor=max, email="eve@example.org", days=2)

    assert len(secret) >= 43
    assert invitation.digest == digest_of(secret)
    assert secret not in str(Entry.objects.latest("pk").data)
    assert timedelta(days=1) < invitation.expires_at - timezone.now() <= timedelta(days=2)


@pytest.mark.parametrize("days", [0, 31])
def test_an_invitation_is_good_for_a_day_to_a_month(max, days):
    with pytest.raises(BadInput, match="from 1 to 30"):
        actions.invite("Viewer", actor=max, days=days)


def test_an_address_that_is_none_is_refused(max):
    with pytest.raises(BadInput, match="email"):
        actions.invite("Viewer", actor=max, email="eve at home")


def test_nobody_is_invited_above_the_inviters_own_powers(max):
    boss = Group.objects.create(name="Auditor general")
    boss.permissions.add(Permission.objects.get(content_type__app_label="auth", codename="delete_group"))

    with pytest.raises(NotAllowed, match="do not have yourself"):
        actions.invite("Auditor general", actor=max)
    with pytest.raises(NotAllowed, match="do not have yourself"):
        actions.grant_role(max.pilot, "Auditor general", actor=max)


def test_a_new_account_joins_in_the_role_of_the_invitation_and_with_its_address(max):
    invitation, secret = actions.invite("Viewer", actor=max, email="eve@example.org")

    joined = actions.join_anew(digest_of(secret), **NEW)

    assert (joined.role_name, joined.organization_id) == ("Viewer", max.organization_id)
    assert (joined.pilot.email, joined.pilot.public_id) == ("eve@example.org", "local:eve")
    assert joined.pilot.check_password(PASSWORD)
    line = Entry.objects.latest("pk")
    assert (line.verb, line.actor, line.data["by"]) == ("member.joined", joined, "Max Keller")
    invitation.refresh_from_db()
    assert invitation.accepted_by == joined


def test_an_invitation_is_good_once(secret, cy):
    actions.join(digest_of(secret), cy.pilot)

    with pytest.raises(Refusal, match="used already"):
        actions.join_anew(digest_of(secret), **NEW)


def test_an_account_of_another_address_is_refused(max, cy):
    _invitation, secret = actions.invite("Viewer", actor=max, email="eve@example.org")

    with pytest.raises(Refusal, match=r"is for eve@example\.org"):
        actions.join(digest_of(secret), cy.pilot)


def test_an_address_that_has_an_account_signs_in_with_it(max, cy):
    Pilot.objects.filter(pk=cy.pilot_id).update(email="Eve@Example.org")
    _invitation, secret = actions.invite("Viewer", actor=max, email="eve@example.org")

    with pytest.raises(Refusal, match="There already is an account"):
        actions.join_anew(digest_of(secret), **NEW)
    cy.pilot.refresh_from_db()
    assert actions.join(digest_of(secret), cy.pilot).organization_id == max.organization_id


@pytest.mark.parametrize("username", ["boss@example.org", "github:octocat", "a b", ""])
def test_a_user_name_that_passes_for_somebody_else_is_refused(secret, username):
    with pytest.raises(BadInput, match="username"):
        actions.join_anew(digest_of(secret), **NEW | {"username": username})
    assert not Pilot.objects.filter(username=username).exists()


def test_a_user_name_that_differs_in_case_alone_is_taken(secret, max):
    with pytest.raises(Refusal, match="already is a pilot"):
        actions.join_anew(digest_of(secret), **NEW | {"username": "MAX"})


def test_who_is_a_member_already_keeps_the_invitation_for_somebody_else(secret, ada, cy):
    with pytest.raises(Refusal, match="a member of Fjordbank already"):
        actions.join(digest_of(secret), ada.pilot)
    assert actions.join(digest_of(secret), cy.pilot).role_name == "Operator"


def test_a_member_who_was_let_go_comes_back_by_an_invitation(secret, vi, max):
    actions.end_membership(vi, actor=max)

    assert actions.join(digest_of(secret), vi.pilot).pk == vi.pk
    assert Membership.objects.acting().get(pk=vi.pk).role_name == "Operator"


def test_an_invitation_runs_out(secret, cy):
    Invitation.objects.update(expires_at=timezone.now())

    with pytest.raises(Refusal, match="run out"):
        actions.join(digest_of(secret), cy.pilot)


def test_a_withdrawn_invitation_lets_nobody_in(secret, max, cy):
    invitation = Invitation.objects.get()
    actions.withdraw_invitation(invitation.pk, actor=max)

    with pytest.raises(Refusal, match="withdrawn"):
        actions.join(digest_of(secret), cy.pilot)
    with pytest.raises(NotThere):
        actions.renew_invitation(invitation.pk, actor=max)


def test_a_renewed_invitation_ends_the_link_before(secret, max, cy):
    _invitation, newer = actions.renew_invitation(Invitation.objects.get().pk, actor=max)

    with pytest.raises(NotThere, match="newer link"):
        actions.join(digest_of(secret), cy.pilot)
    assert actions.join(digest_of(newer), cy.pilot)


def test_an_admin_who_is_let_go_leaves_no_door_open(organization, max, cy):
    second = member(organization, "mia", "Admin")
    _invitation, secret = actions.invite("Admin", actor=second)
    actions.end_membership(second, actor=max)

    with pytest.raises(Refusal, match="withdrawn"):
        actions.join(digest_of(secret), cy.pilot)


@pytest.mark.parametrize("lost", ["role", "account"])
def test_an_invitation_of_somebody_who_may_no_longer_invite_is_worth_nothing(organization, max, cy, lost):
    second = member(organization, "mia", "Admin")
    _invitation, secret = actions.invite("Viewer", actor=second)
    if lost == "role":
        actions.grant_role(second.pilot, "Operator", actor=max)
    else:
        actions.deactivate_pilot(second.pilot, by=None, reason="Gone.")

    with pytest.raises(NotAllowed, match="may no longer invite"):
        actions.join(digest_of(secret), cy.pilot)


# The pages


def test_opening_the_link_takes_the_secret_out_of_the_address_and_accepts_nothing(secret, client_of, cy):
    client = client_of(cy)
    answer = client.get(f"/invitations/{secret}")

    assert answer.headers["Location"] == "/invitation"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    page = client.get("/invitation")
    assert "Max Keller invites you to Fjordbank, as Operator." in told(page)
    assert secret not in page.text
    assert secret not in str(dict(client.session))
    assert Invitation.objects.get().accepted_at is None
    assert Membership.objects.filter(pilot=cy.pilot).count() == 1


def test_who_is_signed_in_joins_by_a_post_and_is_there(secret, client_of, cy, organization):
    client = opened(client_of(cy), secret)

    answer = client.post("/invitation", follow=True)

    assert answer.wsgi_request.membership.organization_id == organization.pk
    assert "You are a member of Fjordbank now." in told(answer)
    assert client.get("/invitation").status_code == 404


def test_somebody_new_makes_an_account_with_a_password_and_is_signed_in(secret, organization):
    client = opened(Client(), secret)
    assert "sign in" in told(client.get("/invitation"))

    answer = client.post("/invitation", NEW, follow=True)

    assert answer.wsgi_request.user.username == "eve"
    assert answer.wsgi_request.membership.organization_id == organization.pk
    assert Client().login(username="eve", password=PASSWORD)


def test_what_is_wrong_with_a_new_account_is_said_beside_the_field(secret):
    client = opened(Client(), secret)

    answer = client.post("/invitation", NEW | {"password": "password1234"})

    assert answer.status_code == 422
    assert "too common" in told(answer)
    assert 'value="eve"' in answer.text
    assert "password1234" not in answer.text
    assert not Pilot.objects.filter(username="eve").exists()


def test_a_refusal_is_said_on_the_page_of_the_invitation(secret, max):
    client = opened(Client(), secret)

    answer = client.post("/invitation", NEW | {"username": "max"})

    assert answer.status_code == 409
    assert "There already is a pilot “max”" in told(answer)


def test_who_signs_in_on_the_way_comes_back_to_the_invitation(secret, cy):
    cy.pilot.set_password(PASSWORD)
    cy.pilot.save()
    client = opened(Client(), secret)
    form = {"login": "cy", "password": PASSWORD, "next": "/invitation"}

    answer = client.post("/accounts/login/?next=/invitation", form, follow=True)

    assert "You are signed in as Cy Stranger." in told(answer)


@pytest.mark.parametrize("way", ["GET", "POST"])
def test_a_link_that_is_none_opens_nothing_and_leaves_no_session(db, way):
    client = Client()
    answer = client.get("/invitations/" + "x" * 43)
    assert "sessionid" not in answer.cookies

    assert client.generic(way, "/invitation").status_code == (404 if way == "GET" else 422)


def test_a_post_without_the_pages_token_is_refused(secret):
    client = opened(Client(enforce_csrf_checks=True), secret)

    assert client.post("/invitation", NEW).status_code == 403
    assert Invitation.objects.get().accepted_at is None


def test_the_link_is_on_the_page_once_and_mailed_where_mail_is_set_up(client_of, max, settings):
    settings.EMAIL_HOST = "mail.example"
    client = client_of(max)

    made = client.post("/members/invitations", {"email": "eve@example.org", "role": "Viewer", "days": "7"})

    link = re.search(r"http://[^\s<]+/invitations/[\w-]{43}", made.text).group()
    assert "It was mailed to eve@example.org." in told(made)
    assert mail.outbox[0].to == ["eve@example.org"]
    assert link in mail.outbox[0].body
    assert link not in client.get("/members").text


def test_a_mail_that_cannot_be_sent_is_said_and_the_link_is_there(client_of, max, settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    made = client_of(max).post("/members/invitations", {"email": "eve@example.org", "role": "Viewer", "days": "7"})

    assert "could not be sent. Send them the link yourself" in told(made)
    assert "/invitations/" in made.text


@pytest.mark.parametrize(
    "said, why",
    [
        ({"role": "Captain", "days": "7"}, "There is no role “Captain”"),
        ({"role": "Viewer", "days": "700"}, "30"),
        ({"role": "Viewer", "days": "7", "email": "nobody"}, "valid email"),
    ],
)
def test_an_invitation_that_cannot_be_made_is_refused_in_a_sentence(client_of, max, said, why):
    answer = client_of(max).post("/members/invitations", said)

    assert answer.status_code in (404, 422)
    assert why in told(answer)
    assert not Invitation.objects.exists()


def test_an_invitation_is_renewed_and_withdrawn_on_the_page(client_of, max, secret):
    client, pk = client_of(max), Invitation.objects.get().pk

    assert "/invitations/" in client.post(f"/members/invitations/{pk}/renewal").text
    assert client.post(f"/members/invitations/{pk}/withdrawal").status_code == 302
    assert client.post(f"/members/invitations/{pk}/withdrawal").status_code == 404
    assert list(Entry.objects.order_by("-pk").values_list("verb", flat=True)[:2]) == [
        "invitation.withdrawn",
        "invitation.renewed",
    ]


def test_the_system_invites_the_first_admin(organization, cy):
    _invitation, secret = actions.invite("Admin", actor=system_of(organization.pk))

    assert actions.join(digest_of(secret), cy.pilot).role_name == "Admin"
