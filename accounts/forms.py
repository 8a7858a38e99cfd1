"""The shape of what people fill in about themselves."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils import timezone

from accounts import keyboard
from accounts.models import Notice, Preferences

LONGEST = {"name": 100, "organization": 200}
# What only an astronomer or a program asks for is left out.
ZONES = sorted(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix", "right"))
)


class SwitchForm(forms.Form):
    organization = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class PreferencesForm(forms.Form):
    """All of one's own settings; `keys` come as one field an act."""

    theme = forms.ChoiceField(choices=Preferences.Theme.choices, required=False)
    density = forms.ChoiceField(choices=Preferences.Density.choices, required=False)
    language = forms.ChoiceField(choices=settings.LANGUAGES, required=False)
    time_zone = forms.ChoiceField(choices=[(zone, zone) for zone in ["UTC", *ZONES]], required=False)
    layout = forms.ChoiceField(choices=Preferences.Layout.choices)
    page_size = forms.IntegerField(min_value=10, max_value=100)
    single_keys = forms.BooleanField(required=False)
    notify = forms.MultipleChoiceField(choices=Notice.choices, required=False)

    def __init__(self, *args: Any, preferences: Preferences, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.preferences = preferences

    @property
    def values(self) -> dict[str, Any]:
        """Each field as it was sent, else as it is kept."""
        return {name: self[name].value() if self.is_bound else getattr(self.preferences, name) for name in self.fields}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        said = {act: self.data.get(f"key-{act}", shipped) for act, (shipped, _words) in keyboard.KEYS.items()}
        cleaned["keys"] = keyboard.own_keys(said)
        for act, sentence in keyboard.faults(cleaned["keys"]).items():
            self.add_error(None, forms.ValidationError(sentence, code=act))
        return cleaned

    def key_rows(self) -> Iterator[dict[str, Any]]:
        """Each act with the key it has, the one it came with, and what is wrong with it."""
        own = self.preferences.keys
        wrong = {error.code: error.messages[0] for error in self.non_field_errors().as_data()}
        for act, (shipped, words) in keyboard.KEYS.items():
            key = self.data.get(f"key-{act}", shipped) if self.is_bound else own.get(act, shipped)
            yield {"act": act, "words": words, "shipped": shipped, "key": key, "error": wrong.get(act, "")}


class ChoiceForm(forms.Form):
    """One choice made in passing, by a button of the bar or of the queue: whatever of these is sent."""

    theme = forms.ChoiceField(choices=Preferences.Theme.choices, required=False)
    density = forms.ChoiceField(choices=Preferences.Density.choices, required=False)
    layout = forms.ChoiceField(choices=Preferences.Layout.choices, required=False)
    single_keys = forms.BooleanField(required=False)

    def chosen(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name in self.data}


class OrganizationForm(forms.Form):
    name = forms.CharField(max_length=LONGEST["organization"])
    rearm_by_two = forms.BooleanField(required=False)


class TokenForm(forms.Form):
    name = forms.CharField(max_length=LONGEST["name"])
    scopes = forms.MultipleChoiceField()

    def __init__(self, *args: Any, scopes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(scope, scope) for scope in scopes]  # type: ignore[attr-defined]


class AbsenceForm(forms.Form):
    """Who stands in, by public id, and the day one is back: until that day begins, where one is."""

    delegate = forms.CharField(required=False, max_length=200)
    back_on = forms.DateField(required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        day = said.get("back_on")
        until = timezone.make_aware(datetime.combine(day, time())) if day else None
        return {"delegate": said.get("delegate", ""), "until": until}


class SessionForm(forms.Form):
    """Which one to end; without it, all but the one at hand."""

    session = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
