"""The pages of the kill switch: the banner, the form, the tally, and the way back. All without scripts."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from accounts.tests.proving import grow_stale
from conftest import member
from interventions import actions
from interventions.models import Stop
from interventions.tests.asking import fresh, held, status_of, unit_of
from interventions.topics import pages
from interventions.topics import stops as topic
from live.topics import find, program_topics

PULL = {"what": "gate:deploys", "reason": "Agent <b>loops</b>.", "questions": "hold", "held": "yes"}

pytestmark = pytest.mark.django_db


def stop(actor, scope="gate", target="deploys", **about):
    return actions.stop_work(scope=scope, target=target, reason="Agent <b>loops</b>.", actor=actor, **about)


@pytest.mark.parametrize("person, status", [("max", 200), ("ada", 403), ("vi", 403)])
def test_who_may_open_the_form(request, client_of, gate, person, status):
    assert client_of(request.getfixturevalue(person)).get("/stops/new").status_code == status


def test_the_form_says_what_would_stop(client_of, gate, max, sys):
    unit_of(sys, workflow="nightly")
    unit_of(sys, "stalled")
    held(sys)
    page = client_of(max).get("/stops/new", {"scope": "gate", "target": "deploys"}).text

    assert "<b>1</b> active unit" in page
    assert "<b>1</b> open question" in page
    assert "<b>1</b> caller" in page
    assert re.search(r"Stay where they are.*<b>1</b> stalled", page, re.DOTALL)
    assert 'value="gate:deploys" selected' in page
    for choice in ("organization", "platform:", "workflow:nightly"):
        assert f'value="{choice}' in page
    part = client_of(max).get("/stops/new?what=workflow:nightly", headers={"HX-Request": "true"}).text
    assert part.startswith('<div class="stack" id="preview">')
    assert "the workflow nightly" in part


def test_what_is_not_there_cannot_be_previewed(client_of, gate, max, cy):
    assert client_of(max).get("/stops/new?what=gate:nowhere").status_code == 404
    assert client_of(cy).get("/stops/new?what=gate:deploys").status_code == 404


def test_a_held_button_stops_and_leads_to_the_stop(client_of, gate, max, sys):
    unit = unit_of(sys)
    answer = client_of(max).post("/stops", PULL, follow=True)
    found = Stop.objects.get()

    assert answer.redirect_chain == [(f"/stops/{found.pk}", 302)]
    assert status_of(unit) == "paused"
    assert "0 of 1 callers have acknowledged" in answer.text
    assert "Agent &lt;b&gt;loops&lt;/b&gt;." in answer.text


@pytest.mark.parametrize("word, stops", [("deploys", True), (" DEPLOYS ", True), ("deploy", False), ("", False)])
def test_the_typed_name_is_the_equal_way(client_of, gate, max, word, stops):
    answer = client_of(max).post("/stops", PULL | {"held": "", "word": word})

    assert (answer.status_code, Stop.objects.exists()) == ((302, True) if stops else (422, False))


def test_the_whole_organization_is_typed_by_its_name(client_of, gate, max):
    said = PULL | {"what": "organization", "held": ""}
    assert client_of(max).post("/stops", said | {"word": "organization"}).status_code == 422
    assert client_of(max).post("/stops", said | {"word": "fjordbank"}).status_code == 302


def test_a_refusal_keeps_the_words(client_of, gate, max):
    first = stop(max)
    answer = client_of(max).post("/stops", PULL)

    assert answer.status_code == 409
    assert "Nothing was stopped." in answer.text
    assert f"/stops/{first.pk}" in answer.text
    assert "Agent &lt;b&gt;loops&lt;/b&gt;." in answer.text
    assert client_of(max).post("/stops", PULL | {"reason": ""}).status_code == 422


@pytest.mark.parametrize("person", ["ada", "vi"])
def test_others_see_that_it_is_on_and_may_not_change_it(request, client_of, gate, max, person):
    found = stop(max)
    client = client_of(request.getfixturevalue(person))

    for path in ("/", "/units", "/history", "/stops", f"/stops/{found.pk}"):
        page = client.get(path).text
        assert 'data-mood="frozen"' in page
        assert "Stopped: the gate deploys." in page
    assert "/rearming" not in client.get(f"/stops/{found.pk}").text
    assert client.post("/stops", PULL | {"what": "organization"}).status_code == 403
    assert client.post(f"/stops/{found.pk}/rearming", {"reason": "No.", "units": "go_on"}).status_code == 403


def test_nothing_is_said_where_nothing_is_stopped(client_of, gate, max, cy):
    stop(max)
    page = client_of(cy).get("/").text

    assert 'data-mood="calm"' in page
    assert "banner--ice" not in page


def test_rearming_on_the_page(client_of, gate, max, sys):
    unit, found = unit_of(sys), stop(max)
    client = client_of(max)
    path = f"/stops/{found.pk}/rearming"

    assert client.post(path, {"reason": "", "units": "go_on"}).status_code == 422
    assert client.get(path).status_code == 405
    page = client.post(path, {"reason": "Fixed.", "units": "go_on"}, follow=True).text
    assert "Re-armed: the gate deploys." in page
    assert status_of(unit) == "active"
    refused = client.post(path, {"reason": "Fixed.", "units": "go_on"})
    assert (refused.status_code, "already re-armed" in refused.text) == (409, False)


def test_two_admins_on_the_page(client_of, gate, max, organization):
    Organization.objects.filter(pk=organization.pk).update(rearm_by_two=True)
    eve = member(organization, "eve", "Admin", name="Eve Roth")
    path = f"/stops/{stop(max).pk}"

    assert "Ask to re-arm" in client_of(max).get(path).text
    page = client_of(max).post(f"{path}/rearming", {"reason": "Fixed.", "units": "go_on"}, follow=True).text
    assert "Max Keller asked to re-arm it" in page
    assert "/rearming" not in page
    assert "Confirm, and re-arm" in client_of(eve).get(path).text
    client_of(eve).post(f"{path}/rearming", {"reason": "Agreed.", "units": "go_on"})
    assert not Stop.objects.on().exists()


def test_a_stranger_finds_no_stop(client_of, gate, max, cy):
    found = stop(max)

    assert client_of(cy).get(f"/stops/{found.pk}").status_code == 404
    answer = client_of(cy).post(f"/stops/{found.pk}/rearming", {"reason": "x", "units": "go_on"})
    assert answer.status_code == 404


def test_an_admin_with_a_password_proves_it_again(client_of, gate, max):
    max.pilot.set_password("correct horse battery")
    max.pilot.save()
    client = client_of(max)
    found = stop(max, "organization", "")
    grow_stale(client)

    assert client.get("/stops/new").status_code == 200
    assert client.post("/stops", PULL).headers["Location"].startswith("/accounts/reauthenticate/")
    assert not Stop.objects.filter(scope="gate").exists()
    assert client.get("/stops").status_code == client.get(f"/stops/{found.pk}").status_code == 200
    answer = client.post(f"/stops/{found.pk}/rearming", {"reason": "x", "units": "go_on"})
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    client.post(answer.headers["Location"], {"password": "correct horse battery"})
    assert not fresh(found).is_on


def test_many_stops_take_no_more_statements(client_of, gate, max, sys):
    client = client_of(max)

    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/stops").status_code == 200
        return len(captured)

    unit_of(sys)
    stop(max)
    few = statements()
    for number in range(10):
        stop(max, "workflow", f"w-{number}")

    assert statements() == few <= 18


def test_an_empty_list_says_what_it_is_for(client_of, vi):
    assert "Nothing is stopped, and nothing ever was" in client_of(vi).get("/stops").text


def test_the_address_of_the_problem_leads_to_the_stops(client_of, vi):
    assert client_of(vi).get("/problems/stopped").headers["Location"] == "/stops"


def test_the_banner_and_the_tally_are_pushed(gate, max, sys):
    unit_of(sys)
    found = stop(max)
    told = topic.render_pages(max.organization_id, ["", str(found.pk), "nonsense"], topic.audience_of(max))

    assert set(told) == {"", str(found.pk)}
    assert "0 of 1 callers have acknowledged" in told[""]["html"]
    assert f'data-live="interventions.stops:{found.pk}"' in told[str(found.pk)]["html"]
    actions.acknowledge(found.pk, actor=sys)
    assert "1 of 1" in topic.render_pages(max.organization_id, [""], topic.audience_of(max))[""]["html"]


def test_another_organizations_stop_is_not_rendered(gate, max, cy):
    found = stop(max)
    told = topic.render_pages(cy.organization_id, ["", str(found.pk)], topic.audience_of(cy))

    assert set(told) == {""}
    assert "banner" not in told[""]["html"]


def test_programs_hear_stop_and_go_on(gate, max, sys, cy):
    unit_of(sys)
    found = stop(max)
    ((frame,),) = topic.render_frames(sys.organization_id, [f"on:{found.pk}"], sys.pk).values()

    assert find("interventions.kill_switch") in program_topics()
    assert (frame["type"], frame["stop"], frame["on"]) == ("kill_switch", str(found.pk), True)
    assert (frame["scope"], frame["target"], frame["by"]) == ("gate", "deploys", "Max Keller")
    assert found.acknowledgements.get(caller=sys).told_at is not None
    assert topic.missed(sys, "", found.at) == [f"on:{found.pk}"]
    assert topic.missed(cy, "", found.at) == []
    assert topic.render_frames(cy.organization_id, [f"on:{found.pk}"], cy.pk) == {}

    lifted = actions.let_work_go_on(found.pk, reason="Fixed.", actor=max)
    ((frame,),) = topic.render_frames(sys.organization_id, [f"off:{found.pk}"], sys.pk).values()
    assert (frame["on"], frame["reason"]) == (False, "Fixed.")
    assert topic.missed(sys, "", lifted.rearmed_at) == [f"off:{found.pk}"]


def test_the_pages_mood_follows_the_wire(gate, max, vi):
    audience = pages.audience_of(vi)
    assert pages.render_counts(vi.organization_id, [""], audience)[""]["mood"] == "calm"
    stop(max)
    assert pages.render_counts(vi.organization_id, [""], audience)[""]["mood"] == "frozen"
