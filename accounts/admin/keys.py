"""The programs of the organization: their platforms and their keys."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import actions
from accounts.admin.organization import OrganizationAdmin, actor_of, each
from accounts.models import ApiKey, Platform
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
    list_display = ("name", "prefix", "membership", "platform", "scopes", "expires_at", "revoked_at", "last_used_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("membership__pilot", "membership__role", "platform")
    search_fields = ("name", "prefix")
    actions = ("revoke",)
    asked = ("membership", "platform", "name", "scopes", "expires_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        made = ("prefix", "created_by", "created_at", "revoked_at", "last_used_at")
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
        context = self.admin_site.each_context(request) | {
            "title": _("Key made"),
            "opts": self.opts,
            "key": obj,
            "text": request.key_text,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/accounts/apikey/made.html", context)

    @admin.action(description=gettext_lazy("Revoke the selected keys"), permissions=["act"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        each(self, request, chosen, lambda row: actions.revoke_key(row.pk, actor=actor_of(request)))
