"""Questions and all that was said about them, to be read. They are answered on their own pages."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.admin import OrganizationAdmin, actor_of
from interventions.models import (
    Acknowledgement,
    Challenge,
    Claim,
    Comment,
    Decision,
    Delivery,
    Hold,
    Intervention,
    Look,
    SavedView,
    Stop,
    Vote,
)


class ReadAdmin(OrganizationAdmin):
    within = "intervention__organization"
    platform = "intervention__platform"
    see = "interventions.view_intervention"
    exclude = None
    list_select_related = ("intervention",)
    search_fields = ("=intervention__id",)
    ordering = ("-pk",)
    sortable_by = ()


@admin.register(Intervention)
class InterventionAdmin(ReadAdmin):
    within, platform = "organization", "platform"
    exclude = ("organization",)
    list_display = ("title", "kind", "priority", "status", "gate", "created_at", "due_at", "resolution_source")
    list_filter = ("status", "kind", "priority", "resolution_source", ("gate", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("gate",)
    search_fields = ("search",)
    search_help_text = gettext_lazy("Words of the title, the description or the context.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Intervention], search_term: str
    ) -> tuple[QuerySet[Intervention], bool]:
        return (queryset.matching(search_term) if search_term else queryset), False  # type: ignore[attr-defined]


@admin.register(Decision)
class DecisionAdmin(ReadAdmin):
    list_display = ("intervention", "verdict", "source", "by", "role", "at")
    list_filter = ("verdict", "source")
    list_select_related = ("intervention", "by__pilot", "by__role")


class SealedAdmin(ReadAdmin):
    """Votes and what is held back of them: under seal they are not read here either."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).visible_to(actor_of(request))  # type: ignore[attr-defined]


@admin.register(Vote)
class VoteAdmin(SealedAdmin):
    list_display = ("intervention", "by", "act", "at")
    list_select_related = ("intervention", "by__pilot", "by__role")


@admin.register(Claim)
class ClaimAdmin(ReadAdmin):
    list_display = ("intervention", "by", "at")
    list_select_related = ("intervention", "by__pilot", "by__role")


@admin.register(Comment)
class CommentAdmin(ReadAdmin):
    list_display = ("intervention", "by", "kind", "at")
    list_filter = ("kind",)
    list_select_related = ("intervention", "by__pilot", "by__role")


@admin.register(Delivery)
class DeliveryAdmin(ReadAdmin):
    list_display = ("intervention", "url", "attempts", "status_code", "delivered_at", "error")
    list_filter = (("delivered_at", admin.EmptyFieldListFilter),)


@admin.register(Hold)
class HoldAdmin(SealedAdmin):
    list_display = ("intervention", "by", "act", "at", "until")
    list_select_related = ("intervention", "by__pilot", "by__role")


@admin.register(Challenge)
class ChallengeAdmin(ReadAdmin):
    list_display = ("intervention", "by", "act", "host", "at")
    list_select_related = ("intervention", "by__pilot", "by__role")


@admin.register(Look)
class LookAdmin(ReadAdmin):
    list_display = ("intervention", "by", "seen_at")
    list_select_related = ("intervention", "by__pilot", "by__role")


@admin.register(SavedView)
class SavedViewAdmin(ReadAdmin):
    within, platform = "owner__organization", ""
    list_display = ("name", "owner", "query", "is_shared", "created_at")
    list_select_related = ("owner__pilot", "owner__role")
    search_fields = ("name",)


@admin.register(Stop)
class StopAdmin(ReadAdmin):
    within, platform = "organization", ""
    exclude = ("organization",)
    list_display = ("scope", "target", "by", "at", "settles", "rearmed_at")
    list_filter = ("scope", ("rearmed_at", admin.EmptyFieldListFilter))
    list_select_related = ("by__pilot", "by__role")
    search_fields = ("=target",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).visible_to(actor_of(request))  # type: ignore[attr-defined]


@admin.register(Acknowledgement)
class AcknowledgementAdmin(ReadAdmin):
    within, platform = "stop__organization", ""
    list_display = ("stop", "caller", "units", "told_at", "acknowledged_at")
    list_select_related = ("stop", "caller__pilot", "caller__role")
    search_fields = ("=stop__target",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        seen = Stop.objects.visible_to(actor_of(request))
        return super().get_queryset(request).filter(stop__in=seen.values("pk"))
