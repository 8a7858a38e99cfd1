"""Which questions a list shows, and how it shows them."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from audit.serializers import WordsField
from guardians.models import Kind
from interventions.models import Act, Source, Status
from interventions.queries import Filters
from interventions.queries.lists import MOST
from interventions.serializers.questions import PRIORITIES


class ListQuery(serializers.Serializer[Any]):
    """What a list is narrowed to, and which page of it."""

    status = WordsField(required=False, help_text=", ".join(Status.values))
    priority = WordsField(required=False, help_text=", ".join(dict(PRIORITIES)))
    kind = WordsField(required=False, help_text=", ".join(Kind.values))
    gate = serializers.CharField(required=False, allow_blank=True, max_length=80)
    platform = serializers.CharField(required=False, allow_blank=True, max_length=60)
    assigned_to = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text=_("A public id, `me` or `nobody`.")
    )
    search = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text=_("Words of title, description and context.")
    )
    settled_by = WordsField(required=False, help_text=", ".join(Source.values))
    since = serializers.DateTimeField(required=False, help_text=_("Settled from this moment on, RFC 3339."))
    until = serializers.DateTimeField(required=False, help_text=_("Settled before this moment, RFC 3339."))
    cursor = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
    limit = serializers.IntegerField(default=50, min_value=1, max_value=MOST)

    @property
    def page(self) -> dict[str, Any]:
        """What the list queries take."""
        said: dict[str, Any] = dict(self.validated_data)
        place = {"cursor": said.pop("cursor"), "limit": said.pop("limit")}
        filters: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in said.items()
        }
        return {"filters": Filters(**filters), **place}


class SeatOut(serializers.Serializer[Any]):
    """A role that must approve, and how many of it."""

    role = serializers.CharField()
    count = serializers.IntegerField()


class BriefOut(serializers.Serializer[Any]):
    """One line of a list."""

    id = serializers.UUIDField()
    url = serializers.URLField(help_text=_("Where a pilot answers, after signing in."))
    status = serializers.ChoiceField(Status.choices)
    kind = serializers.ChoiceField(Kind.choices)
    priority = serializers.ChoiceField(PRIORITIES)
    title = serializers.CharField()
    gate = serializers.CharField(allow_null=True)
    unit = serializers.UUIDField(allow_null=True)
    platform = serializers.CharField(allow_null=True)
    requested_by = serializers.CharField()
    held_by = serializers.CharField(allow_null=True, help_text=_("The guardian that held the unit."))
    held_because = serializers.CharField(allow_null=True)
    claimed_by = serializers.CharField(allow_null=True)
    assigned_to = serializers.CharField(allow_null=True)
    assigned_role = serializers.CharField(allow_null=True)
    allowed_actions = serializers.ListField(child=serializers.ChoiceField(Act.choices))
    required_role = serializers.CharField()
    required_approvals = serializers.IntegerField()
    seats = SeatOut(many=True, help_text=_("Roles that must approve, and how many of each; empty: any of the role."))
    veto = serializers.BooleanField(help_text=_("Whether one rejection decides."))
    votes_sealed = serializers.BooleanField(help_text=_("Votes are told to those who have voted, until it is settled."))
    undo_seconds = serializers.IntegerField(help_text=_("For so long a decision is held back and can be undone."))
    requester_may_approve = serializers.BooleanField()
    passkey_required = serializers.BooleanField(help_text=_("Whether approving takes a passkey, on its page."))
    reason_required = serializers.BooleanField()
    edits_allowed = serializers.BooleanField()
    tags = serializers.ListField(child=serializers.CharField())
    vote_count = serializers.IntegerField(help_text=_("Votes so far."))
    content_hash = serializers.CharField(help_text=_("SHA-256 of the canonical JSON of what is decided about."))
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    resolution_source = serializers.ChoiceField(
        Source.choices,
        allow_null=True,
        help_text=_("Who or what settled it; a timeout is never told as a person's no."),
    )
    caller = serializers.ChoiceField(["listening", "polling", "gone"], allow_null=True)


class PageOut(serializers.Serializer[Any]):
    results = BriefOut(many=True)
    next = serializers.URLField(allow_null=True, help_text=_("The page after this one."))
    previous = serializers.URLField(allow_null=True, help_text=_("The page before this one."))
