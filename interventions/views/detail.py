"""One question."""

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from interventions import actions
from interventions.forms import BranchForm
from interventions.queries.detail import value_at
from interventions.queries.question_page import question_page
from interventions.views import actor_of
from interventions.views.places import shown


@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A question with everything a pilot needs to decide. Whoever opens it has seen it; nothing is decided by that."""
    actor = actor_of(request)
    page = question_page(actor, pk)
    if page.is_unseen:
        actions.note_seen(pk, actor=actor)
    return shown(request, page)


@require_safe
def branch(request: HttpRequest, pk: UUID, of: str) -> HttpResponse:
    """A part of what is too large to be shown at once: as a page, as the lines of a tree, or plain, to copy it."""
    wanted = BranchForm(request.GET).branch()
    value = value_at(actor_of(request), pk, of, wanted.at)
    if wanted.is_plain:
        text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        return HttpResponse(text, content_type="text/plain; charset=utf-8")
    template = "interventions/_branch.html" if request.htmx else "interventions/branch.html"  # type: ignore[attr-defined]
    return render(request, template, {"value": value, "wanted": wanted, "more": request.path, "pk": pk, "of": of})
