"""The OpenAPI document is true: it is valid, what it shows works, and what is answered has the shape it promises."""

import io
from typing import Any

import jsonschema
import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from interventions import actions
from interventions.actions import Question
from interventions.api import examples
from interventions.tests.programs import post, program, unit_of


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture
def promised(document):
    """Checks an answer against what the document promises for it."""

    def check(answer: Any, path: str, method: str = "get") -> Any:
        content = document["paths"][path][method]["responses"][str(answer.status_code)]["content"]
        schema = content[answer.headers["Content-Type"]]["schema"]
        jsonschema.Draft202012Validator(closed(schema | {"components": document["components"]})).validate(answer.json())
        return answer.json()

    return check


def closed(schema: Any) -> Any:
    """With every object complete: a member the document forgot is a mistake here, as is one that is missing."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: closed(part) for key, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        schema |= {"additionalProperties": False, "required": list(schema["properties"])}
    return schema


def test_the_document_is_valid_and_without_a_warning():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())


def test_every_call_of_the_domain_is_in_the_document(document):
    acts = [
        "answer",
        "approve",
        "cancel",
        "claim",
        "clarify",
        "comment",
        "reject",
        "release",
        "reply",
        "resume",
        "waive",
    ]
    calls = {(method, path) for path, methods in document["paths"].items() for method in methods}

    assert {("post", f"/api/interventions/{{id}}/{act}") for act in acts} <= calls
    assert {("get", "/api/interventions"), ("post", "/api/interventions"), ("get", "/api/interventions/{id}")} <= calls
    assert {("get", f"/api/{path}") for path in ("interventions/pending", "interventions/metrics", "audit")} <= calls


def test_every_call_says_how_it_can_go_wrong(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            wanted = {"401", "403", "422", "429"} | ({"404"} if "{" in path else set())
            wanted |= {"400", "409", "413", "415"} if method == "post" else set()
            assert wanted <= set(operation["responses"]), (method, path)
            assert operation["summary"], (method, path)


def test_names_of_operations_are_unique(document):
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("example", [examples.DEPLOY, examples.CLARIFICATION], ids=lambda example: example.name)
def test_the_questions_shown_can_be_asked(key_of, sys, promised, example):
    answer = post(program(key_of(sys)), "interventions", example.value)

    assert answer.status_code == 201, answer.content
    promised(answer, "/api/interventions", "post")


def test_the_answers_shown_can_be_given(client_of, ada, sys, promised):
    question = actions.raise_intervention(Question(**examples.CLARIFICATION.value), actor=sys)
    for act, example in (("comment", examples.MESSAGE), ("claim", examples.REASON), ("answer", examples.ANSWER)):
        answer = post(client_of(ada), f"interventions/{question.pk}/{act}", example.value)
        assert answer.status_code == 200, answer.content
        promised(answer, f"/api/interventions/{{id}}/{act}", "post")


def test_answers_have_the_shape_that_is_promised(client_of, ada, bo, sys, promised):
    client = client_of(ada)
    held = actions.raise_intervention(
        Question(kind="approval", title="x", unit=unit_of(sys).pk, required_approvals=2, proposed=[1]), actor=sys
    )
    actions.raise_intervention(Question(kind="approval", title="y"), actor=ada)
    actions.claim(held.pk, actor=bo)
    actions.comment(held.pk, body="Hm.", actor=bo)
    actions.approve(held.pk, actor=bo)
    one = f"interventions/{held.pk}"

    assert promised(client.get("/api/interventions?limit=1"), "/api/interventions")["next"]
    promised(client.get("/api/interventions/pending"), "/api/interventions/pending")
    promised(client.get(f"/api/{one}"), "/api/interventions/{id}")
    promised(post(client, f"{one}/approve"), "/api/interventions/{id}/approve", "post")
    promised(client.get(f"/api/{one}"), "/api/interventions/{id}")
    promised(client.get("/api/interventions/metrics"), "/api/interventions/metrics")
    promised(client.get("/api/audit"), "/api/audit")


def test_refusals_have_the_shape_that_is_promised(client_of, ada, vi, sys, promised):
    question = actions.raise_intervention(Question(kind="approval", title="x"), actor=sys)
    client, one = client_of(ada), f"interventions/{question.pk}"
    actions.reject(question.pk, actor=ada)

    promised(post(client, f"{one}/approve"), "/api/interventions/{id}/approve", "post")
    promised(post(client, "interventions", {"kind": 1}), "/api/interventions", "post")
    promised(post(client_of(vi), "interventions", {"kind": "approval", "title": "x"}), "/api/interventions", "post")
    promised(post(client_of(None), f"{one}/approve"), "/api/interventions/{id}/approve", "post")
    promised(client.get("/api/interventions?limit=0"), "/api/interventions")
    promised(client.get("/api/interventions/nonsense"), "/api/interventions/{id}")
