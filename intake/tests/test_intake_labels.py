"""Tags and links: what may be one, where they come from, and that asking again finds the same question."""

import pytest

from intake.tests.doors import open_gate, submitted, unit_in
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from interventions.tests.asking import ask
from kit.errors import BadInput, Refusal

LINKS = [
    {"title": "Plan", "url": "https://ci.example.com/plan?id=1#top"},
    {"title": "Report", "url": "http://example.com/report.pdf", "media_type": "application/pdf"},
]


def test_a_question_carries_tags_and_links(sys, client_of):
    question = ask(sys, tags=["billing", "release", "billing"], links=LINKS)
    told = client_of(sys).get(f"/api/interventions/{question.pk}").json()

    assert told["tags"] == ["billing", "release"]
    assert told["links"] == [LINKS[0] | {"media_type": None}, LINKS[1]]


def test_a_unit_gives_them_to_its_question(sys):
    open_gate(sys, "loans", "held")
    item = unit_in(tags=["loan", "loan", "7 k"], links=LINKS)

    assert submitted(item, sys).status == 201
    assert submitted(item, sys).status == 200
    asked = Intervention.objects.get()
    assert (asked.tags, asked.links) == (["loan", "7 k"], LINKS)


def test_the_same_unit_with_other_tags_is_another_request(sys):
    open_gate(sys, "loans", "held")
    submitted(unit_in(tags=["a"]), sys)

    assert submitted(unit_in(tags=["b"]), sys).status == 409
    assert submitted(unit_in(), sys).status == 409


BAD = [
    ({"tags": ["x"] * 21}, "tags"),
    ({"tags": [""]}, "tags[0]"),
    ({"tags": ["ok", "x" * 41]}, "tags[1]"),
    ({"tags": [" padded"]}, "tags[0]"),
    ({"tags": ["line\nbreak"]}, "tags[0]"),
    ({"tags": ["nul\x00"]}, "tags[0]"),
    ({"links": [{"title": "a", "url": "https://example.com"}] * 21}, "links"),
    ({"links": [{"url": "https://example.com"}]}, "links[0].title"),
    ({"links": [{"title": "a"}]}, "links[0].url"),
    ({"links": [{"title": "a", "url": "javascript:alert(1)"}]}, "links[0].url"),
    ({"links": [{"title": "a", "url": "data:text/html,x"}]}, "links[0].url"),
    ({"links": [{"title": "a", "url": "//example.com"}]}, "links[0].url"),
    ({"links": [{"title": "a", "url": "https://"}]}, "links[0].url"),
    ({"links": [{"title": "a", "url": "https://me:secret@example.com"}]}, "links[0].url"),
    ({"links": [{"title": "a", "url": "https://example.com/a b"}]}, "links[0].url"),
    ({"links": [{"title": "a", "url": "https://[bad"}]}, "links[0].url"),
    ({"links": [{"title": "a" * 201, "url": "https://example.com"}]}, "links[0].title"),
    ({"links": [{"title": "a", "url": "https://example.com", "onclick": "x"}]}, "links[0].onclick"),
    ({"links": [{"title": "a", "url": "https://example.com", "media_type": "x" * 101}]}, "links[0].media_type"),
]


@pytest.mark.parametrize("about, field", BAD)
def test_what_is_none_is_refused_by_name(sys, about, field):
    with pytest.raises(BadInput) as refused:
        ask(sys, **about)
    assert refused.value.errors[0]["field"] == field
    open_gate(sys, "loans", "held")
    result = submitted(unit_in(**about), sys)
    assert (result.status, result.problem.errors[0]["field"]) == (422, field)


def test_over_http_the_field_is_named_too(sys, client_of):
    said = {"kind": "approval", "title": "x", "links": [{"title": "a", "url": "ftp://example.com"}]}
    answer = client_of(sys).post("/api/interventions", said, content_type="application/json")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "links[0].url"


def test_asking_again_finds_it_and_with_other_tags_it_is_another(sys):
    first = actions.raise_intervention(Question(kind="approval", title="x", external_id="q", tags=["a"]), actor=sys)
    again = actions.raise_intervention(Question(kind="approval", title="x", external_id="q", tags=["a"]), actor=sys)

    assert first.pk == again.pk
    with pytest.raises(Refusal):
        actions.raise_intervention(Question(kind="approval", title="x", external_id="q", tags=["b"]), actor=sys)
