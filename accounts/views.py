"""Who one is here, how one wants the pages, and in which organization one works."""

from typing import Any

from django.conf import settings as site
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions
from accounts.forms import (
    AbsenceForm,
    ChoiceForm,
    OrganizationForm,
    PreferencesForm,
    SessionForm,
    SwitchForm,
    TokenForm,
)
from accounts.models import Membership, Notice
from accounts.queries import (
    ACTIVE_ORGANIZATION,
    absence_of,
    acts_of,
    default_platform_of,
    keys_of,
    member_to_manage,
    members_beside,
    membership_in,
    memberships_of,
    organization_page,
    other_sessions_of,
    powers_in_words,
    scopes_of,
    sessions_of,
)
from kit.errors import NotAllowed, NotThere, Problem


def actor_of(request: HttpRequest) -> Membership:
    """Who is at the page, as a member of an organization. What nobody's account can keep, it cannot change."""
    membership: Membership | None = request.membership  # type: ignore[attr-defined]
    if membership is None:
        raise NotAllowed(_("You do not belong to an organization yet. Ask an Admin of yours to let you in."))
    return membership


@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """Oneself: name and role, what the role may do, and what one did last. Without a membership, only the name."""
    return _profile(request)


def _profile(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    actor: Membership | None = request.membership  # type: ignore[attr-defined]
    context = {
        "memberships": memberships_of(request.user),
        "powers": powers_in_words(actor) if actor else [],
        "acts": acts_of(actor) if actor else [],
        "sessions": sessions_of(request.user, request.session.session_key),
        "keys": keys_of(actor) if actor else None,
        "scopes": scopes_of(actor) if actor else [],
    }
    return render(request, "accounts/profile.html", context | more, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """How one wants the pages: one form, kept as a whole."""
    actor = actor_of(request)
    preferences = actor.pilot.preferred
    form = PreferencesForm(request.POST if request.method == "POST" else None, preferences=preferences)
    if form.is_bound and form.is_valid():
        kept = actions.set_preferences(actor=actor, **form.cleaned_data)
        with translation.override(kept.language or translation.get_language()):
            messages.success(request, _("Your settings are saved."))
        return redirect("accounts:settings")
    context = {"form": form, "preferences": preferences, "languages": site.LANGUAGES, "notices": Notice.choices}
    return render(request, "accounts/settings.html", context, status=422 if form.is_bound else 200)


@require_POST
def choice(request: HttpRequest) -> HttpResponse:
    """A choice made in passing: the theme, the density, the layout, single keys on or off."""
    form = ChoiceForm(request.POST)
    if form.is_valid():
        actions.set_preferences(actor=actor_of(request), **form.chosen())
    return HttpResponse(status=204 if form.is_valid() else 422)


@require_POST
def shipped_keys(request: HttpRequest) -> HttpResponse:
    """All keys as they came."""
    actions.set_preferences(actor=actor_of(request), keys={})
    messages.success(request, _("All keys are as they came."))
    return redirect("accounts:settings")


@require_http_methods(["GET", "HEAD", "POST"])
def organization(request: HttpRequest) -> HttpResponse:
    """What is the same for everybody here, for those who manage members."""
    actor = actor_of(request)
    page = organization_page(actor)
    form = OrganizationForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        actions.change_organization(actor=actor, **form.cleaned_data)
        messages.success(request, _("The organization's settings are saved."))
        return redirect("accounts:organization")
    context = {"form": form, "page": page}
    return render(request, "accounts/organization.html", context, status=422 if form.is_bound else 200)


@require_POST
def tokens(request: HttpRequest) -> HttpResponse:
    """A key for one's own programs; its text is on the page that answers, and never again."""
    actor = actor_of(request)
    form = TokenForm(request.POST, scopes=scopes_of(actor))
    if not form.is_valid():
        return _profile(request, status=422, token_form=form)
    platform = default_platform_of(actor.organization_id)
    _key, text = actions.create_key(actor, actor=actor, platform=platform, **form.cleaned_data)
    return _profile(request, made=text)


@require_POST
def revocation(request: HttpRequest, pk: int) -> HttpResponse:
    """One of one's own keys ends."""
    actions.revoke_key(pk, actor=actor_of(request))
    messages.success(request, _("The key is revoked. Programs that use it are refused from now on."))
    return redirect("accounts:profile")


@require_POST
def departure(request: HttpRequest) -> HttpResponse:
    """Sign out elsewhere: one session, or all but this one."""
    form = SessionForm(request.POST)
    if not form.is_valid():
        raise NotThere(_("There is no such session."))
    others = other_sessions_of(request.user, request.session.session_key, form.cleaned_data["session"])
    ended = actions.end_sessions(others, actor=actor_of(request))
    said = _("Signed out elsewhere. Pages open there stop at once.") if ended else _("Nothing was open elsewhere.")
    messages.success(request, said)
    return redirect("accounts:profile")


def _out_of_office(request: HttpRequest, member: Membership, *, status: int = 200, **more: Any) -> HttpResponse:
    actor = actor_of(request)
    context = {"actor": actor, "member": member, "absence": absence_of(member), "others": members_beside(member)}
    return render(request, "accounts/absence.html", context | more, status=status)


def _absence_refused(request: HttpRequest, problem: Problem, pk: int | None = None) -> HttpResponse:
    member = member_to_manage(pk, actor_of(request))
    return _out_of_office(request, member, status=problem.status, problem=problem, form=AbsenceForm(request.POST))


@require_http_methods(["GET", "HEAD", "POST"])
def absence(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Out of office from now on: oneself, or the member `pk` for those who manage members."""
    member = member_to_manage(pk, actor_of(request))
    form = AbsenceForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _out_of_office(request, member, status=422 if form.is_bound else 200, form=form)
    actions.set_absence(member, actor=actor_of(request), **form.cleaned_data)
    messages.success(request, _("%(name)s is away from now on.") % {"name": member.name})
    return redirect(*_place_of(pk))


@require_POST
def comeback(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Back again."""
    member = member_to_manage(pk, actor_of(request))
    actions.end_absence(member, actor=actor_of(request))
    messages.success(request, _("%(name)s is back.") % {"name": member.name})
    return redirect(*_place_of(pk))


absence.refused = comeback.refused = _absence_refused  # type: ignore[attr-defined]


def _place_of(pk: int | None) -> tuple[Any, ...]:
    return ("accounts:profile",) if pk is None else ("accounts:absence-of", pk)


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Work in another organization from now on: one of one's own, in this session."""
    form = SwitchForm(request.POST)
    if not form.is_valid():
        raise NotThere(_("There is no such organization."))
    chosen = membership_in(request.user, form.cleaned_data["organization"])
    request.session[ACTIVE_ORGANIZATION] = chosen.organization_id
    messages.success(request, _("You are in %(name)s now.") % {"name": chosen.organization.name})
    return redirect("interventions:queue")
