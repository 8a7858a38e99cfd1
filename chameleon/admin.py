"""Django's admin for those who run an organization: they see its rows, and change them by the same actions as all."""

from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kit.errors import NotAllowed

# What libraries bring along and this site does not show: their rows are of all organizations at once, and whoever runs
# the installation could change any of them past its ledger.
NOT_SHOWN = {"account", "auth", "mfa", "procrastinate", "socialaccount", "usersessions"}
POWERS = ("guardians.manage_gate", "accounts.manage_keys", "accounts.manage_members")


class Site(AdminSite):
    """The doors of the pages are its doors: one sign-in, with its rate limits, and one way out."""

    site_header = gettext_lazy("Chameleon administration")
    site_title = gettext_lazy("Chameleon")
    index_title = gettext_lazy("Administration")
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, *args: Any, **options: Any) -> None:
        models = model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        super().register([one for one in models if one._meta.app_label not in NOT_SHOWN], *args, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        membership = request.membership  # type: ignore[attr-defined]
        if not request.user.is_active or membership is None:
            return False
        return any(membership.has_power(power) for power in POWERS)  # also of who runs the installation

    def admin_view(self, view: Callable[..., HttpResponse], *args: Any, **kwargs: Any) -> Callable[..., HttpResponse]:
        """Who is signed in and has no business here is told so, not sent in a circle to sign in again."""
        guarded = super().admin_view(view, *args, **kwargs)

        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise NotAllowed(_("The administration is for Admins of the organization you are in."))
            return guarded(request, *args, **kwargs)

        return update_wrapper(enter, guarded)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if self.has_permission(request):
            return redirect("admin:index")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    login.login_required = False  # type: ignore[attr-defined]

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_change_password")
