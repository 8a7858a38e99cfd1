"""What a figure of the metrics counts, as fields of an address: so that its link leads to exactly those questions."""

import re
from datetime import UTC, datetime
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from guardians.models import OnTimeout
from interventions.queries.care import care_words

GROUP = re.compile(r"^(stage-[a-z]+|size-\d|reversed|against|(votes|against)-.{1,180})$")
MOST_SECONDS = 10.0**9


class _Moment(forms.DateTimeField):
    """A time to the microsecond, with its zone; nothing that a person would type."""

    widget = forms.HiddenInput
    default_validators: ClassVar = [
        MinValueValidator(datetime(2000, 1, 1, tzinfo=UTC)),
        MaxValueValidator(datetime(2100, 1, 1, tzinfo=UTC)),
    ]

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


def _seconds_field(label: Any) -> forms.FloatField:
    return forms.FloatField(required=False, label=label, min_value=0, max_value=MOST_SECONDS, widget=forms.HiddenInput)


class ExactForm(forms.Form):
    """Fields that only links fill in; each is told in words, and can be taken away."""

    after = _Moment(required=False, label=_("Settled from"))
    before = _Moment(required=False, label=_("Settled before"))
    asked_after = _Moment(required=False, label=_("Asked from"))
    asked_before = _Moment(required=False, label=_("Asked before"))
    waiting_at = _Moment(required=False, label=_("Waiting at"))
    late = forms.ChoiceField(
        required=False,
        label=_("Answered"),
        choices=[("yes", _("late")), ("no", _("in time"))],
        widget=forms.HiddenInput,
    )
    took_from = _seconds_field(_("Took at least"))
    took_under = _seconds_field(_("Took less than"))
    timeout = forms.ChoiceField(required=False, label=_("Timeout"), choices=OnTimeout.choices, widget=forms.HiddenInput)
    care = forms.CharField(
        required=False, label=_("Among the latest"), validators=[RegexValidator(GROUP)], widget=forms.HiddenInput
    )

    def exact(self) -> dict[str, Any]:
        """As the fields of Past; only what was said, so that days that were chosen stay."""
        said = self.cleaned_data
        names = {"after": "since", "before": "until", "asked_after": "asked_since", "asked_before": "asked_until"}
        found = {names.get(name, name): said[name] for name in ExactForm.base_fields if said[name] not in (None, "")}
        return found | ({"late": found["late"] == "yes"} if "late" in found else {})

    def in_words(self, name: str) -> str:
        """What one of these fields is set to, for people."""
        said = self.cleaned_data.get(name)
        if isinstance(said, datetime):
            return date_format(timezone.localtime(said), "j M, H:i")
        if isinstance(said, float):
            return _duration(said)
        if name == "care":
            return care_words(str(said))
        choices = dict(getattr(ExactForm.base_fields[name], "choices", ()))
        return str(choices.get(said, said))


def _duration(seconds: float) -> str:
    for unit, words in ((86_400, _("%(days)d d")), (3600, _("%(hours)d h")), (60, _("%(minutes)d min"))):
        if seconds >= unit and seconds % unit == 0:
            count = seconds // unit
            return str(words) % {"days": count, "hours": count, "minutes": count}
    return str(_("%(seconds)d s")) % {"seconds": round(seconds)}
