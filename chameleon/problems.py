"""Refusals as the caller reads them: RFC 9457 for programs, a page for people."""

import json
import logging
from collections.abc import Callable, Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import suspend_request
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.defaults import server_error
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.proof import StaleProof
from kit.errors import (
    BadInput,
    Malformed,
    NotAllowed,
    NotThere,
    Problem,
    Refusal,
    TooLarge,
    Unauthenticated,
    UnsupportedType,
    as_problem,
)

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

TOO_LARGE = gettext_lazy("A body holds at most 1 MiB.")
SENTENCES = {
    400: gettext_lazy("The request cannot be read."),
    401: gettext_lazy("Send an API key or token as “Authorization: Bearer …”, or sign in."),
    403: gettext_lazy("You may not do this."),
    404: gettext_lazy("There is nothing at this address."),
    405: gettext_lazy("This address does not take this method."),
    406: gettext_lazy("The answer is JSON; nothing else can be asked for."),
    413: TOO_LARGE,
    415: gettext_lazy("Send application/json."),
    429: gettext_lazy("Too many requests; try again a little later."),
}
TITLES = {
    one.status: one.title for one in (Malformed, Unauthenticated, NotAllowed, NotThere, TooLarge, UnsupportedType)
}
FAILED = gettext_lazy("Something went wrong on our side. It has been logged; nothing was half-written.")


def is_for_programs(request: HttpRequest) -> bool:
    return f"{request.path_info}/".startswith("/api/")


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    if is_for_programs(request):
        return JsonResponse(as_problem(problem), status=problem.status, content_type=CONTENT_TYPE)
    if isinstance(problem, StaleProof):
        return _ask_who(request, problem)
    found = request.resolver_match
    in_place: Callable[..., HttpResponse] | None = getattr(found.func, "refused", None) if found else None
    if found and in_place and isinstance(problem, Refusal | BadInput):
        # The page has a place to say it, beside the button that was pressed and what was written there.
        try:
            return in_place(request, problem, **found.kwargs)
        except Problem as beyond:  # that page is not for this caller, or is gone: nothing of it may be said
            problem = beyond
    about = {
        "title": _(problem.title),
        "sentence": problem.sentence,
        "status": problem.status,
        "errors": problem.errors,
    }
    return render(request, "problem.html", about, status=problem.status)


def _ask_who(request: HttpRequest, problem: StaleProof) -> HttpResponse:
    """A part of a page opens a dialog and sends the same again; a page goes through the door and comes back with it."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(problem.sentence, status=problem.status, headers={"Proof": "stale"})
    ways = get_adapter().get_reauthentication_methods(request.user)
    if not ways:  # neither password nor factor: only signing in proves it
        logout(request)
        return redirect_to_login(request.get_full_path())
    door: HttpResponse = suspend_request(request, ways[0]["url"])
    return door


def as_document(response: HttpResponse) -> HttpResponse:
    """What Django itself answers (404, 405, 500, a failed CSRF check) in the words of a program."""
    status = response.status_code
    if status < 400 or response.headers.get("Content-Type", "").endswith("json"):
        return response
    sentence = SENTENCES.get(status) or (FAILED if status >= 500 else HTTPStatus(status).phrase)
    problem = _of_status(status, str(sentence))
    document = JsonResponse(as_problem(problem), status=status, content_type=CONTENT_TYPE)
    document.headers["Content-Length"] = str(len(document.content))
    for header in ("Allow", "Retry-After", "WWW-Authenticate"):
        if header in response.headers:
            document.headers[header] = response.headers[header]
    return document


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page of a form that was open too long, or that somebody else sent in this browser's name."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)


def failed(request: HttpRequest) -> HttpResponse:
    """The page of a failure; in plain words, should the same failure keep that page from being made.

    What is raised here leaves Django without `request_finished`: the connection would never go back to the pool.
    """
    try:
        return server_error(request)
    except Exception:
        logger.exception("The page of a failure cannot be made")
        return HttpResponse(FAILED, status=500, content_type="text/plain; charset=utf-8")


@lru_cache
def too_often(language: str, *, at_the_door: bool) -> bytes:
    """The page for who sends too much, made once a language: that they are refused must cost next to nothing."""
    with translation.override(language):
        return render_to_string("429.html", {"is_inside": not at_the_door}).encode()


def handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's: every refusal of an API view as a problem document. None: a 500, for Django to log."""
    problem = _as_problem(exception)
    if problem is None:
        return None
    set_rollback()
    headers = _headers_of(exception)
    return Response(as_problem(problem), status=problem.status, headers=headers, content_type=CONTENT_TYPE)


def _as_problem(exception: Exception) -> Problem | None:
    if isinstance(exception, Problem):
        return exception
    if isinstance(exception, Http404):
        return NotThere(str(SENTENCES[404]))
    if isinstance(exception, PermissionDenied):
        return NotAllowed(str(exception) or str(SENTENCES[403]))
    if isinstance(exception, exceptions.ValidationError):
        return BadInput(_("The input is not valid."), errors=list(_faults(exception.detail)))
    if isinstance(exception, exceptions.NotAuthenticated):
        return Unauthenticated(str(SENTENCES[401]))
    if isinstance(exception, exceptions.APIException):
        return _of_status(exception.status_code, str(exception.detail))
    return None


def _of_status(status: int, sentence: str) -> Problem:
    problem = Problem(sentence)
    problem.status, problem.title = status, TITLES.get(status, HTTPStatus(status).phrase)
    return problem


def _faults(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """One line for each fault, its field spelled as a path: `rules.0.value`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _faults(inner, f"{field}.{name}" if field else str(name))
    elif isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        for position, inner in enumerate(detail):
            yield from _faults(inner, f"{field}.{position}" if field else str(position))
    elif isinstance(detail, list):
        yield from ({"field": field, "message": str(message)} for message in detail)
    else:
        yield {"field": field, "message": str(detail)}


def _headers_of(exception: Exception) -> dict[str, str]:
    headers = {}
    if getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = str(exception.auth_header)  # type: ignore[attr-defined]
    if getattr(exception, "wait", None):
        headers["Retry-After"] = str(int(exception.wait))  # type: ignore[attr-defined]
    if getattr(exception, "retry_after", None):
        headers["Retry-After"] = str(exception.retry_after)  # type: ignore[attr-defined]
    return headers


def encoded(problem: Problem) -> bytes:
    """For answers that are given before Django is entered."""
    return json.dumps(as_problem(problem)).encode()
