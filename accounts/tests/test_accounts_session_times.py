"""Sessions end: unused for too long, too old, or by their person."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone

from accounts import actions, tasks
from accounts.queries import membership_of_session
from accounts.tests.proving import pass_time
from audit.models import Entry

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def is_in(client):
    return client.get("/profile").status_code == 200


@pytest.mark.parametrize(
    ("idle", "age", "stays"),
    [
        (11 * HOUR, 2 * DAY, True),
        (12 * HOUR, 12 * HOUR, False),
        (timedelta(), 6 * DAY, True),
        (timedelta(), 7 * DAY, False),
    ],
)
def test_a_session_lasts_while_it_is_used_and_not_for_ever(client_of, ada, idle, age, stays):
    browser = client_of(ada)
    key = browser.session.session_key
    pass_time(browser, idle=idle, age=age)

    assert (membership_of_session(key) is not None) is stays
    assert is_in(browser) is stays
    assert Session.objects.filter(session_key=key).exists() is stays


def test_the_times_are_the_installations_own(client_of, ada, settings):
    settings.SESSION_IDLE = 600
    browser = client_of(ada)
    pass_time(browser, idle=timedelta(minutes=11))

    assert not is_in(browser)


def test_what_a_page_asks_for_by_itself_keeps_no_session_open(client_of, ada):
    browser = client_of(ada)
    for _hour in range(12):
        pass_time(browser, idle=HOUR, age=HOUR)
        browser.get("/profile", headers={"By-Itself": "1"})

    assert browser.get("/profile").status_code == 302


def test_what_its_person_does_keeps_it_open(client_of, ada):
    browser = client_of(ada)
    for _day in range(13):
        pass_time(browser, idle=HOUR * 11, age=HOUR * 11)
        assert is_in(browser)


def test_the_clock_ends_them_too_and_leaves_the_others(client_of, ada, vi):
    old, used = client_of(ada), client_of(vi)
    pass_time(old, idle=13 * HOUR)

    assert tasks.end_timed_out(0) == 1
    assert list(UserSession.objects.values_list("user", flat=True)) == [vi.pilot_id]
    assert not Session.objects.filter(session_key=old.session.session_key).exists()
    assert is_in(used)
    assert actions.end_timed_out(timezone.now()) == 0


def test_a_session_that_nobody_has_noted_is_none(client_of, ada):
    browser = client_of(ada)
    UserSession.objects.all().delete()
    cache.clear()
    assert not is_in(browser)


def test_signing_out_everywhere_ends_this_browser_as_well(client_of, ada):
    there, here = client_of(ada), client_of(ada)
    answer = here.post("/profile/departure", {"everywhere": "on"})

    assert answer.headers["Location"] == "/accounts/login/"
    assert not is_in(here)
    assert not is_in(there)
    assert Entry.objects.get(verb="session.ended").data == {"sessions": 1}


def test_a_session_goes_on_under_a_new_key(client_of, ada):
    was = client_of(ada).session.session_key
    cache.clear()
    actions.rotate_session(ada.pilot, was, "another")

    assert UserSession.objects.get().session_key == "another"
    assert actions.keep_session("another", in_use=True)
    assert not actions.keep_session(was, in_use=True)
