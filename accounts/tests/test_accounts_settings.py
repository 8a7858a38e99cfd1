"""How a pilot wants the pages: kept, checked, and followed."""

import re

import pytest
from django.utils import timezone

from accounts import actions, keyboard
from accounts.models import Preferences
from audit.models import Entry
from kit.errors import BadInput

WHOLE = {
    "theme": "dark",
    "density": "compact",
    "language": "",
    "time_zone": "Europe/Berlin",
    "layout": "list",
    "page_size": "25",
    "single_keys": "on",
    "notify": ["mentioned", "critical"],
} | {f"key-{act}": key for act, (key, _words) in keyboard.KEYS.items()}


@pytest.fixture
def browser(client_of, ada):
    return client_of(ada)


def preferences_of(ada):
    return Preferences.objects.get(pilot=ada.pilot)


def test_without_a_choice_pages_come_as_they_are(browser, ada):
    page = browser.get("/settings").text

    assert not Preferences.objects.exists()
    assert "data-stored" not in page
    assert ada.pilot.preferred.page_size == 50


def test_a_form_keeps_all_of_it_and_leaves_a_line(browser, ada):
    answer = browser.post("/settings", WHOLE)

    kept = preferences_of(ada)
    assert answer.status_code == 302
    assert (kept.theme, kept.density, kept.time_zone, kept.layout) == ("dark", "compact", "Europe/Berlin", "list")
    assert (kept.page_size, kept.single_keys, kept.notify, kept.keys) == (25, True, ["mentioned", "critical"], {})
    line = Entry.objects.latest("pk")
    assert (line.verb, line.actor_id, line.data["theme"]) == ("pilot.preferences_set", ada.pk, "dark")


def test_saving_the_same_again_leaves_no_line(browser):
    browser.post("/settings", WHOLE)
    before = Entry.objects.count()
    browser.post("/settings", WHOLE)

    assert Entry.objects.count() == before


def test_the_page_follows_at_once(browser):
    browser.post("/settings", WHOLE | {"key-approve": "y"})
    page = browser.get("/").text

    own = ' data-stored data-theme="dark" data-density="compact" data-zone="Europe/Berlin"'
    assert re.search(f"<html[^>]*{own}", page)
    assert 'data-own-keys="{&quot;a&quot;: &quot;y&quot;}"' in page
    assert 'data-notify="mentioned critical"' in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"theme": "neon"},
        {"density": "<script>"},
        {"language": "tlh"},
        {"time_zone": "Mars/Olympus"},
        {"layout": ""},
        {"page_size": "9"},
        {"page_size": "101"},
        {"page_size": "many"},
        {"notify": ["gossip"]},
        {"key-approve": "ab"},
        {"key-approve": " 1"},
        {"key-approve": "\x00"},
        {"key-approve": "r"},
    ],
)
def test_what_does_not_fit_is_told_and_nothing_is_kept(browser, wrong):
    answer = browser.post("/settings", WHOLE | wrong)

    assert answer.status_code == 422
    assert "Nothing was saved" in answer.text
    assert not Preferences.objects.exists()


def test_a_taken_key_is_named_with_what_it_does(browser):
    assert "“a” does this already: Approve" in browser.post("/settings", WHOLE | {"key-reject": "A"}).text


def test_keys_may_change_places_and_be_switched_off(browser, ada):
    browser.post("/settings", WHOLE | {"key-approve": "R", "key-reject": "a", "key-waive": ""})

    assert preferences_of(ada).keys == {"approve": "r", "reject": "a", "waive": ""}
    assert keyboard.moved(preferences_of(ada).keys) == {"a": "r", "r": "a", "w": ""}


def test_all_keys_go_back_to_how_they_came(browser, ada):
    actions.set_preferences(actor=ada, keys={"approve": "y"})
    browser.post("/settings/keys")

    assert preferences_of(ada).keys == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"keys": {"dance": "q"}},
        {"keys": {"approve": 7}},
        {"keys": {"approve": "a", "reject": "a"}},
        {"language": "tlh"},
        {"time_zone": "Mars/Olympus"},
        {"page_size": 5},
        {"notify": ["gossip"]},
        {"theme": "neon"},
    ],
)
def test_the_action_checks_for_itself(ada, wrong):
    with pytest.raises(BadInput):
        actions.set_preferences(actor=ada, **wrong)

    assert not Preferences.objects.filter(page_size=5).exists()


def test_a_choice_in_passing_keeps_that_and_nothing_else(browser, ada):
    browser.post("/settings", WHOLE)
    answer = browser.post("/settings/choice", {"theme": "light"})

    assert answer.status_code == 204
    assert (preferences_of(ada).theme, preferences_of(ada).density) == ("light", "compact")


def test_single_keys_are_switched_off_in_passing(browser, ada):
    browser.post("/settings/choice", {"single_keys": ""})

    assert preferences_of(ada).single_keys is False
    assert 'data-single-keys="off"' in browser.get("/").text


def test_a_choice_that_is_none_is_refused(browser):
    for said in ({"theme": "neon"}, {"layout": "heap"}, {"layout": ""}):
        assert browser.post("/settings/choice", said).status_code == 422


def test_a_chosen_language_goes_before_that_of_the_browser(client_of, ada):
    actions.set_preferences(actor=ada, language="de")

    page = client_of(ada).get("/settings", headers={"Accept-Language": "fr"})

    assert '<html lang="de"' in page.text
    assert page.headers["Content-Language"] == "de"


def test_the_language_of_one_is_not_that_of_the_next(client_of, ada, bo):
    actions.set_preferences(actor=ada, language="de")
    client_of(ada).get("/settings")

    assert '<html lang="en"' in client_of(bo).get("/settings").text


def test_a_chosen_zone_goes_before_that_of_the_browser(client_of, ada):
    actions.set_preferences(actor=ada, time_zone="Asia/Tokyo")
    client = client_of(ada)
    client.cookies["zone"] = "Europe/Berlin"

    assert "Asia/Tokyo" in re.sub(r"(?s)<select.*?</select>", "", client.get("/profile").text)


def test_settings_are_ones_own(client_of, ada, bo):
    client_of(bo).post("/settings", WHOLE)

    assert not Preferences.objects.filter(pilot=ada.pilot).exists()


def test_somebody_without_an_organization_is_told_so(client_of, ada):
    ada.ended_at = timezone.now()
    ada.save()

    assert client_of(ada).get("/settings").status_code == 403
    assert client_of(ada).post("/settings", WHOLE).status_code == 403


@pytest.mark.parametrize("path", ["/settings", "/settings/organization"])
def test_strangers_are_sent_to_sign_in(client_of, path):
    assert client_of(None).get(path).status_code == 302


@pytest.mark.parametrize("path", ["/settings/choice", "/settings/keys", "/profile/departure", "/profile/tokens"])
def test_a_link_changes_nothing(browser, path):
    assert browser.get(path).status_code == 405
