"""How one wants the pages."""

from django.conf import settings as site
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions
from accounts.forms import (
    ChoiceForm,
    PreferencesForm,
)
from accounts.models import Notice
from accounts.views import actor_of


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """How one wants the pages: one form, kept as a whole."""
    actor = actor_of(request)
    preferences = actor.pilot.preferred
    form = PreferencesForm(request.POST if request.method == "POST" else None, preferences=preferences)
    if form.is_bound and form.is_valid():
        kept = actions.set_preferences(actor=actor, **form.cleaned_data)
        with translation.override(kept.language or translation.get_language()):
            messages.success(request, _("Your settings are saved."))
        return redirect("accounts:settings")
    context = {"form": form, "preferences": preferences, "languages": site.LANGUAGES, "notices": Notice.choices}
    return render(request, "accounts/settings.html", context, status=422 if form.is_bound else 200)


@require_POST
def choice(request: HttpRequest) -> HttpResponse:
    """A choice made in passing: the theme, the density, the layout, single keys on or off."""
    form = ChoiceForm(request.POST)
    if form.is_valid():
        actions.set_preferences(actor=actor_of(request), **form.chosen())
    return HttpResponse(status=204 if form.is_valid() else 422)


@require_POST
def shipped_keys(request: HttpRequest) -> HttpResponse:
    """All keys as they came."""
    actions.set_preferences(actor=actor_of(request), keys={})
    messages.success(request, _("All keys are as they came."))
    return redirect("accounts:settings")
