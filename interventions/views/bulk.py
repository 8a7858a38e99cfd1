"""Several questions and one act: first what would become of each, then what has."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST

from interventions import actions
from interventions.forms import BulkForm, cleaned
from interventions.queries.bulk import BulkPage, bulk_page
from interventions.views import actor_of


@require_POST
def plan(request: HttpRequest) -> HttpResponse:
    """What would happen to each. Nothing is decided by asking."""
    actor, said = actor_of(request), cleaned(BulkForm(request.POST))
    picks = said["pick"]
    outcomes = actions.rehearse_on_many(list(picks), act=said["act"], seen=picks, actor=actor)
    return _shown(request, "_bulk_plan.html", bulk_page(actor, said["act"], outcomes))


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Do it. Each that could be is done, each that could not says why."""
    actor, said = actor_of(request), cleaned(BulkForm(request.POST))
    picks = said["pick"]
    outcomes = actions.act_on_many(list(picks), act=said["act"], actor=actor, reason=said["reason"], seen=picks)
    return _shown(request, "_bulk_done.html", bulk_page(actor, said["act"], outcomes))


def _shown(request: HttpRequest, part: str, page: BulkPage) -> HttpResponse:
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    context = {"page": page, "part": f"interventions/{part}", "is_part": is_part}
    answer = render(request, context["part"] if is_part else "interventions/bulk.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer
