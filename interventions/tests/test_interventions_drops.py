"""The drop-downs over a list: what Django's own template would say, in fewer steps."""

from html import unescape

import pytest
from django import forms

from interventions.forms.drops import Drop, OneOf

CHOICES = [("", "any"), ("<b>", "Tom & Jerry"), ("Gates", [("one", "First"), ("two", "Second")])]


class Narrow(forms.Form):
    what = OneOf(required=False, choices=CHOICES)


@pytest.mark.parametrize("chosen", ["", "<b>", "two", "unknown", None])
def test_it_says_what_djangos_own_says(chosen):
    ours, theirs = Drop(choices=CHOICES), forms.Select(choices=CHOICES)

    ours_said, theirs_said = (one.render("what", chosen, {"id": "id_what"}) for one in (ours, theirs))

    assert "".join(ours_said.split()) == "".join(theirs_said.split())


def test_nothing_in_it_is_trusted():
    assert "<b>" not in Drop(choices=CHOICES).render("what", "<b>")
    assert "<b>" in unescape(Drop(choices=CHOICES).render("what", "<b>"))


def test_it_is_a_field_like_any_other():
    form = Narrow({"what": "two"})

    assert form.is_valid()
    assert '<option value="two" selected>Second</option>' in str(form["what"])
    assert not Narrow({"what": "three"}).is_valid()
