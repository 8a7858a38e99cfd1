"""What lets a browser install the pages, and what it shows when there is no line."""

import hashlib
import json
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

PETROL, PAPER = "#1d6a73", "#f3f6f5"
ICONS = (("img/icon-192.png", "192x192", "any"), ("img/icon-512.png", "512x512", "any"))
MASKABLE = ("img/icon-maskable-512.png", "512x512", "maskable")

# All that the offline page is made of; a test compares it with what that page and its modules name.
SHEETS = (
    "base",
    "controls",
    "detail",
    "layout",
    "overlays",
    "panels",
    "plots",
    "questions",
    "records",
    "rows",
    "signs",
    "states",
    "tables",
    "tokens",
    "utilities",
)
SHELL = (
    *(f"css/{name}.css" for name in SHEETS),
    "js/first.js",
    "js/offline.js",
    "js/words.js",
    "img/icons.svg",
    "img/logo.svg",
)


@require_safe
@login_not_required
def manifest(request: HttpRequest) -> HttpResponse:
    """How the pages look as an app."""
    icons = [
        {"src": static(path), "sizes": sizes, "type": "image/png", "purpose": purpose}
        for path, sizes, purpose in (*ICONS, MASKABLE)
    ]
    told = {
        "id": "/",
        "name": _("Chameleon, the decision console"),
        "short_name": "Chameleon",
        "start_url": reverse("interventions:queue"),
        "scope": "/",
        "display": "standalone",
        "theme_color": PETROL,
        "background_color": PAPER,
        "icons": icons,
    }
    return JsonResponse(told, content_type="application/manifest+json")


@require_safe
@login_not_required
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker. It is another one as soon as a file of the offline page is."""
    response = render(request, "sw.js", {"told": json.dumps(_told())}, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_safe
@login_not_required
def offline(request: HttpRequest) -> HttpResponse:
    """The page without a line: a frame, without anything of anybody's in it."""
    return render(request, "offline.html")


def _told() -> dict[str, Any]:
    shell = [static(path) for path in SHELL]
    return {
        "version": hashlib.sha256("\n".join(shell).encode()).hexdigest()[:12],
        "shell": shell,
        "offline": reverse("offline"),
        "doors": [reverse("account_login"), reverse("account_logout")],
    }
