"""Programs that call the API as programs do: with a key, in JSON, and nothing of a browser."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import Membership
from work.models import Unit

APPROVAL = {"kind": "approval", "title": "Deploy 4.18.2"}


def program(key: str) -> Client:
    return Client(headers={"authorization": f"Bearer {key}"})


def post(client: Client, path: str, body: Any = None) -> HttpResponse:
    return client.post(f"/api/{path}", {} if body is None else body, content_type="application/json")


def fields_of(answer: HttpResponse) -> list[str]:
    """The fields a problem document complains of, and that it is one."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.content
    problem = answer.json()
    assert {"type", "title", "status", "detail"} <= set(problem)
    assert problem["status"] == answer.status_code
    return [fault["field"] for fault in problem.get("errors", [])]


def unit_of(submitter: Membership, external_id: str = "u-1") -> Unit:
    """A unit at work, as if it had passed its gate."""
    return Unit.objects.create(
        organization_id=submitter.organization_id,
        platform=submitter.organization.platforms.earliest("pk"),
        external_id=external_id,
        gate="deploy",
        title="A unit",
        content_hash="0" * 64,
        request_hash="0" * 64,
        submitted_by=submitter,
        status="active",
    )
