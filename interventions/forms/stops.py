"""What an Admin fills in to stop work, and to let it go on."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from interventions.actions.stops import MOST_WORDS
from interventions.models import Scope

SAY_WHY = _("Say why: everyone who is stopped will read it.")


class ScopeForm(forms.Form):
    """What to stop, as one choice: "gate:agent-tools". `scope` and `target` in an address say the same."""

    what = forms.CharField(required=False, max_length=220)
    scope = forms.ChoiceField(required=False, choices=Scope.choices)
    target = forms.CharField(required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        scope, _colon, target = said.get("what", "").partition(":")
        return {
            "scope": scope or said.get("scope") or Scope.ORGANIZATION.value,
            "target": target or said.get("target", ""),
        }


class StopForm(ScopeForm):
    """The pull itself. Only a button held for two seconds says `held`; the scope's name, typed, is the equal way."""

    reason = forms.CharField(max_length=MOST_WORDS, error_messages={"required": SAY_WHY})
    questions = forms.ChoiceField(choices=[("hold", _("hold")), ("settle", _("cancel"))])
    held = forms.CharField(required=False, max_length=3)
    word = forms.CharField(required=False, max_length=200)

    def __init__(self, data: Any = None, *, organization: str = "") -> None:
        super().__init__(data)
        self.organization = organization

    def clean(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        place = super().clean()
        typed = said.get("word", "").strip().casefold()
        if said.get("held") != "yes" and typed != (place["target"] or self.organization).strip().casefold():
            name = place["target"] or self.organization
            self.add_error("word", _("Hold the button for two seconds, or type “%(name)s”.") % {"name": name})
        return place | {"reason": said.get("reason", ""), "settles": said.get("questions") == "settle"}


class RearmForm(forms.Form):
    reason = forms.CharField(max_length=MOST_WORDS, error_messages={"required": _("Say why it may go on.")})
    units = forms.ChoiceField(choices=[("go_on", _("go on")), ("cancel", _("cancel"))])

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {"reason": said.get("reason", ""), "cancels": said.get("units") == "cancel"}
