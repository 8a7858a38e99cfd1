"""What is done to a question, and with which words."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from interventions.serializers.fields import WORDS, Body, Text


class ReasonIn(Body):
    reason = Text(max_length=WORDS, allow_blank=True, default="")


class DecideIn(ReasonIn):
    seen = Text(
        max_length=64,
        allow_blank=True,
        default="",
        help_text=_("The content_hash you decide about: refused when it is another one by now."),
    )


class HandOverIn(Body):
    to = Text(max_length=200, allow_blank=True, default="", help_text=_("A member's public id."))
    note = Text(max_length=WORDS, allow_blank=True, default="", help_text=_("A word to them."))


class AssignIn(HandOverIn):
    """To a member or to a role; with neither, to nobody."""

    role = Text(max_length=150, allow_blank=True, default="", help_text=_("A role, instead of a member."))


class ApproveIn(DecideIn):
    edited = serializers.JSONField(required=False, help_text=_("What is to run instead, where the gate allows edits."))


class AnswerIn(DecideIn):
    answer = serializers.JSONField(help_text=_("Words, or what the answer schema asks for."))


class MessageIn(Body):
    """Words for the other side; `reason` is taken for `message`, as every other act takes a reason."""

    message = Text(max_length=WORDS, required=False)
    reason = Text(max_length=WORDS, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"message": [_("This field is required.")]})
        return {"message": attrs.get("message", attrs.get("reason"))}


class CommentIn(MessageIn):
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"body": super().validate(attrs)["message"]}
