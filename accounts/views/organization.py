"""What is the same for everybody in an organization."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.forms import (
    OrganizationForm,
)
from accounts.queries import (
    organization_page,
)
from accounts.views import actor_of


@require_http_methods(["GET", "HEAD", "POST"])
def organization(request: HttpRequest) -> HttpResponse:
    """What is the same for everybody here, for those who manage members."""
    actor = actor_of(request)
    page = organization_page(actor)
    form = OrganizationForm(request.POST if request.method == "POST" else None, roles=page.all_roles)
    if form.is_bound and form.is_valid():
        actions.change_organization(actor=actor, **form.cleaned_data)
        messages.success(request, _("The organization's settings are saved."))
        return redirect("accounts:organization")
    context = {"form": form, "page": page}
    return render(request, "accounts/organization.html", context, status=422 if form.is_bound else 200)
