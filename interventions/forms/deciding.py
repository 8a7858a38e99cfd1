"""One form for each intent of a pilot."""

from collections.abc import Sequence
from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from interventions.actions.holding import MAX_WORDS
from interventions.models import Act

Pairs = Sequence[tuple[str, str]]
MOST_DAYS = timedelta(days=731)


class NoWordsForm(forms.Form):
    """An act that needs no words, such as a claim."""


class ReasonForm(forms.Form):
    """A reason, and the hash of the content its pilot saw."""

    reason = forms.CharField(required=False, max_length=MAX_WORDS)
    seen = forms.CharField(required=False, max_length=64)


class SignedForm(ReasonForm):
    """What lets it run, with what a passkey has signed where the gate asks for that."""

    passkey = forms.JSONField(required=False)


class SigningForm(forms.Form):
    """What is to be signed: the press, as its address calls it, and the edits."""

    ACTS = {"approval": Act.APPROVE, "waiver": Act.WAIVE, "resumption": Act.RESUME}

    act = forms.TypedChoiceField(choices=[(name, name) for name in ACTS], coerce=ACTS.__getitem__)
    edited = forms.JSONField(required=False)


class ApprovalForm(SignedForm):
    """Approve as proposed, or as `edited` here."""

    edited = forms.JSONField(required=False, error_messages={"invalid": _("What you edited is not JSON.")})


class MessageForm(forms.Form):
    message = forms.CharField(max_length=MAX_WORDS, error_messages={"required": _("Write something first.")})


class CommentForm(forms.Form):
    body = forms.CharField(max_length=MAX_WORDS, error_messages={"required": _("Write something first.")})
