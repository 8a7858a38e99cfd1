"""How every organization fares, in numbers: for platform administrators."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.queries import platform_administrator
from interventions.queries.organizations import report


@require_safe
def organizations(request: HttpRequest) -> HttpResponse:
    """Counts for each organization, and the way into one."""
    platform_administrator(request.user)
    return render(request, "interventions/organizations.html", {"report": report()})
