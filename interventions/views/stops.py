"""The pages of the kill switch."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interventions import actions
from interventions.forms import RearmForm, ScopeForm, StopForm, cleaned
from interventions.queries.stop_pages import preview_of, scopes_of, stop_seen_by, stops_page, tally_of
from interventions.views import actor_of
from kit.errors import Problem


def pull_refused(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The form as it was filled in, and why nothing was stopped."""
    return _form(request, request.POST, problem)


def rearm_refused(request: HttpRequest, problem: Problem, pk: UUID) -> HttpResponse:
    return _stop(request, pk, problem)


@require_http_methods(["GET", "HEAD", "POST"])
def stops(request: HttpRequest) -> HttpResponse:
    """What is stopped now, and what was; or, posted, one stop more."""
    actor = actor_of(request)
    if request.method != "POST":
        return render(request, "interventions/stops.html", {"page": stops_page(actor)})
    form = StopForm(request.POST, organization=actor.organization.name)
    stop = actions.stop_work(**cleaned(form), actor=actor)
    messages.warning(request, _("Stopped: %(what)s.") % {"what": stop.what})
    return redirect("interventions:stop", stop.pk)


stops.refused = pull_refused  # type: ignore[attr-defined]


@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """The form, with what would stop. Asked for by the form itself, only that."""
    return _form(request, request.GET)


@require_safe
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One stop: who pulled it and why, who has acknowledged, and the way back."""
    return _stop(request, pk)


@require_POST
def rearming(request: HttpRequest, pk: UUID) -> HttpResponse:
    done = actions.let_work_go_on(pk, **cleaned(RearmForm(request.POST)), actor=actor_of(request))
    said = _("Asked for: another Admin has to confirm it.") if done.is_on else _("Re-armed: %(what)s.")
    messages.success(request, said % {"what": done.what})
    return redirect("interventions:stop", pk)


rearming.refused = rearm_refused  # type: ignore[attr-defined]


def _form(request: HttpRequest, said: Any, problem: Problem | None = None) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "preview": preview_of(actor, **cleaned(ScopeForm(said))),
        "groups": scopes_of(actor),
        "problem": problem,
        "said": said if problem else {},
    }
    template = "interventions/_preview.html" if request.htmx else "interventions/stopping.html"  # type: ignore[attr-defined]
    answer = render(request, template, context, status=problem.status if problem else 200)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _stop(request: HttpRequest, pk: UUID, problem: Problem | None = None) -> HttpResponse:
    actor = actor_of(request)
    found = stop_seen_by(actor, pk)
    context = {"stop": found, "tally": tally_of(found), "problem": problem, "said": request.POST if problem else {}}
    context["is_first_asker"] = found.rearm_asked_by_id == actor.pk
    return render(request, "interventions/stop.html", context, status=problem.status if problem else 200)
