"""For whoever runs the installation: new organizations, accounts, and going into an organization for a while."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions
from accounts.forms import NewOrganizationForm, ReasonForm, VisitForm, cleaned
from accounts.queries import (
    ACTIVE_ORGANIZATION,
    organization_there,
    pilot_there,
    pilots_page,
    platform_administrator,
    system_of,
)
from accounts.roles import ADMIN, RANK
from accounts.tasks import mail_invitation
from accounts.views import actor_of
from accounts.views.members import link_of
from kit.errors import Problem

HOURS = (1, 2, 4, 8)


@require_http_methods(["GET", "HEAD", "POST"])
def new_organization(request: HttpRequest) -> HttpResponse:
    """A new organization, and the link for its first Admin: on the page that answers, and never again."""
    administrator = platform_administrator(request.user)
    if request.method != "POST":
        return _new_organization(request)
    said = cleaned(NewOrganizationForm(request.POST))
    made = actions.create_organization(said["slug"], said["name"], by=administrator.get_full_name())
    invitation, secret = actions.invite(ADMIN, actor=system_of(made.pk), email=said["email"])
    link = link_of(secret)
    mailed = mail_invitation(invitation, link)
    return _new_organization(request, made=made, invitation=invitation, link=link, mailed=mailed)


def _new_organization(request: HttpRequest, problem: Problem | None = None, **more: Any) -> HttpResponse:
    platform_administrator(request.user)
    context = {"problem": problem, "said": request.POST if problem else {}, "sends_mail": bool(settings.EMAIL_HOST)}
    status = problem.status if problem else 200
    return render(request, "accounts/new_organization.html", context | more, status=status)


new_organization.refused = _new_organization  # type: ignore[attr-defined]


@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter an organization: why, as what, for how long. It reads that in its ledger."""
    administrator = platform_administrator(request.user)
    if request.method != "POST":
        return _visit(request, pk=pk)
    membership = actions.enter(pk, pilot=administrator, **cleaned(VisitForm(request.POST)))
    request.session[ACTIVE_ORGANIZATION] = membership.organization_id
    return redirect("interventions:queue")


def _visit(request: HttpRequest, problem: Problem | None = None, *, pk: int) -> HttpResponse:
    platform_administrator(request.user)
    said = request.POST if problem else {}
    context = {"organization": organization_there(pk), "roles": RANK, "hours": HOURS, "problem": problem, "said": said}
    return render(request, "accounts/visit.html", context, status=problem.status if problem else 200)


visit.refused = _visit  # type: ignore[attr-defined]


@require_POST
def visit_end(request: HttpRequest) -> HttpResponse:
    """Leave now."""
    actor = actor_of(request)
    actions.end_visit(actor=actor)
    request.session.pop(ACTIVE_ORGANIZATION, None)
    messages.success(request, _("You have left %(name)s.") % {"name": actor.organization.name})
    return redirect("interventions:organizations")


@require_safe
def pilots(request: HttpRequest) -> HttpResponse:
    """All accounts of the installation, by name."""
    return _pilots(request)


def _pilots(request: HttpRequest, problem: Problem | None = None, pk: int | None = None) -> HttpResponse:
    administrator = platform_administrator(request.user)
    search, after = request.GET.get("q", "")[:200], request.GET.get("after", "")[:150]
    page = pilots_page(administrator, search=search, after=after)
    context = {"page": page, "problem": problem}
    return render(request, "accounts/pilots.html", context, status=problem.status if problem else 200)


@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def deactivation(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch an account off, in all its organizations."""
    administrator = platform_administrator(request.user)
    if request.method != "POST":
        return _deactivation(request, pk=pk)
    pilot = pilot_there(pk)
    actions.deactivate_pilot(pilot, by=administrator, **cleaned(ReasonForm(request.POST)))
    said = _("The account of %(name)s is switched off. What was open in its name has ended.")
    messages.success(request, said % {"name": pilot.get_full_name()})
    return redirect("accounts:pilots")


def _deactivation(request: HttpRequest, problem: Problem | None = None, *, pk: int) -> HttpResponse:
    platform_administrator(request.user)
    context = {"pilot": pilot_there(pk), "problem": problem, "said": request.POST if problem else {}}
    return render(request, "accounts/deactivation.html", context, status=problem.status if problem else 200)


deactivation.refused = _deactivation  # type: ignore[attr-defined]


@require_POST
def reactivation(request: HttpRequest, pk: int) -> HttpResponse:
    """The account may sign in again."""
    administrator = platform_administrator(request.user)
    pilot = pilot_there(pk)
    actions.reactivate_pilot(pilot, by=administrator)
    messages.success(request, _("The account of %(name)s is on again.") % {"name": pilot.get_full_name()})
    return redirect("accounts:pilots")


reactivation.refused = _pilots  # type: ignore[attr-defined]
