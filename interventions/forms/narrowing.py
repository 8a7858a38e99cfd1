"""What the queue is narrowed to."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from guardians.models import Kind
from interventions.forms.cleaning import cleaned
from interventions.forms.drops import Drop, OneOf
from interventions.models import OPEN
from interventions.queries import Filters
from interventions.queries.queue_page import Choices
from work.models import Priority


class Chip(NamedTuple):
    """One thing the list is narrowed to, and the address without it."""

    label: str
    words: str
    without: str


class QueueForm(forms.Form):
    """What the queue is narrowed to; the fields are the parameters of its address."""

    LAYOUTS = ("lanes", "list")

    layout = forms.ChoiceField(required=False, choices=[(name, name) for name in LAYOUTS], widget=forms.HiddenInput)
    search = forms.CharField(required=False, max_length=200, label=_("Words"))
    status = OneOf(
        required=False, label=_("Status"), choices=[("", _("any")), *((status, status.label) for status in OPEN)]
    )
    priority = OneOf(
        required=False,
        label=_("Priority"),
        choices=[("", _("any")), *((priority.word, priority.label) for priority in Priority)],
    )
    kind = OneOf(required=False, label=_("Kind"), choices=[("", _("any")), *Kind.choices])
    gate = forms.CharField(required=False, label=_("Gate"), max_length=80, widget=Drop)
    platform = forms.CharField(required=False, label=_("Platform"), max_length=60, widget=Drop)
    assigned_to = forms.CharField(required=False, label=_("In hand of"), max_length=200, widget=Drop)
    due = OneOf(
        required=False,
        label=_("Due"),
        choices=[("", _("any")), ("overdue", _("overdue")), ("soon", _("in 10 min")), ("late", _("likely late"))],
    )
    tag = forms.CharField(required=False, label=_("Tag"), max_length=40, widget=Drop)

    def filters(self) -> Filters:
        said = cleaned(self)
        one = {name: (said[name],) for name in ("status", "priority", "kind") if said[name]}
        return Filters(
            **one, **{name: said[name] for name in ("search", "gate", "platform", "assigned_to", "tag", "due")}
        )

    @property
    def query(self) -> str:
        """The address again, in one spelling: what is empty is left out."""
        return urlencode(self._said())

    def chips(self) -> Iterator[Chip]:
        """What it is narrowed to, each to be taken away by itself."""
        said = self._said()
        for name, value in said.items():
            if name != "layout":
                rest = {other: kept for other, kept in said.items() if other != name}
                yield Chip(str(self.fields[name].label), self._words(name, value), urlencode(rest))

    def _said(self) -> dict[str, str]:
        said = cleaned(self)
        return {name: said[name] for name in self.fields if said[name]}

    def _words(self, name: str, value: str) -> str:
        choices = getattr(self.fields[name].widget, "choices", ())
        return next((str(words) for known, words in choices if known == value), value)

    def offer(self, choices: Choices) -> None:
        """Fill the drop-downs whose entries are rows. What is chosen stays an entry even when its row is gone."""
        everyone = [("", _("anyone")), ("me", _("me")), ("nobody", _("nobody")), *choices.holders, *choices.roles]
        self._fill("gate", [("", _("any")), *choices.gates])
        self._fill("platform", [("", _("any")), *choices.platforms])
        self._fill("assigned_to", everyone)
        self._fill("tag", [("", _("any")), *choices.tags])

    def _fill(self, name: str, entries: list[Any]) -> None:
        chosen = self.data.get(name, "")
        if chosen not in {value for value, _name in entries}:
            entries.append((chosen, chosen))
        self.fields[name].widget.choices = entries  # type: ignore[attr-defined]
