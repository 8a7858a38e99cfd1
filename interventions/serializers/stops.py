"""The kill switch: what is stopped, and who knows of it."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from interventions.serializers.fields import Body, Reference, Text


class ScopeIn(Body):
    """What to stop: exactly one of these."""

    organization = serializers.BooleanField(required=False, help_text=_("true: everything of the organization."))
    platform = Text(max_length=200, required=False, help_text=_("A platform's short name."))
    gate = Text(max_length=200, required=False, help_text=_("A gate's short name."))
    workflow = Text(max_length=200, required=False, help_text=_("As the units name theirs."))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [(scope, target) for scope, target in attrs.items() if target is not False]
        if len(named) != 1:
            raise serializers.ValidationError(_("Name one: organization, platform, gate or workflow."))
        ((scope, target),) = named
        return {"scope": scope, "target": "" if target is True else target}


class StopIn(Body):
    scope = ScopeIn()
    reason = Text(max_length=2000, help_text=_("Everyone who is stopped will read it."))
    settle = serializers.BooleanField(
        default=False, help_text=_("true: open questions are cancelled; else they are held until re-armed.")
    )

    @property
    def deed(self) -> dict[str, Any]:
        said = self.validated_data
        return {**said["scope"], "reason": said["reason"], "settles": said["settle"]}


class RearmIn(Body):
    """Which stop: by its id, or by what it stops."""

    id = Reference(required=False)
    scope = ScopeIn(required=False)
    reason = Text(max_length=2000)
    cancel = serializers.BooleanField(default=False, help_text=_("true: paused units are cancelled; else they go on."))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("id" in attrs) == ("scope" in attrs):
            raise serializers.ValidationError(_("Name the stop: by its id, or by its scope."))
        return attrs


class CallerOut(serializers.Serializer[Any]):
    """One whose work is stopped, and what it knows of that."""

    caller = serializers.CharField()
    caller_id = serializers.CharField()
    units = serializers.IntegerField()
    told_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)


class StopOut(serializers.Serializer[Any]):
    """A press of the kill switch."""

    id = serializers.UUIDField()
    on = serializers.BooleanField()
    scope = serializers.DictField(help_text=_("As it was sent."))
    what = serializers.CharField(help_text=_("The scope in words."))
    reason = serializers.CharField()
    settle = serializers.BooleanField()
    by = serializers.CharField()
    by_id = serializers.CharField()
    at = serializers.DateTimeField()
    rearm_asked_by = serializers.CharField(allow_null=True)
    rearm_asked_at = serializers.DateTimeField(allow_null=True)
    rearmed_by = serializers.CharField(allow_null=True)
    rearmed_at = serializers.DateTimeField(allow_null=True)
    rearm_reason = serializers.CharField(allow_null=True)


class TalliedStopOut(StopOut):
    """With who was stopped, and who has acknowledged."""

    paused = serializers.IntegerField(help_text=_("Units it keeps paused now."))
    callers = CallerOut(many=True)
    acknowledged = serializers.IntegerField(help_text=_("How many of the callers have."))


class StopsOut(serializers.Serializer[Any]):
    results = StopOut(many=True)
