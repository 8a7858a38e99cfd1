"""Showing again who one is, before something dangerous."""

from typing import Any

from allauth.core import ratelimit
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import (
    proof_form,
)
from accounts.proof import proof_in
from accounts.queries import (
    factors_of,
    proofs_of,
)


@require_safe
def proof_elsewhere(request: HttpRequest) -> HttpResponse:
    """Say again who one is, at one of the providers one signs in through."""
    context = {"proofs": proofs_of(request.user), "next": request.GET.get("next", "")}
    return render(request, "accounts/proof_elsewhere.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def proof(request: HttpRequest) -> HttpResponse:
    """Show again, in place, that it is oneself: what a page opens when it was refused a dangerous act.

    Asked for: 204 while the last proof is fresh, else the dialog. Sent: 204 and the act may be repeated, or why not.
    """
    kept = proof_in(request.session)
    if request.method != "POST":
        return HttpResponse(status=204) if kept.is_fresh() else _proof_dialog(request)
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        return _proof_dialog(request, status=429, faults=[_("Too many requests; try again a little later.")])
    form = proof_form(request)
    if not form.is_valid():
        return _proof_dialog(request, status=422, faults=[said for found in form.errors.values() for said in found])
    form.save()  # type: ignore[attr-defined]
    return HttpResponse(status=204)


def _proof_dialog(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    ways = {"password": request.user.has_usable_password()} | {one.type: True for one in factors_of(request.user)}
    options = begin_authentication(request.user) if "webauthn" in ways else None
    context = {"ways": ways, "options": options, "elsewhere": proofs_of(request.user)}
    return render(request, "accounts/_proof.html", context | more, status=status)
