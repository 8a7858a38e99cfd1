"""A question as a program asks it."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.roles import OPERATOR
from guardians.models import Kind, OnTimeout
from interventions.actions import Question
from interventions.serializers.fields import Body, Reference, Text, Whole, Word
from work.models import Priority

PRIORITIES = [(priority.word, priority.label) for priority in Priority]
ASKED_DIRECTLY = [(kind.value, kind.label) for kind in Kind if kind != Kind.KILL_SWITCH]


class LinkIn(Body):
    """Something to look at: a page, a report, an attachment kept elsewhere."""

    title = Text(max_length=200)
    url = Text(max_length=2000, help_text=_("https:// or http://"))
    media_type = Text(max_length=100, required=False, help_text=_("Such as application/pdf."))


class QuestionIn(Body):
    """A question to a pilot, asked without a gate."""

    kind = Word(ASKED_DIRECTLY)
    title = Text(max_length=300)
    description = Text(
        max_length=20_000, trim_whitespace=False, allow_blank=True, required=False, help_text=_("Markdown.")
    )
    context = serializers.DictField(  # type: ignore[assignment]
        required=False, help_text=_("What a pilot needs to know, at most 256 KiB.")
    )
    proposed = serializers.JSONField(required=False, help_text=_("What will run once approved; its hash is kept."))
    priority = Word(PRIORITIES, default=Priority.NORMAL.word)
    unit = Reference(required=False, help_text=_("The unit of work that stops until this is answered."))
    required_role = Text(max_length=150, default=OPERATOR)
    required_approvals = Whole(min_value=1, max_value=20, default=1)
    expires_in_seconds = Whole(min_value=1, max_value=366 * 86_400, default=86_400)
    on_timeout = Word(OnTimeout.choices, default=OnTimeout.REJECT.value)
    answer_schema = serializers.DictField(required=False, help_text=_("JSON Schema (2020-12) of an acceptable answer."))
    callback_url = Text(max_length=500, allow_blank=True, required=False, help_text=_("POSTed to when it is settled."))
    requested_by = Text(max_length=200, allow_blank=True, required=False, help_text=_("Who asked, in your words."))
    tags = serializers.ListField(
        required=False,
        help_text=_("To find it by: up to 20, of 1 to 40 characters."),
        child=Text(trim_whitespace=False),
    )
    links = LinkIn(many=True, required=False, help_text=_("What there is to look at besides: up to 20."))
    external_id = Text(max_length=200, required=False, help_text=_("Your own id: the same request again finds it."))

    @property
    def question(self) -> Question:
        said = dict(self.validated_data)
        return Question(**said | {"priority": Priority.of(said["priority"])})
