"""How an organization's directory keeps members and groups here, by SCIM."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.queries import provisioning_page
from accounts.views import actor_of
from kit.errors import Problem


@require_http_methods(["GET", "HEAD", "POST"])
def provisioning(request: HttpRequest) -> HttpResponse:
    """What to type in at the directory, and what it has told. Sent: another token, shown on this answer alone."""
    if request.method != "POST":
        return _provisioning(request)
    _key, text = actions.make_provisioning_key(actor=actor_of(request))
    return _provisioning(request, made=text)


def _provisioning(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    return render(
        request, "accounts/provisioning.html", {"page": provisioning_page(actor_of(request))} | more, status=status
    )


def _refused(request: HttpRequest, problem: Problem) -> HttpResponse:
    return _provisioning(request, status=problem.status, problem=problem)


provisioning.refused = _refused  # type: ignore[attr-defined]
