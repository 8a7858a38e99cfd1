"""What was settled."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from interventions.forms import HistoryForm
from interventions.queries.exports import MOST_ROWS
from interventions.queries.history import history_page
from interventions.queries.ledger import pilot_choices
from interventions.queries.units import unit_choices
from interventions.views import actor_of


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Settled questions day by day, the latest first. The address says what they are narrowed to."""
    actor = actor_of(request)
    form = HistoryForm(request.GET)
    filters = form.filters()
    page = history_page(actor, filters, cursor=request.GET.get("cursor", ""))
    form.offer(*unit_choices(actor))
    form.offer_pilots(pilot_choices(actor))
    context = {"form": form, "is_filtered": bool(filters), "has_open_ones": filters.has_open_ones}
    return render(request, "interventions/history.html", context | {"page": page, "most": MOST_ROWS})
