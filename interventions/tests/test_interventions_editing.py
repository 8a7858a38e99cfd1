"""What was proposed may be edited before it is approved; both are kept, and shown with their hashes."""

import json

import pytest

from interventions import actions
from interventions.queries.question_page import question_page
from interventions.tests.asking import ask, fresh
from kit.canonical import canonical_and_hash

PROPOSED = {"service": "checkout", "canary": 10, "dry": False, "hosts": ["eu-1"], "note": "x" * 81, "none": None}


def test_each_argument_is_edited_as_what_it_is(sys, ada):
    question = ask(sys, proposed=PROPOSED, edits_allowed=True)

    found = {name: (value, kind) for name, value, kind in question_page(ada, question.pk).editable}

    assert found == {
        "service": ("checkout", "line"),
        "canary": ("10", "number"),
        "dry": (False, "flag"),
        "hosts": ('["eu-1"]', "json"),
        "note": ("x" * 81, "text"),
        "none": ("null", "json"),
    }


@pytest.mark.parametrize("about", [{}, {"edits_allowed": True, "proposed": None}, {"required_approvals": 2}])
def test_where_nothing_may_be_edited_nothing_is_offered(client_of, sys, ada, about):
    question = ask(sys, **({"proposed": PROPOSED} | about))

    assert "data-edit" not in client_of(ada).get(f"/interventions/{question.pk}").text


def test_nobody_edits_who_may_not_approve(client_of, sys, vi):
    question = ask(sys, proposed=PROPOSED, edits_allowed=True)

    assert "data-edit" not in client_of(vi).get(f"/interventions/{question.pk}").text


def test_both_are_kept_and_shown_with_their_hashes(client_of, sys, ada):
    question = ask(sys, proposed=PROPOSED, edits_allowed=True)
    edited = PROPOSED | {"canary": 5}

    client_of(ada).post(f"/interventions/{question.pk}/approval", {"edited": json.dumps(edited), "reason": "Smaller."})

    settled = fresh(question)
    assert settled.proposed == PROPOSED
    assert settled.decision.edited == edited
    assert settled.decision.content_hash == canonical_and_hash(edited, "edited")[1] != settled.content_hash
    page = client_of(ada).get(f"/interventions/{question.pk}").text
    assert "Ada Nyström edited it before approving." in page
    assert f"sha256:{settled.content_hash}" in page
    assert f"sha256:{settled.decision.content_hash}" in page
    assert [(one.path, one.was, one.now) for one in question_page(ada, question.pk).as_edited.changes] == [
        ("canary", 10, 5)
    ]


@pytest.mark.parametrize("words", ["{", "[1", "nope"])
def test_what_is_no_json_is_refused_and_kept(client_of, sys, ada, words):
    question = ask(sys, proposed=PROPOSED, edits_allowed=True)

    page = client_of(ada).post(f"/interventions/{question.pk}/approval", {"edited": words})

    assert page.status_code == 422
    assert "What you edited is not JSON." in page.text
    assert f">\n{words}</textarea>" in page.text
    assert fresh(question).is_open


def test_what_was_edited_is_not_lost_when_somebody_was_quicker(client_of, sys, ada, bo):
    question = ask(sys, proposed=PROPOSED, edits_allowed=True)
    actions.reject(question.pk, actor=bo)

    page = client_of(ada).post(
        f"/interventions/{question.pk}/approval", {"edited": '{"canary": 5}', "reason": "Smaller first."}
    )

    assert page.status_code == 409
    assert "Bo Lindqvist rejected this" in page.text
    assert "Smaller first." in page.text
