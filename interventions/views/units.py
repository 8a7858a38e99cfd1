"""Units of work: the list, and one with what was said, asked and done about it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from interventions.forms import UnitsForm
from interventions.queries.units import unit_choices, unit_page, units_page
from interventions.views import actor_of


@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """The newest units first. The address says what they are narrowed to."""
    actor = actor_of(request)
    form = UnitsForm(request.GET)
    filters = form.filters()
    form.offer(*unit_choices(actor))
    page = units_page(actor, filters, cursor=request.GET.get("cursor", ""))
    return render(request, "interventions/units.html", {"form": form, "is_filtered": bool(filters), "page": page})


@require_safe
def unit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One unit, with its verdict as it was given. A page that asks for itself again gets only what may have changed."""
    template = "interventions/_unit.html" if request.htmx else "interventions/unit.html"  # type: ignore[attr-defined]
    return render(request, template, {"page": unit_page(actor_of(request), pk)})
