"""Getting a new password by mail, and where none is sent."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership
from chameleon.logs import WithoutSecrets

RESET = "/accounts/password/reset/"


def test_where_no_mail_is_sent_the_page_says_so_and_whom_to_ask(client: Client, db: None, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    page = client.get(RESET).text

    assert "No mail is sent from here." in page
    assert "Ask an Admin" in page
    assert 'name="email"' not in page


def test_with_a_mail_server_a_link_is_sent(
    client: Client, ada: Membership, settings: Any, mailoutbox: list[Any], client_of: Callable[..., Client]
) -> None:
    settings.EMAIL_HOST = "mail.example"
    ada.pilot.email = "ada@example.org"
    ada.pilot.save()

    assert 'name="email"' in client.get(RESET).text
    client.post(RESET, {"email": "ada@example.org"})

    (letter,) = mailoutbox
    assert letter.to == ["ada@example.org"]
    link = next(word for word in letter.body.split() if "/password/reset/key/" in word)
    assert client.get(link, follow=True).status_code == 200


@pytest.mark.usefixtures("db")
def test_whether_an_account_exists_is_not_told(client: Client, settings: Any, mailoutbox: list[Any]) -> None:
    settings.EMAIL_HOST = "mail.example"

    answer = client.post(RESET, {"email": "nobody@example.org"}, follow=True)

    assert "If that address belongs to a pilot" in answer.text


def test_the_secret_of_a_link_is_kept_out_of_the_log():
    line = logging.LogRecord("x", logging.INFO, "", 0, "GET /invitations/%s 302", ("s3cret-" + "y" * 40,), None)
    WithoutSecrets().filter(line)

    assert line.msg == "GET /invitations/… 302"
