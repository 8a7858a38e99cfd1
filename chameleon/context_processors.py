"""What the frame of every page shows."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.providers import providers
from interventions.queries.counts import counts_for
from interventions.queries.stop_pages import banners_of


def door(request: HttpRequest) -> dict[str, Any]:
    """What those who are not in yet are told."""
    return {
        "sends_mail": bool(settings.EMAIL_HOST),
        "passwords": settings.PASSWORDS,
        "providers": providers().values(),
    }


def frame(request: HttpRequest) -> dict[str, Any]:
    """How many wait, counted only when a page asks and its view has not counted already; and what is stopped.

    `perms` are those of the membership in use: what Django asks each backend for, told without a statement.
    """
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"perms": {}}  # a superuser's would be all there are, though they are a member nowhere
    return {
        "counts": SimpleLazyObject(lambda: counts_for(membership)),
        "stops": SimpleLazyObject(lambda: banners_of(membership)),
        "memberships": getattr(request, "memberships", []),
        "perms": _by_app(membership.powers),
    }


def _by_app(powers: Iterable[str]) -> Mapping[str, Mapping[str, bool]]:
    """As templates ask: `perms.audit.view_entry`."""
    apps: dict[str, dict[str, bool]] = {}
    for power in powers:
        app, _dot, name = power.partition(".")
        apps.setdefault(app, {})[name] = True
    return apps
