"""The organization's own roles, who has which on a platform, and what the directory gives and says."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts import actions
from accounts.admin.organization import OrganizationAdmin, actor_of, each
from accounts.admin.pilots import RoleField, RolesOffered
from accounts.models import DirectoryFacts, DirectoryRule, PlatformRole, Role
from accounts.roles import IN_WORDS, powers_of, title_of


class RoleForm(forms.ModelForm):
    powers = forms.MultipleChoiceField(
        label=gettext_lazy("Powers"),
        choices=list(IN_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("Nobody can put in a power that they do not have themselves."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["powers"] = sorted(powers_of(self.instance.group))


@admin.register(Role)
class RoleAdmin(OrganizationAdmin):
    see = power = "accounts.manage_members"
    adds = changes = True
    form = RoleForm
    list_display = ("title", "description", "created_at")
    search_fields = ("title",)
    actions = ("remove",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("title", "description", "powers")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("title",) if obj else ()

    def act(self, request: HttpRequest, row: Any, said: dict[str, Any], *, is_new: bool) -> Model:
        about = {"powers": said["powers"], "description": said["description"]}
        if is_new:
            return actions.make_role(said["title"], actor=actor_of(request), **about)
        return actions.change_role(row.pk, actor=actor_of(request), **about)

    @admin.action(description=gettext_lazy("Remove the selected roles"), permissions=["act"])
    def remove(self, request: HttpRequest, chosen: QuerySet[Role]) -> None:
        each(self, request, chosen, lambda row: actions.remove_role(row.pk, actor=actor_of(request)))


class PlaceForm(forms.ModelForm):
    role = RoleField()


@admin.register(PlatformRole)
class PlatformRoleAdmin(RolesOffered, OrganizationAdmin):
    """On which platforms members have another role than everywhere else."""

    within = "membership__organization"
    see = "accounts.view_membership"
    power = "accounts.manage_members"
    adds = True
    form = PlaceForm
    exclude = None
    list_display = ("membership", "platform", "role_title", "origin")
    list_filter = (("platform", admin.RelatedOnlyFieldListFilter), "origin")
    list_select_related = ("membership__pilot", "membership__role", "platform", "role")
    search_fields = ("membership__pilot__username", "membership__pilot__name")
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("membership", "platform", "role_title", "origin") if obj else ("membership", "platform", "role")

    def act(self, request: HttpRequest, row: Any, said: dict[str, Any], *, is_new: bool) -> Model:
        role = title_of(said["role"].name)
        return actions.grant_on_platform(said["membership"], said["platform"], role, actor=actor_of(request))

    @admin.action(description=gettext_lazy("Take the selected roles on platforms"), permissions=["act"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[PlatformRole]) -> None:
        actor = actor_of(request)
        each(self, request, chosen, lambda row: actions.revoke_on_platform(row.membership, row.platform, actor=actor))


@admin.register(DirectoryRule)
class DirectoryRuleAdmin(OrganizationAdmin):
    """To be read: the order is part of them, so they are changed as one list, on their page."""

    see = "accounts.manage_members"
    list_display = ("position", "provider", "looks_at", "value", "role", "platform")
    list_select_related = ("role", "platform")
    search_fields = ("value",)


@admin.register(DirectoryFacts)
class DirectoryFactsAdmin(OrganizationAdmin):
    """When a provider last said something of a member. What it said may be about other organizations, too."""

    within = "pilot__memberships__organization"
    see = "accounts.manage_members"
    exclude = None
    fields = ("pilot", "provider", "at")
    list_display = ("pilot", "provider", "at")
    list_select_related = ("pilot",)
    search_fields = ("pilot__username",)
