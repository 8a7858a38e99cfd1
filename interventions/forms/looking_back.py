"""What the pages that look back are narrowed to: the history, the units and the metrics."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.queries import Narrow
from audit.wording import verb_choices, verbs_of
from guardians.models import Kind
from interventions.forms.cleaning import cleaned
from interventions.forms.drops import Drop, OneOf
from interventions.forms.exactly import ExactForm
from interventions.models import FINAL, Source
from interventions.queries.history import Past, midnight
from interventions.queries.rhythm import Period, period_until
from interventions.queries.units import UnitFilters
from work.models import Priority
from work.models import Status as UnitStatus

Pairs = Sequence[tuple[str, Any]]
MOST_DAYS = timedelta(days=731)


def flattened(choices: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The entries of a drop-down, those in groups as well."""
    for value, name in choices:
        if isinstance(name, (list, tuple)):
            yield from name
        else:
            yield value, name


def _day_field(label: Any) -> forms.DateField:
    """A day that a calendar can hold together with its neighbours."""
    bounds = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1))]
    picker = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(required=False, label=label, validators=bounds, widget=picker)


class Chip(NamedTuple):
    """One filter that is on: what it is, what it is set to, and the address of the list without it."""

    label: str
    value: str
    without: str


class LookingBackForm(forms.Form):
    """What a list of what was is narrowed to; the fields are the parameters of its address."""

    def chips(self) -> list[Chip]:
        return [self._chip(field) for field in self if self.data.get(field.name)]

    def as_query(self) -> str:
        """The filters that are on as they stand in an address, without the place in the list."""
        return urlencode([(field.name, self.data[field.name]) for field in self if self.data.get(field.name)])

    def _chip(self, field: forms.BoundField) -> Chip:
        chosen = self.data[field.name]
        names = dict(flattened(getattr(field.field.widget, "choices", ()))) | self.told(field.name)
        rest = [(other.name, self.data[other.name]) for other in self if self.data.get(other.name)]
        without = urlencode([(name, value) for name, value in rest if name != field.name])
        return Chip(str(field.label), str(names.get(chosen, chosen)), f"?{without}")

    def told(self, _name: str) -> dict[str, str]:
        """Words for what a field is set to, where it is no drop-down."""
        return {}

    def _fill(self, name: str, entries: Pairs) -> None:
        """Entries that are rows. What is chosen stays one even when its row is gone."""
        chosen = self.data.get(name, "")
        rest = [] if chosen in {"", *(value for value, _name in entries)} else [(chosen, chosen)]
        self.fields[name].widget.choices = [("", _("any")), *entries, *rest]  # type: ignore[attr-defined]


class NarrowForm(LookingBackForm):
    """What any other list is narrowed to; `gate` and `platform` offer the rows there are."""

    search = forms.CharField(required=False, max_length=200)
    gate = forms.CharField(required=False, label=_("Gate"), max_length=80, widget=Drop)
    platform = forms.CharField(required=False, label=_("Platform"), max_length=60, widget=Drop)

    def offer(self, gates: Pairs, platforms: Pairs) -> None:
        self._fill("gate", gates)
        self._fill("platform", platforms)


PEOPLE = (str(Source.HUMAN), str(Source.QUORUM))
BY_PEOPLE = [("people", _("pilots, alone or several"))]


