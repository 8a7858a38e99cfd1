"""One question with everything said about it."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import Pilot
from guardians.models import OnTimeout
from interventions.models import Act, Comment, Scope, Source, Verdict
from interventions.serializers.lists import BriefOut


class VoteOut(serializers.Serializer[Any]):
    by = serializers.CharField()
    by_id = serializers.CharField()
    act = serializers.ChoiceField(Act.choices)
    seat = serializers.CharField(allow_null=True, help_text=_("The seat it fills, where the gate names seats."))
    reason = serializers.CharField()
    passkey = serializers.CharField(
        allow_null=True, help_text=_("The credential that signed it, where one was asked for.")
    )
    at = serializers.DateTimeField()


class LinkOut(serializers.Serializer[Any]):
    title = serializers.CharField()
    url = serializers.URLField()
    media_type = serializers.CharField(allow_null=True)


class HoldOut(serializers.Serializer[Any]):
    """What was pressed and can be undone until then. Not yet a decision."""

    act = serializers.ChoiceField(Act.choices)
    by = serializers.CharField()
    by_id = serializers.CharField()
    at = serializers.DateTimeField()
    until = serializers.DateTimeField()


class CommentOut(serializers.Serializer[Any]):
    by = serializers.CharField()
    by_id = serializers.CharField()
    kind = serializers.ChoiceField(Comment.Kind.choices)
    body = serializers.CharField()
    mentions = serializers.ListField(child=serializers.CharField(), help_text=_("Public ids of those it names."))
    at = serializers.DateTimeField()


class DecisionOut(serializers.Serializer[Any]):
    """The one final outcome."""

    verdict = serializers.ChoiceField(Verdict.choices)
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]
    effect = serializers.CharField(allow_null=True, help_text=_("What became of the unit, if it moved."))
    by = serializers.CharField()
    by_id = serializers.CharField()
    by_kind = serializers.ChoiceField(
        Pilot.Kind.choices, help_text=_("A person, or a machine: `source` is `human` for both, as both are pilots.")
    )
    role = serializers.CharField()
    passkey = serializers.CharField(
        allow_null=True, help_text=_("The credential that signed it, where one was asked for.")
    )
    reason = serializers.CharField()
    answer = serializers.JSONField()
    edited = serializers.JSONField()
    content_hash = serializers.CharField()
    at = serializers.DateTimeField()


class StoppedOut(serializers.Serializer[Any]):
    """A kill switch that covers it: nothing of it proceeds until that is re-armed."""

    stop = serializers.UUIDField()
    scope = serializers.ChoiceField(Scope.choices)
    target = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    since = serializers.DateTimeField()


class InterventionOut(BriefOut):
    """One question with everything said about it."""

    description = serializers.CharField()
    context = serializers.DictField()  # type: ignore[assignment]
    proposed = serializers.JSONField()
    answer_schema = serializers.DictField(allow_null=True)
    links = LinkOut(many=True)
    on_timeout = serializers.ChoiceField(OnTimeout.choices)
    external_id = serializers.CharField(allow_null=True)
    first_seen_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()
    votes = VoteOut(many=True)
    held_decision = HoldOut(allow_null=True)
    comments = CommentOut(many=True)
    decision = DecisionOut(allow_null=True)
    stopped = StoppedOut(allow_null=True, help_text=_("The kill switch that covers it."))
