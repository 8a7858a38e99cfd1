"""The ledger and who was erased, to be read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.organization import OrganizationAdmin, actor_of
from audit.models import Entry, Erasure


@admin.register(Entry)
class EntryAdmin(OrganizationAdmin):
    platform = "platform"
    see = "audit.view_entry"
    list_display = ("at", "actor_name", "actor_role", "verb", "subject_type", "subject_id", "came_from")
    search_fields = ("=subject_id", "=verb", "actor_name")
    ordering = ("-id",)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).unsealed_for(actor_of(request))  # type: ignore[attr-defined]


@admin.register(Erasure)
class ErasureAdmin(OrganizationAdmin):
    within = "pilot__memberships__organization"
    see = "accounts.manage_members"
    list_display = ("pseudonym", "at")
    ordering = ("-id",)
    sortable_by = ()
