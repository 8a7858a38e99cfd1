"""How it goes: counts, times and plots of a period."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from interventions.forms import PeriodForm
from interventions.queries.figures import figures_of
from interventions.views import actor_of


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures of the last hours or days. A page that asks for itself again gets only its figures."""
    actor = actor_of(request)
    form = PeriodForm(request.GET)
    period = form.period(timezone.now())
    figures = figures_of(actor, period, form.last_chosen)
    context = {
        "form": form,
        "last": form.last_chosen,
        "period": figures.rhythm.period,
        "figures": figures,
        "rhythm": figures.rhythm,
        "times": figures.times,
    }
    template = "interventions/_metrics.html" if request.htmx else "interventions/metrics.html"  # type: ignore[attr-defined]
    return render(request, template, context)
