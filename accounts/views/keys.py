"""Keys and tokens: one's own, and for those who manage them all of the organization's."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions
from accounts.forms import (
    KeyForm,
    RotationForm,
    TokenForm,
)
from accounts.queries import (
    default_platform_of,
    keys_page,
    member_named,
    platform_to_use,
    scopes_of,
)
from accounts.views import actor_of
from accounts.views.profile import profile_page
from kit.errors import BadInput, Problem


@require_POST
def tokens(request: HttpRequest) -> HttpResponse:
    """A key for one's own programs; its text is on the page that answers, and never again."""
    actor = actor_of(request)
    form = TokenForm(request.POST, scopes=scopes_of(actor))
    if not form.is_valid():
        return profile_page(request, status=422, token_form=form)
    platform = default_platform_of(actor.organization_id)
    _key, text = actions.create_key(actor, actor=actor, platform=platform, **form.asked())
    return profile_page(request, made=text)


def _tokens_refused(request: HttpRequest, problem: Problem) -> HttpResponse:
    form = TokenForm(request.POST, scopes=scopes_of(actor_of(request)))
    return profile_page(request, status=problem.status, token_form=form, key_problem=problem)


tokens.refused = _tokens_refused  # type: ignore[attr-defined]


def _keys(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    page = keys_page(actor_of(request))
    form = KeyForm(request.POST if request.method == "POST" else None, scopes=page.scopes)
    return render(request, "accounts/keys.html", {"page": page, "token_form": form} | more, status=status)


def _keys_refused(request: HttpRequest, problem: Problem, pk: int | None = None) -> HttpResponse:
    return _keys(request, status=problem.status, key_problem=problem)


@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """All keys of the organization, for those who manage them, and another one."""
    actor = actor_of(request)
    form = KeyForm(request.POST if request.method == "POST" else None, scopes=keys_page(actor).scopes)
    if not form.is_bound or not form.is_valid():
        return _keys(request, status=422 if form.is_bound else 200, token_form=form)
    member = member_named(form.cleaned_data["member"], actor)
    platform = platform_to_use(form.cleaned_data["platform"], actor)
    key, text = actions.create_key(member, actor=actor, platform=platform, **form.asked())
    return _keys(request, made=text, made_key=key, token_form=KeyForm(scopes=[]))


@require_POST
def rotation(request: HttpRequest, pk: int) -> HttpResponse:
    """Another key in place of one, whose text is on the page that answers, and never again."""
    form = RotationForm(request.POST)
    if not form.is_valid():
        raise BadInput.field("overlap", _("from nothing to 30 days"))
    key, text = actions.rotate_key(pk, overlap=form.cleaned_data["overlap"], actor=actor_of(request))
    return _keys(request, made=text, made_key=key, token_form=KeyForm(scopes=[]))


keys.refused = rotation.refused = _keys_refused  # type: ignore[attr-defined]


@require_POST
def revocation(request: HttpRequest, pk: int, back: str = "accounts:profile") -> HttpResponse:
    """A key ends: one of one's own, or for those who manage keys any of the organization's."""
    actions.revoke_key(pk, actor=actor_of(request))
    messages.success(request, _("The key is revoked. Programs that use it are refused from now on."))
    return redirect(back)


@require_POST
def sign_out(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A program that is signed in with tokens is so no more."""
    actions.revoke_tokens(pk, actor=actor_of(request))
    messages.success(request, _("The program is signed out. Its tokens are refused from now on."))
    return redirect("accounts:profile")
