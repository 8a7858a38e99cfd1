"""Sealed votes: until one has voted oneself, or it is settled, one learns how many have voted and nothing else."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from interventions import actions, queries
from interventions.models import Hold, Vote
from interventions.queries.queue_page import rows_of
from interventions.tests.asking import ask
from interventions.tests.stopping import stop
from interventions.topics import pages, program

OPTION = re.compile(r"<option.*?</option>")  # a filter names every member, whatever they did
SECRET = ("Ada Nyström", "local:ada", "All is green here.")


@pytest.fixture
def question(sys, ada):
    asked = ask(sys, required_approvals=3, votes_sealed=True, title="Rotate the root key")
    actions.approve(asked.pk, reason="All is green here.", actor=ada)
    return asked


def told(text: str) -> list[str]:
    return [word for word in SECRET if word in text]


def texts_for(client: Client, question) -> dict[str, str]:
    """Everything about it that can be read over HTTP."""
    found = {}
    for address in (
        f"/interventions/{question.pk}",
        "/",
        f"/api/interventions/{question.pk}",
        "/api/interventions",
        "/api/interventions/pending",
        "/api/audit",
        f"/api/audit?subject=intervention:{question.pk}",
        "/api/audit?verb=intervention.voted",
        "/api/audit?actor=local:ada",
        f"/admin/interventions/vote/?intervention={question.pk}",
        "/admin/audit/entry/?verb=intervention.voted",
    ):
        answer = client.get(address, follow=True)
        found[address] = answer.text if answer.status_code < 500 else pytest.fail(address)
    return found


@pytest.mark.parametrize("person", ["bo", "vi", "max", "sys"])
def test_whoever_has_not_voted_learns_only_how_many_have(request, client_of, question, person):
    client = client_of(request.getfixturevalue(person))
    texts = texts_for(client, question)
    # Ada made no other line: her name on any of these pages would be her vote.
    leaks = {address: told(text) for address, text in texts.items() if told(text)}

    assert leaks == {}
    assert json.loads(texts[f"/api/interventions/{question.pk}"])["vote_count"] == 1
    assert json.loads(texts[f"/api/interventions/{question.pk}"])["votes"] == []
    assert "1 of 3" in texts[f"/interventions/{question.pk}"]


def test_whoever_has_voted_reads_the_others(client_of, question, ada, bo):
    actions.approve(question.pk, actor=bo)
    text = client_of(bo).get(f"/interventions/{question.pk}").text

    assert "Ada Nyström" in text
    assert "All is green here." in text
    votes = client_of(bo).get(f"/api/interventions/{question.pk}").json()["votes"]
    assert [vote["by_id"] for vote in votes] == ["local:ada", "local:bo"]


def test_once_it_is_settled_everybody_reads_them(client_of, question, vi, bo):
    actions.reject(question.pk, reason="No.", actor=bo)

    assert told(client_of(vi).get(f"/interventions/{question.pk}").text) == ["Ada Nyström", "All is green here."]
    assert told(client_of(vi).get("/api/audit").text) == list(SECRET)
    assert client_of(vi).get(f"/api/interventions/{question.pk}").json()["votes"][0]["by_id"] == "local:ada"


def test_no_socket_tells_them(question, ada, bo):
    key = str(question.pk)
    organization = question.organization_id
    row = pages.render_rows(organization, [key], pages.audience_of(bo))[key]
    state = pages.render_states(organization, [key], pages.audience_of(bo))
    frames = program.render(organization, [f"changed:{key}"], program.audience_of(bo))
    detail = program.request_detail(bo, {"request_id": key})

    assert told(json.dumps([row, state, frames, detail], default=str)) == []
    assert f'"{ada.pk}"' not in row["html"]
    assert "data-not-for" not in row["html"]


def test_a_row_of_it_is_opened_to_be_decided(question, bo, ada):
    assert rows_of(bo, [question.pk])[question.pk].yes == ""
    assert rows_of(ada, [question.pk])[question.pk].not_for == ()


def test_what_is_held_under_seal_is_nobodys_business(client_of, sys, ada, bo, max):
    question = ask(sys, required_approvals=2, votes_sealed=True, undo_seconds=30)
    actions.approve(question.pk, reason="All is green here.", actor=ada)

    refused = client_of(bo).post(f"/api/interventions/{question.pk}/approve", {}, content_type="application/json")
    assert refused.status_code == 409
    assert told(refused.text) == []
    assert "Somebody's vote can still be undone" in refused.json()["detail"]
    for person in (bo, max):
        leaks = {address: told(text) for address, text in texts_for(client_of(person), question).items() if told(text)}
        assert leaks == {}
    own = client_of(ada).get(f"/api/interventions/{question.pk}").json()["held_decision"]
    assert own["by_id"] == "local:ada"


@pytest.mark.parametrize("person", ["bo", "vi", "max", "sys"])
@pytest.mark.parametrize("came_of_it", ["held", "undone", "dropped"])
def test_no_page_file_or_socket_tells_what_is_held_under_seal(
    request, client_of, sys, ada, max, gate, person, came_of_it
):
    question = ask(sys, required_approvals=2, votes_sealed=True, undo_seconds=30)
    actions.approve(question.pk, reason="All is green here.", actor=ada)
    if came_of_it == "undone":
        actions.undo(question.pk, actor=ada, reason="All is green here.")
    elif came_of_it == "dropped":
        stop(max, "organization", "")
        later = timezone.now() + timedelta(minutes=1)
        actions.carry_out(question.pk, organization_id=question.organization_id, now=later)
    member = request.getfixturevalue(person)
    client, key = client_of(member), str(question.pk)
    pane = client.get(f"/interventions/{key}", headers={"HX-Request": "true", "HX-Target": "peek"}).text
    texts = texts_for(client, question) | {"pane": pane}
    for address in ("/ledger", f"/ledger?subject=intervention:{key}", "/history", "/insights"):
        texts[address] = OPTION.sub("", client.get(address).text)
    for address in ("/ledger.csv", "/ledger.jsonl"):
        texts[address] = client.get(address).getvalue().decode()
    rows = pages.render_rows(member.organization_id, [key], pages.audience_of(member))
    states = pages.render_states(member.organization_id, [key], pages.audience_of(member))
    frames = program.render(member.organization_id, [f"changed:{key}"], program.audience_of(member))
    detail = program.request_detail(member, {"request_id": key})
    texts["sockets"] = json.dumps([rows, states, frames, detail], default=str)

    leaks = {address: told(text) for address, text in texts.items() if told(text)}
    assert leaks == {}
    assert f'"{ada.pk}"' not in rows[key]["html"]
    assert 'data-key="z"' not in pane


def test_sealed_rows_of_votes_are_not_even_read(question, bo, ada, cy):
    assert not Vote.objects.visible_to(bo).exists()
    assert not Vote.objects.visible_to(cy).exists()
    assert Vote.objects.visible_to(ada).count() == 1
    assert not Hold.objects.visible_to(bo).exists()
    assert list(queries.intervention_for(bo, question.pk).votes.all()) == []


def test_without_a_seal_votes_are_told(client_of, sys, ada, bo):
    question = ask(sys, required_approvals=3)
    actions.approve(question.pk, reason="All is green here.", actor=ada)

    assert told(client_of(bo).get(f"/interventions/{question.pk}").text) == ["Ada Nyström", "All is green here."]
