"""Out of office: oneself, or a member for those who manage members."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions
from accounts.forms import (
    AbsenceForm,
)
from accounts.models import Membership
from accounts.queries import (
    absence_of,
    member_to_manage,
    members_beside,
)
from accounts.views import actor_of
from kit.errors import Problem


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
