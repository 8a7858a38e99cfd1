"""The programs of the organization: their platforms and their keys."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import actions
from accounts.admin.organization import OrganizationAdmin, actor_of, each
from accounts.models import ApiKey, Platform, TokenFamily
from accounts.roles import SCOPES, SYSTEM


@admin.register(Platform)
class PlatformAdmin(OrganizationAdmin):
    """The outside systems that submit work."""

    see = "accounts.view_membership"
    power = "accounts.manage_members"
    adds = True
    list_display = ("name", "slug", "health_url", "created_at")
    search_fields = ("name", "slug")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "slug", "health_url", "capabilities", "created_at") if obj else ("name", "slug")

    def act(self, request: HttpRequest, row: Any, said: dict[str, Any], *, is_new: bool) -> Model:
        return actions.create_platform(said["slug"], said["name"], actor=actor_of(request))


class ApiKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=[(scope, scope) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A key can do what its member may do, narrowed to these."),
    )


@admin.register(ApiKey)
class ApiKeyAdmin(OrganizationAdmin):
    """Keys of programs. The text of a key is shown once, on the page that answers its making."""

    within = "membership__organization"
    see = power = "accounts.manage_keys"
    adds = True
    form = ApiKeyForm
    exclude = None
    list_display = (
        "name",
        "prefix",
        "membership",
        "platform",
        "scopes",
        "gates",
        "networks",
        "expires_at",
        "revoked_at",
        "last_used_at",
    )
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("membership__pilot", "membership__role", "platform")
    search_fields = ("name", "prefix")
    actions = ("rotate", "revoke")
    asked = ("membership", "platform", "name", "scopes", "gates", "networks", "expires_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        made = ("prefix", "replaces", "created_by", "created_at", "revoked_at", "last_used_at", "refused_at")
        return (*self.asked, *made) if obj else self.asked

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "membership":
            field.queryset = field.queryset.acting().exclude(role__name=SYSTEM)
        return field

    def act(self, request: HttpRequest, row: Any, said: dict[str, Any], *, is_new: bool) -> Model:
        key, request.key_text = actions.create_key(**said, actor=actor_of(request))  # type: ignore[attr-defined]
        return key

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The answer itself, not a page it leads to: the text is in no session, cookie or address."""
        return self._made(request, obj, request.key_text)  # type: ignore[attr-defined]

    def _made(self, request: HttpRequest, key: ApiKey, text: str) -> HttpResponse:
        about = {"title": _("Key made"), "opts": self.opts, "key": key, "text": text}
        context = self.admin_site.each_context(request) | about
        return TemplateResponse(request, "admin/accounts/apikey/made.html", context)

    @admin.action(
        description=gettext_lazy("Rotate the selected key; the old one goes on for a day"), permissions=["act"]
    )
    def rotate(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> HttpResponse | None:
        """One at a time: its text is shown on the page that answers."""
        if len(chosen) != 1:
            self.message_user(request, _("Choose one key: the text of the new one is shown once."), messages.ERROR)
            return None
        made: list[tuple[ApiKey, str]] = []

        def do(row: ApiKey) -> None:
            made.append(actions.rotate_key(row.pk, overlap=timedelta(days=1), actor=actor_of(request)))

        each(self, request, chosen, do)
        return self._made(request, *made[0]) if made else None

    @admin.action(description=gettext_lazy("Revoke the selected keys"), permissions=["act"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        each(self, request, chosen, lambda row: actions.revoke_key(row.pk, actor=actor_of(request)))


@admin.register(TokenFamily)
class TokenFamilyAdmin(OrganizationAdmin):
    """Programs that are, or were, signed in with tokens."""

    within = "membership__organization"
    see = power = "accounts.manage_keys"
    exclude = None
    list_display = ("membership", "key", "scopes", "came_from", "created_at", "refreshed_at", "expires_at", "ended_at")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    list_select_related = ("membership__pilot", "membership__role", "key")
    search_fields = ("membership__pilot__username", "membership__pilot__name")
    actions = ("sign_out",)

    @admin.action(description=gettext_lazy("Sign the selected programs out"), permissions=["act"])
    def sign_out(self, request: HttpRequest, chosen: QuerySet[TokenFamily]) -> None:
        each(self, request, chosen, lambda row: actions.revoke_tokens(row.pk, actor=actor_of(request)))
