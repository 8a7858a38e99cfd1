"""What a page says and asks while somebody is at it: that it is open, and whom they may mean."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from interventions import actions
from interventions.forms import cleaned
from interventions.forms.assigning import LookForm, PeopleForm
from interventions.queries.mentions import suggestions
from interventions.views import actor_of


@require_POST
def look(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The page of a question is in front of somebody, or (`gone`) no longer is. Nothing is answered."""
    actions.look(pk, **cleaned(LookForm(request.POST)), actor=actor_of(request))
    return HttpResponse(status=204)


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Whom `@bo` may mean."""
    return JsonResponse({"people": suggestions(actor_of(request), **cleaned(PeopleForm(request.GET)))})
