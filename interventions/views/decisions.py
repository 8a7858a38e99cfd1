"""What a pilot does with a question: one address for each intent, each a POST.

The action decides and refuses. Its refusal is said where the button was pressed, with the question as
it truly stands.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interventions import actions
from interventions.forms import (
    AnswerForm,
    ApprovalForm,
    CommentForm,
    MessageForm,
    NoWordsForm,
    ReasonForm,
    SignedForm,
    SigningForm,
    cleaned,
)
from interventions.queries.detail import intervention_for
from interventions.queries.question_page import question_page
from interventions.views import actor_of
from interventions.views.places import shown
from kit.errors import Problem

View = Callable[..., HttpResponse]


def refused(request: HttpRequest, problem: Problem, pk: UUID) -> HttpResponse:
    """The question as it truly stands, and why what was asked of it was not done."""
    return shown(request, question_page(actor_of(request), pk), problem)


def intent(view: View) -> View:
    """One intent: a POST. The middleware that translates problems says this one's refusals by `refused`."""
    view.refused = refused  # type: ignore[attr-defined]
    return require_POST(view)


@intent
def approval(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, actions.approve, ApprovalForm(request.POST))


@intent
def rejection(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, actions.reject, ReasonForm(request.POST))


@intent
def waiver(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, actions.waive, SignedForm(request.POST))


@intent
def resumption(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, actions.resume, SignedForm(request.POST))


@require_POST
def signing(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a passkey is to sign before that press. It decides nothing."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    said = cleaned(SigningForm(request.POST))
    return JsonResponse(actions.begin_passkey(pk, **said, host=host, actor=actor_of(request)))


@intent
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    question = intervention_for(actor_of(request), pk)
    return _act(request, pk, actions.answer, AnswerForm(request.POST, question=question))


@intent
def cancellation(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, actions.cancel, ReasonForm(request.POST))


@intent
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, actions.undo, NoWordsForm(request.POST), _("Undone. Nothing was sent: %(title)s"))


@intent
def claim(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, actions.claim, NoWordsForm(request.POST))


@intent
def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, actions.release, NoWordsForm(request.POST))


@intent
def clarification(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, actions.clarify, MessageForm(request.POST))


@intent
def reply(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, actions.reply, MessageForm(request.POST))


@intent
def comment(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, actions.comment, CommentForm(request.POST))


def _act(request: HttpRequest, pk: UUID, action: Callable[..., Any], form: forms.Form, said: str = "") -> HttpResponse:
    actor = actor_of(request)
    done = action(pk, **cleaned(form), actor=actor)
    if request.htmx:  # type: ignore[attr-defined]
        return shown(request, question_page(actor, pk))
    said = said or (_("Not sent yet, and can be undone: %(title)s") if done.held else _("Recorded: %(title)s"))
    messages.success(request, said % {"title": done.title})
    return redirect(_back(request, pk))


def _back(request: HttpRequest, pk: UUID) -> str:
    """To the queue as it was narrowed, when the button stood there; else to the question."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("interventions:detail", args=[pk])
