"""Roles: what each may do, and the rules by which a directory gives them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions
from accounts.forms import RoleForm, RuleLines
from accounts.queries import (
    power_groups,
    preview_of_rules,
    role_to_change,
    roles_page,
    rules_page,
)
from accounts.roles import powers_of
from accounts.views import actor_of
from kit.errors import Problem

PAGE = ["GET", "HEAD", "POST"]


@require_safe
def roles(request: HttpRequest) -> HttpResponse:
    """The shipped roles and the organization's own."""
    return render(request, "accounts/roles.html", {"roles": roles_page(actor_of(request))})


@require_http_methods(PAGE)
def role(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One role of the organization's own: a new one, or what an old one lets its members do."""
    if request.method != "POST":
        return _role(request, pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _role(request, pk, form=form, status=422)
    actor, said = actor_of(request), form.cleaned_data
    about = {"powers": said["powers"], "description": said["description"]}
    if pk is None:
        made = actions.make_role(said["title"], actor=actor, **about)
    else:
        made = actions.change_role(pk, actor=actor, **about)
    messages.success(request, _("The role %(title)s is saved, and holds from now on.") % {"title": made.title})
    return redirect("accounts:roles")


def _role(request: HttpRequest, pk: int | None, *, status: int = 200, **more: Any) -> HttpResponse:
    actor = actor_of(request)
    known = role_to_change(pk, actor)
    form = more.get("form") or (RoleForm(request.POST) if request.method == "POST" else None)
    ticked = frozenset(form["powers"].value() or []) if form else powers_of(known.group) if known else frozenset()
    context = {"known": known, "form": form, "groups": power_groups(actor, ticked)}
    return render(request, "accounts/role.html", context | more, status=status)


@require_POST
def role_removal(request: HttpRequest, pk: int) -> HttpResponse:
    """Away with a role that nobody has."""
    actions.remove_role(pk, actor=actor_of(request))
    messages.success(request, _("The role is removed."))
    return redirect("accounts:roles")


def _role_refused(request: HttpRequest, problem: Problem, pk: int | None = None) -> HttpResponse:
    return _role(request, pk, status=problem.status, problem=problem)


role.refused = role_removal.refused = _role_refused  # type: ignore[attr-defined]


@require_http_methods(PAGE)
def rules(request: HttpRequest) -> HttpResponse:
    """The rules of the directory, as one list: looked at, tried on the members, and saved as a whole."""
    actor = actor_of(request)
    page = rules_page(actor)
    choices = {"roles": page.roles, "platforms": page.platforms}
    if request.method != "POST":
        known = [rule._asdict() for rule in page.rules]
        return _rules(request, RuleLines(initial=known, form_kwargs=choices))
    lines = RuleLines(request.POST, form_kwargs=choices)
    if not lines.is_valid():
        return _rules(request, lines, status=422)
    if "preview" in request.POST:
        return _rules(request, lines, changes=preview_of_rules(actor, lines.rules))
    actions.set_rules(lines.rules, actor=actor)
    messages.success(
        request,
        _("The rules are saved. They hold from the next sign-in on, and within the hour for who is signed in."),
    )
    return redirect("accounts:rules")


def _rules(request: HttpRequest, lines: Any, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {"lines": lines, "spellings": rules_page(actor_of(request)).spellings}
    return render(request, "accounts/rules.html", context | more, status=status)


def _rules_refused(request: HttpRequest, problem: Problem) -> HttpResponse:
    page = rules_page(actor_of(request))
    lines = RuleLines(request.POST, form_kwargs={"roles": page.roles, "platforms": page.platforms})
    return _rules(request, lines, status=problem.status, problem=problem)


rules.refused = _rules_refused  # type: ignore[attr-defined]
