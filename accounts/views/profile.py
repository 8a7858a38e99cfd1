"""Who one is here: what one may do, where one is signed in, in which organization one works."""

from typing import Any

from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import actions
from accounts.forms import (
    SessionForm,
    SwitchForm,
)
from accounts.models import Membership
from accounts.proof import proof_in
from accounts.queries import (
    ACTIVE_ORGANIZATION,
    acts_of,
    factors_of,
    keys_of,
    membership_in,
    memberships_of,
    other_sessions_of,
    places_of,
    powers_in_words,
    scopes_of,
    sessions_of,
    sign_ins_of,
    to_connect,
    ways_in_of,
)
from accounts.views import actor_of
from kit.errors import NotThere, Problem


@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """Oneself: name and role, what the role may do, and what one did last. Without a membership, only the name."""
    return profile_page(request)


def profile_page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page again, with what one of its acts has to say."""
    actor: Membership | None = request.membership  # type: ignore[attr-defined]
    context = {
        "memberships": memberships_of(request.user),
        "powers": powers_in_words(actor) if actor else [],
        "places": [place for place in places_of(actor) if place.role] if actor and actor.standing.on else [],
        "acts": acts_of(actor) if actor else [],
        "sessions": sessions_of(request.user, request.session.session_key),
        "factors": (factors := factors_of(request.user)),
        "has_app": any(one.type == "totp" for one in factors),
        "keys": keys_of(actor) if actor else None,
        "sign_ins": sign_ins_of(actor) if actor else [],
        "scopes": scopes_of(actor) if actor else [],
        "ways_in": ways_in_of(request.user),
        "to_connect": to_connect(request.user) if actor else [],
    }
    return render(request, "accounts/profile.html", context | more, status=status)


@require_POST
def departure(request: HttpRequest) -> HttpResponse:
    """Sign out elsewhere: one session, all but this one, or all."""
    form = SessionForm(request.POST)
    if not form.is_valid():
        raise NotThere(_("There is no such session."))
    others = other_sessions_of(request.user, request.session.session_key, form.cleaned_data["session"])
    ended = actions.end_sessions(others, actor=actor_of(request))
    if form.cleaned_data["everywhere"]:
        logout(request)
        return redirect("account_login")
    said = _("Signed out elsewhere. Pages open there stop at once.") if ended else _("Nothing was open elsewhere.")
    messages.success(request, said)
    return redirect("accounts:profile")


@require_POST
def disconnection(request: HttpRequest, pk: int) -> HttpResponse:
    """One way to sign in less: for who has just proved who they are."""
    actor = actor_of(request)
    if not proof_in(request.session).is_fresh():
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': reverse('accounts:profile')})}")
    actions.disconnect_identity(pk, actor=actor)
    messages.success(request, _("That account does not sign you in any more."))
    return redirect("accounts:profile")


def _not_disconnected(request: HttpRequest, problem: Problem, **_named: Any) -> HttpResponse:
    return profile_page(request, status=problem.status, way_in_problem=problem.sentence)


disconnection.refused = _not_disconnected  # type: ignore[attr-defined]


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Work in another organization from now on: one of one's own, in this session."""
    form = SwitchForm(request.POST)
    if not form.is_valid():
        raise NotThere(_("There is no such organization."))
    chosen = membership_in(request.user, form.cleaned_data["organization"])
    request.session[ACTIVE_ORGANIZATION] = chosen.organization_id
    request.session.pop(STATE_SESSION_KEY, None)  # what waits for a proof was meant for the organization one leaves
    messages.success(request, _("You are in %(name)s now.") % {"name": chosen.organization.name})
    return redirect("interventions:queue")
