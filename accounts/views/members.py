"""Who belongs to the organization: its members, who is invited, and how one goes."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions
from accounts.forms import InviteForm, MemberRolesForm, PartingForm, cleaned
from accounts.models import Invitation
from accounts.queries import (
    is_last_to_manage,
    member_page,
    members_beside,
    members_page,
    refuse_unless_managing,
)
from accounts.tasks import mail_invitation
from accounts.views import actor_of
from kit.errors import Problem


@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """Everybody who is in, who is on a visit, and which invitations are out."""
    return _members(request)


def _members(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    page = members_page(actor_of(request), request.GET.get("q", "")[:200])
    context = {"page": page, "sends_mail": bool(settings.EMAIL_HOST), "said": request.POST, "most_days": 30}
    return render(request, "accounts/members.html", context | more, status=status)


def _invitation_refused(request: HttpRequest, problem: Problem, pk: int | None = None) -> HttpResponse:
    return _members(request, status=problem.status, problem=problem)


@require_POST
def invitations(request: HttpRequest) -> HttpResponse:
    """One more invitation; its link is on the page that answers, and never again."""
    refuse_unless_managing(actor_of(request))
    said = cleaned(InviteForm(request.POST))
    return _shown(request, *actions.invite(**said, actor=actor_of(request)))


@require_POST
def renewal(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link in place of the one before."""
    return _shown(request, *actions.renew_invitation(pk, actor=actor_of(request)))


@require_POST
def withdrawal(request: HttpRequest, pk: int) -> HttpResponse:
    actions.withdraw_invitation(pk, actor=actor_of(request))
    messages.success(request, _("The invitation is withdrawn. Its link opens nothing any more."))
    return redirect("accounts:members")


invitations.refused = renewal.refused = _invitation_refused  # type: ignore[attr-defined]


def _shown(request: HttpRequest, invitation: Invitation, secret: str) -> HttpResponse:
    link = link_of(secret)
    mailed = mail_invitation(invitation, link)
    return _members(request, made=invitation, link=link, mailed=mailed, said={})


def link_of(secret: str) -> str:
    return f"{settings.BASE_URL}{reverse('accounts:opening', args=(secret,))}"


@require_safe
def member(request: HttpRequest, pk: int) -> HttpResponse:
    """One member: role, absence, and the way out."""
    return _member(request, pk)


def _member(request: HttpRequest, pk: int, problem: Problem | None = None) -> HttpResponse:
    actor = actor_of(request)
    context = {"page": member_page(actor, pk), "problem": problem, "said": request.POST}
    return render(request, "accounts/member.html", context, status=problem.status if problem else 200)


def _member_refused(request: HttpRequest, problem: Problem, pk: int) -> HttpResponse:
    return _member(request, pk, problem)


@require_POST
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """Another role, here and on platforms; their open pages follow within a second."""
    actor = actor_of(request)
    page = member_page(actor, pk)
    form = MemberRolesForm(request.POST, platforms=[place.slug for place in page.places])
    said = cleaned(form)
    member = actions.set_roles(page.member, said["role"], form.on, actor=actor)
    messages.success(request, _("What %(name)s may do has changed, from now on.") % {"name": member.name})
    return redirect("accounts:member", pk)


@require_POST
def ending(request: HttpRequest, pk: int) -> HttpResponse:
    """The member is one no more: their pages, keys and sockets end within a second."""
    actor = actor_of(request)
    found = member_page(actor, pk).member
    actions.end_membership(found, **cleaned(PartingForm(request.POST)), actor=actor)
    messages.success(request, _("%(name)s is no longer a member.") % {"name": found.name})
    return redirect("interventions:queue" if found.pk == actor.pk else "accounts:members")


role.refused = ending.refused = _member_refused  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def leaving(request: HttpRequest) -> HttpResponse:
    """Leave the organization oneself."""
    actor = actor_of(request)
    if request.method != "POST":
        return _leaving(request)
    actions.leave(**cleaned(PartingForm(request.POST)), actor=actor)
    messages.success(request, _("You have left %(name)s.") % {"name": actor.organization.name})
    return redirect("accounts:profile")


def _leaving(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    actor = actor_of(request)
    context = {"others": members_beside(actor), "is_last": is_last_to_manage(actor), "problem": problem}
    return render(request, "accounts/leaving.html", context, status=problem.status if problem else 200)


leaving.refused = _leaving  # type: ignore[attr-defined]
