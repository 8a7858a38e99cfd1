"""One form for each intent of a pilot."""

from collections.abc import Sequence
from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from interventions.actions.holding import MAX_WORDS

Pairs = Sequence[tuple[str, str]]
MOST_DAYS = timedelta(days=731)


class NoWordsForm(forms.Form):
    """An act that needs no words, such as a claim."""


class ReasonForm(forms.Form):
    """A reason, and the hash of the content its pilot saw."""

    reason = forms.CharField(required=False, max_length=MAX_WORDS)
    seen = forms.CharField(required=False, max_length=64)


class ApprovalForm(ReasonForm):
    """Approve as proposed, or as `edited` here."""

    edited = forms.JSONField(required=False, error_messages={"invalid": _("What you edited is not JSON.")})


class MessageForm(forms.Form):
    message = forms.CharField(max_length=MAX_WORDS, error_messages={"required": _("Write something first.")})


class CommentForm(forms.Form):
    body = forms.CharField(max_length=MAX_WORDS, error_messages={"required": _("Write something first.")})
