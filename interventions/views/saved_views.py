"""The tabs over the queue that pilots make themselves."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interventions import actions
from interventions.forms import NewViewForm, SavedViewForm, cleaned
from interventions.models import SavedView
from interventions.views import actor_of


@require_POST
def views(request: HttpRequest) -> HttpResponse:
    view = actions.create_saved_view(**cleaned(NewViewForm(request.POST)), actor=actor_of(request))
    return _back(request, view, _("Saved: %(name)s"))


@require_POST
def view(request: HttpRequest, pk: int) -> HttpResponse:
    changed = actions.change_saved_view(pk, **cleaned(SavedViewForm(request.POST)), actor=actor_of(request))
    return _back(request, changed, _("Changed: %(name)s"))


@require_POST
def deletion(request: HttpRequest, pk: int) -> HttpResponse:
    actions.delete_saved_view(pk, actor=actor_of(request))
    messages.success(request, _("The view is deleted. The questions are where they were."))
    return redirect("interventions:queue")


def _back(request: HttpRequest, view: SavedView, words: str) -> HttpResponse:
    messages.success(request, words % {"name": view.name})
    return redirect(f"{reverse('interventions:queue')}?{view.query}")
