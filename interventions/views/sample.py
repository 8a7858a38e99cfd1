"""The first question of an empty organization."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from interventions import actions
from interventions.queries.sample import sample_question
from interventions.views import actor_of


@require_POST
def sample(request: HttpRequest) -> HttpResponse:
    """Ask a sample question, as a program would ask a real one, and show it."""
    asked = actions.raise_intervention(sample_question(), actor=actor_of(request))
    return redirect("interventions:detail", asked.pk)
