"""Giving a question to somebody: a form of its own, which a page with scripts shows in place."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from interventions import actions
from interventions.forms import cleaned
from interventions.forms.assigning import AssignForm, HandOverForm
from interventions.queries.detail import intervention_for
from interventions.queries.hands import takers_of
from interventions.queries.question_page import question_page
from interventions.views import actor_of
from interventions.views.decisions import refused
from interventions.views.places import shown

View = Callable[..., HttpResponse]


def asked_first(view: View) -> View:
    """A form to look at, and to send. What is refused is said on the question's own page."""
    view.refused = refused  # type: ignore[attr-defined]
    return require_http_methods(["GET", "HEAD", "POST"])(view)


@asked_first
def assignment(request: HttpRequest, pk: UUID) -> HttpResponse:
    if request.method != "POST":
        return _form(request, pk)
    actions.assign(pk, **cleaned(AssignForm(request.POST)), actor=actor_of(request))
    return _done(request, pk)


@asked_first
def handover(request: HttpRequest, pk: UUID) -> HttpResponse:
    if request.method != "POST":
        return _form(request, pk, handover=True)
    actions.hand_over(pk, **cleaned(HandOverForm(request.POST)), actor=actor_of(request))
    return _done(request, pk)


def _form(request: HttpRequest, pk: UUID, *, handover: bool = False) -> HttpResponse:
    actor = actor_of(request)
    question = intervention_for(actor, pk)
    context = {"i": question, "actor": actor, "takers": takers_of(question, actor), "handover": handover}
    template = "_taker_dialog" if request.htmx else "taker"  # type: ignore[attr-defined]
    answer = render(request, f"interventions/{template}.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _done(request: HttpRequest, pk: UUID) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return shown(request, question_page(actor_of(request), pk))
    messages.success(request, _("Recorded."))
    return redirect("interventions:detail", pk)
