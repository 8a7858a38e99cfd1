"""How long records are kept, for those who manage members: tried first, then kept."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.forms import RetentionForm, cleaned
from interventions.queries.retention import preview_of
from interventions.views import actor_of
from kit.errors import Problem


@require_http_methods(["GET", "HEAD", "POST"])
def retention(request: HttpRequest) -> HttpResponse:
    """What is asked for in the address, counted; without any, what is in force."""
    if request.method != "POST":
        return _retention(request)
    said = cleaned(RetentionForm(request.POST))
    actions.set_retention(actor=actor_of(request), keep_settled_days=said["settled"], keep_ledger_days=said["ledger"])
    messages.success(request, _("How long records are kept is saved. The next night acts on it."))
    return redirect("interventions:retention")


def _retention(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    actor = actor_of(request)
    here = actor.organization
    in_force = {"settled": here.keep_settled_days, "ledger": here.keep_ledger_days}
    asked = RetentionForm(request.GET) if request.GET else None
    said = in_force
    if problem is None and asked is not None:
        said = cleaned(asked)
    preview = preview_of(actor, said["settled"], said["ledger"])
    context = {"preview": preview, "in_force": in_force, "is_other": said != in_force, "problem": problem}
    context["said"] = request.POST or request.GET or in_force
    return render(request, "interventions/retention.html", context, status=problem.status if problem else 200)


retention.refused = _retention  # type: ignore[attr-defined]
