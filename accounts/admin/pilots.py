"""The organization, its pilots and their memberships."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import actions
from accounts.admin.organization import OrganizationAdmin, actor_of, each
from accounts.models import Absence, Invitation, Membership, Organization, Pilot, Preferences
from accounts.queries import pilot_named, role_titles
from accounts.roles import roles_in, title_of
from kit.errors import BadInput


class OrganizationForm(forms.ModelForm):
    """What is the same for everybody in it."""

    second_factor_roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles that need a second factor"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = role_titles(self.instance.pk)
        self.fields["second_factor_roles"].choices = [(title, title) for title in titles]  # type: ignore[attr-defined]


@admin.register(Organization)
class OrganizationsAdmin(OrganizationAdmin):
    within = "pk"
    see = "accounts.view_membership"
    power = "accounts.manage_members"
    changes = True
    form = OrganizationForm
    exclude = None
    list_display = ("name", "slug", "created_at")
    asked = ("name", "rearm_by_two", "second_factor_roles")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug", *self.asked, "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug", "created_at")

    def act(self, request: HttpRequest, row: Any, said: dict[str, Any], *, is_new: bool) -> Model:
        return actions.change_organization(actor=actor_of(request), **{name: said[name] for name in self.asked})


class RoleField(forms.ModelChoiceField):
    """A role of the organization, by its title."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Group.objects.none(), label=gettext_lazy("Role"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return title_of(obj.name)


class RolesOffered:
    """For admin pages whose form has a `role`: those of the organization one is in."""

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> type:
        form = super().get_form(request, *args, **kwargs)  # type: ignore[misc]
        if "role" in form.base_fields:
            offered = RoleField()
            offered.queryset = roles_in(actor_of(request).organization_id)
            form.base_fields["role"] = offered
        return form  # type: ignore[no-any-return]


class PasswordForm(forms.ModelForm):
    new_password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Without one nobody can sign in with this account."),
    )

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        if password:
            validate_password(password, self.instance)
        return password


class PilotForm(PasswordForm):
    """A new pilot: an account and a membership."""

    role = RoleField()


@admin.register(Pilot)
class PilotAdmin(RolesOffered, OrganizationAdmin):
    """Accounts of people and machines that are members here. A new one becomes a member at once."""

    within = "memberships__organization"
    see = "accounts.view_membership"
    power = "accounts.manage_members"
    adds = changes = True
    form = PasswordForm
    add_form = PilotForm
    exclude = None
    list_display = ("username", "name", "kind", "public_id", "is_active", "last_login")
    list_filter = ("kind", "is_active")
    search_fields = ("username", "name", "public_id")
    actions = ("reset",)
    facts = ("username", "name", "kind", "public_id", "email", "is_active", "last_login", "date_joined")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.facts, "new_password") if obj else ("username", "name", "kind", "role", "new_password")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.facts if obj else ()

    def act(self, request: HttpRequest, row: Any, said: dict[str, Any], *, is_new: bool) -> Model:
        actor, password = actor_of(request), said["new_password"] or None
        if is_new:
            about = {name: said[name] for name in ("name", "kind")}
            pilot = actions.create_pilot(said["username"], actor=actor, password=password, **about)
            actions.grant_role(pilot, title_of(said["role"].name), actor=actor)
            return pilot
        if password:
            actions.set_password(Pilot.objects.get(pk=row.pk), password, actor=actor)
        return row

    @admin.action(description=gettext_lazy("Take away the second factors of the selected pilots"), permissions=["act"])
    def reset(self, request: HttpRequest, chosen: QuerySet[Pilot]) -> None:
        each(self, request, chosen, lambda row: actions.reset_factors(row, actor=actor_of(request)))


class RoleForm(forms.ModelForm):
    role = RoleField()


class MembershipForm(RoleForm):
    """A new member, among those who have an account."""

    who = forms.CharField(
        label=gettext_lazy("Pilot"),
        max_length=200,
        help_text=gettext_lazy("An account that exists: its user name, public id or e-mail address."),
    )


@admin.register(Membership)
class MembershipAdmin(RolesOffered, OrganizationAdmin):
    """Who belongs to the organization, and in which role."""

    see = "accounts.view_membership"
    power = "accounts.manage_members"
    adds = changes = True
    form = RoleForm
    add_form = MembershipForm
    list_display = ("__str__", "pilot", "role_name", "origin", "created_at", "until", "ended_at")
    list_filter = (("role", admin.RelatedOnlyFieldListFilter), ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("pilot", "role")
    search_fields = ("pilot__username", "pilot__name", "pilot__public_id")
    actions = ("end",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("pilot", "role", "origin", "created_at", "until", "ended_at") if obj else ("who", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("pilot", "origin", "created_at", "until", "ended_at") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_system)

    def act(self, request: HttpRequest, row: Any, said: dict[str, Any], *, is_new: bool) -> Model:
        pilot = pilot_named(said["who"]) if is_new else row.pilot
        if pilot is None:
            raise BadInput.field("who", _("there is no such account"))
        return actions.grant_role(pilot, title_of(said["role"].name), actor=actor_of(request))

    @admin.action(description=gettext_lazy("End the selected memberships"), permissions=["act"])
    def end(self, request: HttpRequest, chosen: QuerySet[Membership]) -> None:
        each(self, request, chosen, lambda row: actions.end_membership(row, actor=actor_of(request)))


@admin.register(Invitation)
class InvitationAdmin(OrganizationAdmin):
    """Who is invited. Links are made on the page of the members: they are shown once."""

    see = power = "accounts.manage_members"
    list_display = ("__str__", "invited_by", "created_at", "expires_at", "accepted_by", "withdrawn_at")
    list_filter = (("accepted_at", admin.EmptyFieldListFilter), ("withdrawn_at", admin.EmptyFieldListFilter))
    list_select_related = ("role", "invited_by__pilot", "invited_by__role", "accepted_by__pilot", "accepted_by__role")
    search_fields = ("email",)
    actions = ("withdraw",)

    @admin.action(description=gettext_lazy("Withdraw the selected invitations"), permissions=["act"])
    def withdraw(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        each(self, request, chosen, lambda row: actions.withdraw_invitation(row.pk, actor=actor_of(request)))


@admin.register(Absence)
class AbsenceAdmin(OrganizationAdmin):
    within = "membership__organization"
    see = "accounts.view_membership"
    exclude = None
    list_display = ("membership", "delegate", "since", "until")
    list_select_related = ("membership__pilot", "membership__role", "delegate__pilot", "delegate__role")
    search_fields = ("membership__pilot__name",)


@admin.register(Preferences)
class PreferencesAdmin(OrganizationAdmin):
    within = "pilot__memberships__organization"
    see = "accounts.manage_members"
    exclude = None
    list_display = ("pilot", "language", "time_zone", "density", "theme")
    list_select_related = ("pilot",)
    search_fields = ("pilot__name",)
