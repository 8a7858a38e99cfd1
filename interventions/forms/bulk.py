"""One act for several questions."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from interventions.actions.bulk import DEEDS, MOST
from interventions.actions.holding import MAX_WORDS


class PicksField(forms.Field):
    """The ids of questions, as many times as there are, each with what was seen of it: `<id>` or `<id>:<hash>`."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> dict[UUID, str]:
        if len(value or ()) > MOST:
            raise forms.ValidationError(_("At most %(most)s questions at once."), params={"most": MOST})
        try:
            return {UUID(pk): seen for pk, _colon, seen in (text.partition(":") for text in value or ())}
        except ValueError:
            raise forms.ValidationError(_("This is not the id of a question.")) from None


class BulkForm(forms.Form):
    act = forms.ChoiceField(choices=[(act, act) for act in DEEDS])
    pick = PicksField(error_messages={"required": _("Pick a question first.")})
    reason = forms.CharField(required=False, max_length=MAX_WORDS)
