"""How pilots sign in, to be read. What a token is, nobody reads."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.organization import OrganizationAdmin
from accounts.models import Identity, ProviderToken


@admin.register(Identity)
class IdentityAdmin(OrganizationAdmin):
    """The accounts elsewhere that sign the organization's pilots in."""

    within = "pilot__memberships__organization"
    see = "accounts.manage_members"
    exclude = None
    list_display = ("pilot", "provider", "login", "leads", "created_at", "last_used_at", "ended_at")
    list_filter = ("provider", ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("pilot",)
    search_fields = ("pilot__name", "pilot__public_id", "login")


@admin.register(ProviderToken)
class ProviderTokenAdmin(OrganizationAdmin):
    """Which tokens are kept, and whether their renewal goes well."""

    within = "identity__pilot__memberships__organization"
    see = "accounts.manage_members"
    exclude = None
    list_display = ("identity", "kept_at", "expires_at", "refresh_at", "failures", "retry_at")
    list_select_related = ("identity",)
    search_fields = ("identity__pilot__name", "identity__login")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderToken]:
        return super().get_queryset(request).defer("sealed")
