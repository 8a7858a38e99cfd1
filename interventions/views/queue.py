"""The queue."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Membership
from interventions.forms import QueueForm
from interventions.queries import Filters
from interventions.queries.counts import counts_for
from interventions.queries.queue_page import queue_choices, queue_page
from interventions.queries.saved_views import saved_views
from interventions.queries.skin import skin_of
from interventions.views import actor_of

# The shipped views: each is a way to narrow the queue, and so an address.
VIEWS = {
    Filters(): "everything",
    Filters(assigned_to="me"): "mine",
    Filters(assigned_to="nobody", status=("pending",)): "unclaimed",
    Filters(status=("awaiting_requester",)): "asked_back",
}


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, most urgent first. The address says what it is narrowed to."""
    actor = actor_of(request)
    form = QueueForm(request.GET)
    filters = form.filters()
    counts = counts_for(actor)
    form.offer(queue_choices(actor, counts))
    layout, limit = _as_preferred(actor)
    layout = form.cleaned_data["layout"] or layout
    context = {
        "actor": actor,
        "form": form,
        "is_filtered": bool(filters),
        "view": VIEWS.get(filters, ""),
        "views": saved_views(actor, form.query),
        "layout": layout,
        "page": queue_page(actor, filters, layout=layout, cursor=request.GET.get("cursor", ""), limit=limit),
        "counts": counts,
        "mine": counts.hands.get(actor.pk, 0),
        "drawn": skin_of(actor, timezone.now()),
    }
    return render(request, "interventions/queue.html", context)


@require_safe
def skin(request: HttpRequest) -> HttpResponse:
    """The last hour in small, as the head of the queue shows it."""
    return render(request, "interventions/_skin.html", {"drawn": skin_of(actor_of(request), timezone.now())})


def _as_preferred(actor: Membership) -> tuple[str, int]:
    """The layout and the length of a page, as the pilot wants them."""
    own: Any = getattr(actor.pilot, "preferences", None)
    return (own.layout, own.page_size) if own else ("lanes", 50)
