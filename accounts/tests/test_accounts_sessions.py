"""Ending a session ends what is open in its name."""

import json

import psycopg
import pytest

from accounts import actions
from accounts.queries import membership_of_session, system_of
from kit.database import connection_parameters


@pytest.fixture
def heard(settings):
    """What the wire was told while the test ran: topics and keys."""
    settings.REDIS_URL = ""
    with psycopg.connect(**connection_parameters(), autocommit=True) as listener:
        listener.execute("LISTEN chameleon_live")
        yield lambda: [
            (topic, key)
            for note in listener.notifies(timeout=1)
            for topic, key, _organization in json.loads(note.payload)
        ]


@pytest.mark.django_db(transaction=True)
def test_signing_out_ends_the_session_and_tells_its_sockets(ada, client_of, heard):
    client = client_of(ada)
    session = client.session.session_key
    assert membership_of_session(session) == ada

    client.post("/accounts/logout/")

    assert membership_of_session(session) is None
    assert ("accounts.session", str(ada.pk)) in heard()


@pytest.mark.django_db(transaction=True)
def test_a_new_password_ends_the_sessions_before_it(ada, client_of, heard):
    session = client_of(ada).session.session_key

    actions.set_password(ada.pilot, "a long and new password", actor=system_of(ada.organization_id))

    assert membership_of_session(session) is None
    assert ("accounts.session", str(ada.pk)) in heard()


@pytest.mark.django_db(transaction=True)
def test_a_revoked_key_tells_the_sockets_it_opened(sys, key_of, heard):
    key_of(sys)
    actions.revoke_key(sys.keys.get().pk, actor=system_of(sys.organization_id))

    assert ("accounts.session", str(sys.pk)) in heard()
