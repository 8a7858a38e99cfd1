"""The ledger: everything that was done, and one line of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.queries import entry_for
from interventions.forms import LedgerForm
from interventions.queries.exports import MOST_ROWS
from interventions.queries.ledger import about_the_same, ledger_page, pilot_choices
from interventions.views import actor_of


@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """Line by line, the newest first. The address says what it is narrowed to."""
    actor = actor_of(request)
    form = LedgerForm(request.GET)
    narrow = form.narrow()
    page = ledger_page(actor, narrow, unit_id=form.unit_id, cursor=request.GET.get("cursor", ""))
    form.offer(pilot_choices(actor))
    return render(request, "interventions/ledger.html", {"form": form, "page": page, "most": MOST_ROWS})


@require_safe
def line(request: HttpRequest, pk: int) -> HttpResponse:
    """One line with all its particulars. Its address never changes."""
    actor = actor_of(request)
    entry = entry_for(actor, pk)
    context = {"entry": entry, "entries": [entry], "told": about_the_same(actor, entry.subject_type, entry.subject_id)}
    return render(request, "interventions/ledger_line.html", context)
