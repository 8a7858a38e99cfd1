"""A refusal reaches a program as a problem document and a person as a page; nothing under /api/ is HTML."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from drf_spectacular.generators import SchemaGenerator
from rest_framework import exceptions

from accounts.models import Membership
from chameleon import problems
from chameleon.middleware import ProblemMiddleware
from kit.errors import BadInput, Refusal


def answer_to(path: str, raised: Exception) -> HttpResponse:
    """What the middleware makes of a view that raises."""
    request = RequestFactory().get(path)
    middleware = ProblemMiddleware(lambda _request: HttpResponse())
    answer = middleware.process_exception(request, raised)
    assert answer is not None
    return answer


@pytest.mark.parametrize(
    "method, path, status",
    [("get", "/api/nowhere", 404), ("get", "/api/nowhere/", 404), ("delete", "/api/units", 405), ("get", "/api", 404)],
)
def test_what_django_refuses_under_api_is_json(
    client_of: Callable[[Membership], Client], ada: Membership, method: str, path: str, status: int
) -> None:
    answer = getattr(client_of(ada), method)(path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == problems.CONTENT_TYPE
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.json()["detail"]


def test_a_failure_under_api_is_json_and_tells_nothing(
    client_of: Callable[[Membership], Client], ada: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr("interventions.queries.metrics_for", fail)
    client = client_of(ada)
    client.raise_request_exception = False
    answer = client.get("/api/interventions/metrics")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, problems.CONTENT_TYPE)
    assert b"swordfish" not in answer.content


def test_a_forged_form_is_refused_in_json_under_api(ada: Membership) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada.pilot, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/api/interventions", {"kind": "approval", "title": "x"}, content_type="application/json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, problems.CONTENT_TYPE)


def test_a_path_with_a_slash_at_its_end_is_the_same_path(
    client_of: Callable[[Membership], Client], ada: Membership
) -> None:
    assert client_of(ada).get("/api/interventions/").status_code == 200


def test_a_refusal_in_a_page_is_a_page_with_its_sentence(db: None) -> None:
    request: HttpRequest = RequestFactory().get("/somewhere")
    request.membership = None  # type: ignore[attr-defined]
    answer = problems.answer(request, Refusal("Somebody was faster."))
    assert answer.status_code == 409
    assert "Somebody was faster." in answer.content.decode()


def test_a_refusal_under_api_names_the_fields() -> None:
    answer = answer_to("/api/units", BadInput.field("gate", "There is no such gate."))
    assert answer.status_code == 422
    assert b'"field": "gate"' in answer.content


def test_faults_of_a_nested_input_are_named_by_their_path() -> None:
    raised = exceptions.ValidationError({"title": ["Too long."], "rules": [{}, {"value": ["Missing."]}]})
    answer = problems.handler(raised, {})
    assert answer is not None
    assert answer.status_code == 422
    assert answer.data["errors"] == [
        {"field": "title", "message": "Too long."},
        {"field": "rules.1.value", "message": "Missing."},
    ]


def test_a_stranger_is_told_how_to_come_in(client: Client, db: None) -> None:
    answer = client.get("/api/interventions")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Bearer" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/interventions", "/api/kill-switch", "/api/kill-switch/rearm"])
def test_the_document_says_where_what_a_body_names_may_be_missing(path: str) -> None:
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]

    assert "404" in paths[path]["post"]["responses"]
    assert "404" not in paths["/api/units"]["post"]["responses"]
