"""Whom a directory keeps by SCIM, to be read: it says what is so."""

from django.contrib import admin

from accounts.admin.organization import OrganizationAdmin
from accounts.models import ProvisionedGroup, ProvisionedUser
from accounts.roles import PROVISION


@admin.register(ProvisionedUser)
class ProvisionedUserAdmin(OrganizationAdmin):
    see = PROVISION
    exclude = None
    fields = (
        "user_name",
        "external_id",
        "pilot",
        "active",
        "addresses",
        "details",
        "created_at",
        "changed_at",
        "removed_at",
    )
    list_display = ("user_name", "pilot", "active", "changed_at", "removed_at")
    list_select_related = ("pilot",)
    list_filter = ("active",)
    search_fields = ("user_name", "external_id")


@admin.register(ProvisionedGroup)
class ProvisionedGroupAdmin(OrganizationAdmin):
    see = PROVISION
    exclude = None
    fields = ("name", "external_id", "created_at", "changed_at")
    list_display = ("name", "external_id", "changed_at")
    search_fields = ("name", "external_id")
