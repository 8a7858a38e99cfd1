"""The shape of the ledger on the wire."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from audit.queries import MOST, Narrow


class WordsField(serializers.ListField):
    """Repeated or with commas: `?status=pending&status=in_progress`, `?status=pending,in_progress`."""

    child = serializers.CharField()

    def get_value(self, dictionary: Any) -> list[str]:
        said = dictionary.getlist(self.field_name or "") if isinstance(dictionary, QueryDict) else []
        return [word.strip() for text in said for word in text.split(",") if word.strip()]


class LedgerQuery(serializers.Serializer[Any]):
    """Which lines, and which page of them."""

    subject = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=120,
        help_text=_("`kind:id`, for example `gate:12`, or the bare id of an intervention or unit."),
    )
    actor = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text=_("The public id of a pilot, or `me`.")
    )
    verb = WordsField(required=False, help_text=_("Such as `intervention.decided`."))
    since = serializers.DateTimeField(required=False, help_text=_("RFC 3339; from this moment on."))
    until = serializers.DateTimeField(required=False, help_text=_("RFC 3339; before this moment."))
    cursor = serializers.CharField(required=False, default="", allow_blank=True, max_length=100)
    limit = serializers.IntegerField(default=50, min_value=1, max_value=MOST)

    @property
    def page(self) -> dict[str, Any]:
        """What the query takes."""
        said = dict(self.validated_data)
        place = {"cursor": said.pop("cursor"), "limit": said.pop("limit")}
        return {"narrow": Narrow(**said | {"verb": tuple(said["verb"])}), **place}


class EntryOut(serializers.Serializer[Any]):
    """Who, in which role, did what, to what, when and from where."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    verb = serializers.CharField()
    subject = serializers.CharField(help_text="`kind:id`")
    by = serializers.CharField()
    by_id = serializers.CharField()
    role = serializers.CharField(help_text=_("The role it was done in, as it was then."))
    data = serializers.DictField()  # type: ignore[assignment]
    came_from = serializers.CharField(allow_null=True)


class LedgerOut(serializers.Serializer[Any]):
    results = EntryOut(many=True)
    next = serializers.URLField(allow_null=True, help_text=_("The page after this one: older lines."))
    previous = serializers.URLField(allow_null=True, help_text=_("The page before this one: newer lines."))
