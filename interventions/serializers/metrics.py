"""The figures of a period."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class PeriodQuery(serializers.Serializer[Any]):
    since = serializers.DateTimeField(required=False, help_text=_("RFC 3339; from this moment on."))
    until = serializers.DateTimeField(required=False, help_text=_("RFC 3339; before this moment."))


class TimesOut(serializers.Serializer[Any]):
    """Seconds from asked to settled."""

    settled = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    p90 = serializers.FloatField(allow_null=True)


class TopPilotOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    public_id = serializers.CharField()
    decisions = serializers.IntegerField()
    median_seconds = serializers.FloatField(allow_null=True)


class MetricsOut(serializers.Serializer[Any]):
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    open = serializers.IntegerField()
    overdue = serializers.IntegerField()
    asked = serializers.IntegerField()
    settled = serializers.IntegerField()
    expired = serializers.IntegerField()
    by_status = serializers.DictField(child=serializers.IntegerField())
    by_kind = serializers.DictField(child=serializers.IntegerField())
    by_priority = serializers.DictField(child=serializers.IntegerField())
    by_source = serializers.DictField(child=TimesOut())
    resolution_seconds = TimesOut()
    top_pilots = TopPilotOut(many=True)