class HistoryForm(ExactForm, NarrowForm):
    """What the history is narrowed to: how it ended, who settled it, who had asked, and on which days."""

    status = OneOf(
        required=False, label=_("Outcome"), choices=[("", _("any")), *((status, status.label) for status in FINAL)]
    )
    settled_by = OneOf(required=False, label=_("Settled by"), choices=[("", _("any")), *BY_PEOPLE, *Source.choices])
    decided_by = forms.CharField(required=False, label=_("Who"), max_length=200, widget=Drop)
    kind = OneOf(required=False, label=_("Kind"), choices=[("", _("any")), *Kind.choices])
    priority = OneOf(
        required=False,
        label=_("Priority"),
        choices=[("", _("any")), *((priority.word, priority.label) for priority in Priority)],
    )
    requester = forms.CharField(required=False, label=_("Asked by"), max_length=200)
    tag = forms.CharField(required=False, label=_("Tag"), max_length=40)
    since = _day_field(_("From"))
    until = _day_field(_("To"))
    field_order = (
        *("search", "status", "settled_by", "decided_by", "kind", "gate", "platform"),
        *("priority", "requester", "tag", "since", "until"),
    )

    def filters(self) -> Past:
        """`until` is the last day that counts, in the zone of whoever asks."""
        said = cleaned(self)
        one = {name: (said[name],) for name in ("status", "settled_by", "kind", "priority") if said[name]}
        if said["settled_by"] == "people":
            one["settled_by"] = PEOPLE
        words = {name: said[name] for name in ("search", "gate", "platform", "decided_by", "requester", "tag")}
        since = midnight(said["since"]) if said["since"] else None
        until = midnight(said["until"] + timedelta(days=1)) if said["until"] else None
        return Past(**one, **words, **{"since": since, "until": until} | self.exact())

    def told(self, name: str) -> dict[str, str]:
        return {self.data[name]: self.in_words(name)} if name in ExactForm.base_fields else {}

    def offer_pilots(self, pilots: Pairs) -> None:
        self._fill("decided_by", [("me", _("me")), *pilots])


class LedgerForm(LookingBackForm):
    """What the ledger is narrowed to. `unit` is the whole story of one: its own lines and those of its questions."""

    subject = forms.CharField(required=False, label=_("About"), max_length=120)
    unit = forms.UUIDField(required=False, label=_("Story of the unit"), widget=forms.HiddenInput)
    verb = OneOf(required=False, label=_("Did"), choices=lambda: [("", _("any")), *verb_choices()])
    actor = forms.CharField(required=False, label=_("Who"), max_length=200, widget=Drop)
    since = _day_field(_("From"))
    until = _day_field(_("To"))

    def narrow(self) -> Narrow:
        """`until` is the last day that counts, in the zone of whoever asks."""
        said = cleaned(self)
        since = midnight(said["since"]) if said["since"] else None
        until = midnight(said["until"] + timedelta(days=1)) if said["until"] else None
        return Narrow(said["subject"], said["actor"], verbs_of(said["verb"]), since, until)

    @property
    def unit_id(self) -> UUID | None:
        found: UUID | None = cleaned(self)["unit"]
        return found

    def offer(self, pilots: Pairs) -> None:
        self._fill("actor", [("me", _("me")), *pilots])


class UnitsForm(NarrowForm):
    """What the list of units is narrowed to."""

    status = OneOf(required=False, label=_("Status"), choices=[("", _("any")), *UnitStatus.choices])
    field_order = ("search", "status", "gate", "platform")

    def filters(self) -> UnitFilters:
        said = cleaned(self)
        words = {name: said[name] for name in ("search", "gate", "platform")}
        return UnitFilters(status=(said["status"],) if said["status"] else (), **words)


class PeriodForm(forms.Form):
    """The span the metrics are about: the last hours or days, or the days from `since` to `until`."""

    LAST: ClassVar = {
        "1h": timedelta(hours=1),
        "24h": timedelta(hours=24),
        "7d": timedelta(days=7),
        "30d": timedelta(days=30),
    }

    last = forms.ChoiceField(
        required=False, choices=[("1h", _("1 h")), ("24h", _("24 h")), ("7d", _("7 d")), ("30d", _("30 d"))]
    )
    since = _day_field(_("From"))
    until = _day_field(_("To"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        today = timezone.localdate()
        since, until = said.get("since"), said.get("until") or today
        if since and since > min(until, today):
            raise forms.ValidationError({"since": _("The first day cannot lie after the last, or ahead of today.")})
        if since and until - since > MOST_DAYS:
            raise forms.ValidationError({"since": _("At most two years at a time.")})
        return said

    @property
    def last_chosen(self) -> str:
        """Which of LAST it is, or "" when days were chosen."""
        said = cleaned(self)
        return "" if said["since"] or said["until"] else said["last"] or "24h"

    def period(self, now: datetime) -> Period:
        """The last day included, but nothing that lies ahead; without any days, the last 24 hours."""
        said = cleaned(self)
        since, until = said["since"], said["until"]
        if not (since or until):
            return period_until(now, self.LAST[self.last_chosen])
        end = min(midnight(until + timedelta(days=1)), now) if until else now
        return Period(midnight(since or timezone.localdate(end) - timedelta(days=30)), end)
