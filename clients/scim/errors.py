"""What went wrong, as a directory reads it (RFC 7644, 3.12)."""

from typing import Any

from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.actions import Taken
from kit.errors import BadInput, Malformed, NotThere, Problem

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class Wrong(Problem):
    """The request makes no sense; `kind` is the RFC's own word for why: invalidFilter, noTarget."""

    status = 400

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


def as_scim(problem: Problem) -> dict[str, Any]:
    """The body of the answer. Input that makes no sense is 400 here, and not 422."""
    kind = _kind_of(problem)
    told = {"schemas": [ERROR], "status": str(status_of(problem)), "detail": problem.sentence}
    return told | ({"scimType": kind} if kind else {})


def status_of(problem: Problem) -> int:
    return 400 if isinstance(problem, BadInput) else problem.status


def _kind_of(problem: Problem) -> str:
    match problem:
        case Wrong():
            return problem.kind
        case Taken():
            return "uniqueness"
        case BadInput():
            return "invalidValue"
        case Malformed():
            return "invalidSyntax"
    return ""


def handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's, for the views of SCIM. None: a 500, for Django to log."""
    problem = _as_problem(exception)
    if problem is None:
        return None
    set_rollback()
    headers = {"WWW-Authenticate": str(exception.auth_header)} if hasattr(exception, "auth_header") else {}
    return Response(as_scim(problem), status=status_of(problem), headers=headers)


def _as_problem(exception: Exception) -> Problem | None:
    if isinstance(exception, Problem):
        return exception
    if isinstance(exception, Http404):
        return NotThere("There is nothing at this address.")
    if isinstance(exception, exceptions.APIException):
        problem = Problem(str(exception.detail))
        problem.status = exception.status_code
        return problem
    return None
