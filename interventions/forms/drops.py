"""The drop-downs over a list."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class Drop(forms.Select):
    """Written without a template: Django's renders two for every option, and all of them were a tenth of a page."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        rest = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<select name="{}"{}>{}</select>', name, rest, _options(self.choices, str(value or "")))


class OneOf(forms.ChoiceField):
    """One of the words in a drop-down."""

    widget = Drop


def _options(choices: Iterable[Any], chosen: str) -> SafeString:
    return format_html_join("", "{}", ((_option(value, words, chosen),) for value, words in choices))


def _option(value: Any, words: Any, chosen: str) -> SafeString:
    if isinstance(words, list | tuple):
        return format_html('<optgroup label="{}">{}</optgroup>', value, _options(words, chosen))
    mark = SafeString(" selected") if str(value) == chosen else ""
    return format_html('<option value="{}"{}>{}</option>', value, mark, words)
