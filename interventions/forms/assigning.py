"""Whom a question is given to, and what is said to them."""

from typing import Any

from django import forms

from interventions.actions.holding import MAX_WORDS

ROLE = "role:"


class HandOverForm(forms.Form):
    to = forms.CharField(required=False, max_length=200)
    note = forms.CharField(required=False, max_length=MAX_WORDS)


class AssignForm(HandOverForm):
    """One list holds members, by public id, and roles, as in `role:Admin`."""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        to = said.get("to", "")
        is_role = to.startswith(ROLE)
        return {
            "to": "" if is_role else to,
            "role": to.removeprefix(ROLE) if is_role else "",
            "note": said.get("note", ""),
        }


class LookForm(forms.Form):
    gone = forms.BooleanField(required=False)


class PeopleForm(forms.Form):
    begin = forms.CharField(required=False, max_length=100)
