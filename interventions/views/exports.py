"""The history and the ledger as files, sent part by part as they are read."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.views.files import as_file
from interventions import actions
from interventions.forms import HistoryForm, LedgerForm
from interventions.queries.exports import MOST_ROWS, history_count, history_file, ledger_count, ledger_file
from interventions.views import actor_of

TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


@require_GET
def history(request: HttpRequest, form: str) -> StreamingHttpResponse:
    """What the history page shows, all of it, narrowed by the same address."""
    actor, asked = actor_of(request), HistoryForm(request.GET)
    past = asked.filters()
    actions.export_history(filters=asked.as_query(), form=form, actor=actor)
    return _sent(request, history_file(actor, past, form), "history", form)


@require_GET
def ledger(request: HttpRequest, form: str) -> StreamingHttpResponse:
    """What the ledger page shows, all of it, narrowed by the same address."""
    actor, asked = actor_of(request), LedgerForm(request.GET)
    narrow = asked.narrow()
    actions.export_ledger(filters=asked.as_query(), form=form, actor=actor)
    return _sent(request, ledger_file(actor, narrow, asked.unit_id, form), "ledger", form)


@require_GET
def history_size(request: HttpRequest) -> HttpResponse:
    """How many questions the files would hold: counted when somebody is about to take them."""
    count = history_count(actor_of(request), HistoryForm(request.GET).filters())
    return render(request, "interventions/_export_size.html", {"count": count, "most": MOST_ROWS, "of": "history"})


@require_GET
def ledger_size(request: HttpRequest) -> HttpResponse:
    """How many lines, likewise."""
    asked = LedgerForm(request.GET)
    count = ledger_count(actor_of(request), asked.narrow(), asked.unit_id)
    return render(request, "interventions/_export_size.html", {"count": count, "most": MOST_ROWS, "of": "ledger"})


def _sent(request: HttpRequest, parts: Iterator[bytes], name: str, form: str) -> StreamingHttpResponse:
    return as_file(request, parts, f"{name}-{timezone.localdate():%Y-%m-%d}.{form}", TYPES[form])
