"""One field for one part of a JSON Schema. What the browser checks by its attributes, the server checks again."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from interventions.actions.holding import MAX_WORDS

MOST_RADIOS = 5
MOST_CHOICES = 200
SHORT = 120  # a text of at most so many characters is asked in one line

Choices = Sequence[tuple[str, Any]]


def field_for(part: Any, name: Any, *, is_required: bool) -> forms.Field | None:
    """A form field that asks for this; None where there is no field for it."""
    if not isinstance(part, dict):
        return None
    title, hint = part.get("title"), part.get("description")
    about = {
        "label": title if isinstance(title, str) and title else name,
        "help_text": hint if isinstance(hint, str) else "",
        "required": is_required,
    }
    choices = _choices_of(part)
    if choices is not None:
        return _choice_field(part, choices, about)
    made = _FIELDS.get(_kind_of(part))
    return made(part, about) if made else None


def _kind_of(part: dict[str, Any]) -> str:
    """Its type; "or null" is said by leaving the field empty."""
    kind = part.get("type")
    kinds = [one for one in kind if one != "null"] if isinstance(kind, list) else [kind]
    return kinds[0] if len(kinds) == 1 and isinstance(kinds[0], str) else ""


# ---------- One of several ----------


def _choices_of(part: dict[str, Any]) -> Choices | None:
    """From `enum`, or from `oneOf` constants, which may have titles. None where any value goes."""
    if "enum" in part:
        values = part["enum"] if isinstance(part["enum"], list) else []
        return [(json.dumps(one), str(one)) for one in values if _is_plain(one)]
    named = part.get("oneOf") or part.get("anyOf")
    if not isinstance(named, list) or not all(isinstance(one, dict) and "const" in one for one in named):
        return None
    return [(json.dumps(one["const"]), str(one.get("title", one["const"]))) for one in named if _is_plain(one["const"])]


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _choice_field(part: dict[str, Any], choices: Choices, about: dict[str, Any]) -> forms.Field | None:
    if not choices or len(choices) > MOST_CHOICES:
        return None
    is_short = len(choices) <= MOST_RADIOS
    if not about["required"] or not is_short:
        choices = [("", _("no answer") if not about["required"] else _("choose one")), *choices]
    return forms.TypedChoiceField(
        **about,
        choices=choices,
        coerce=json.loads,
        empty_value=None,
        initial=json.dumps(part["default"]) if "default" in part else None,
        widget=forms.RadioSelect if is_short else forms.Select,
    )


def _yes_no_field(part: dict[str, Any], about: dict[str, Any]) -> forms.Field:
    """Two choices, none of them chosen but by a default: an unticked box would be an answer nobody gave."""
    choices = [("true", pgettext_lazy("answer", "Yes")), ("false", pgettext_lazy("answer", "No"))]
    return _choice_field(part, choices, about) or forms.Field(**about)


def _several_field(part: dict[str, Any], about: dict[str, Any]) -> forms.Field | None:
    """Ticks, for a list whose entries are among a few."""
    items = part.get("items")
    choices = _choices_of(items) if isinstance(items, dict) else None
    if not choices or len(choices) > MOST_CHOICES:
        return None
    given = part.get("default") if isinstance(part.get("default"), list) else []
    # A list that must be there may be empty, unless it says how many it wants: the schema has the last word.
    about = about | {"required": about["required"] and bool(_whole(part.get("minItems")))}
    return forms.TypedMultipleChoiceField(
        **about,
        choices=choices,
        coerce=json.loads,
        empty_value=[],
        initial=[json.dumps(one) for one in given or []],
        widget=forms.CheckboxSelectMultiple,
    )


# ---------- Numbers ----------


def _whole_field(part: dict[str, Any], about: dict[str, Any]) -> forms.Field:
    least, most = _number(part.get("minimum")), _number(part.get("maximum"))
    above, below = _number(part.get("exclusiveMinimum")), _number(part.get("exclusiveMaximum"))
    return forms.IntegerField(
        **about,
        min_value=int(above) + 1 if above is not None and above == int(above) else least,
        max_value=int(below) - 1 if below is not None and below == int(below) else most,
        initial=_number(part.get("default")),
    )


def _number_field(part: dict[str, Any], about: dict[str, Any]) -> forms.Field:
    return forms.FloatField(
        **about,
        min_value=_number(part.get("minimum")),
        max_value=_number(part.get("maximum")),
        initial=_number(part.get("default")),
    )


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


# ---------- Texts and times ----------


def _text_field(part: dict[str, Any], about: dict[str, Any]) -> forms.Field:
    default = part.get("default")
    made = _FORMATS.get(str(part.get("format")))
    # A default moment would be one of the day the schema was written.
    if isinstance(default, str) and made is not _Moment:
        about = about | {"initial": default}
    if made is not None:
        return made(**about)
    least, most = _whole(part.get("minLength")), _whole(part.get("maxLength"))
    return forms.CharField(
        **about,
        min_length=least or None,
        max_length=min(most, MAX_WORDS) if most > 0 else None,
        validators=[MaxLengthValidator(MAX_WORDS)],
        widget=forms.TextInput if 0 < most <= SHORT else forms.Textarea(attrs={"rows": 3}),
    )


class _Day(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def clean(self, value: Any) -> str | None:
        day: date | None = super().clean(value)
        return day.isoformat() if day else None


class _Moment(forms.DateTimeField):
    """Asked in the pilot's own zone, kept as RFC 3339 in UTC."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")

    def clean(self, value: Any) -> str | None:
        at: datetime | None = super().clean(value)
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _address_field(**about: Any) -> forms.Field:
    return forms.URLField(**about, max_length=2_000, assume_scheme="https")


def _mail_field(**about: Any) -> forms.Field:
    return forms.EmailField(**about, max_length=320)


_FORMATS = {
    "date": _Day,
    "date-time": _Moment,
    "email": _mail_field,
    "uri": _address_field,
}

_FIELDS = {
    "string": _text_field,
    "boolean": _yes_no_field,
    "integer": _whole_field,
    "number": _number_field,
    "array": _several_field,
}
