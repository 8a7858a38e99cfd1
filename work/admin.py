"""Units of work, to be read; settled ones can be put out of the daily lists."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.admin import OrganizationAdmin, actor_of, each
from work import actions
from work.models import Unit


@admin.register(Unit)
class UnitAdmin(OrganizationAdmin):
    platform = "platform"
    see = "work.view_unit"
    power = "work.submit_unit"
    list_display = ("title", "gate", "platform", "status", "priority", "external_id", "created_at", "settled_at")
    list_filter = ("status", "priority", ("platform", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("platform",)
    search_fields = ("=external_id", "=gate", "=workflow")
    ordering = ("-id",)
    sortable_by = ()
    actions = ("archive",)

    @admin.action(description=gettext_lazy("Archive the selected units"), permissions=["act"])
    def archive(self, request: HttpRequest, chosen: QuerySet[Unit]) -> None:
        each(self, request, chosen, lambda row: actions.archive(row.pk, actor=actor_of(request)))
