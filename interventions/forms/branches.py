"""Which part of a large value is asked for."""

from typing import NamedTuple

from django import forms

from interventions.forms.cleaning import cleaned


class Branch(NamedTuple):
    """A JSON pointer (RFC 6901), the first member wanted, and whether it is for the clipboard."""

    at: str
    start: int
    is_plain: bool


class BranchForm(forms.Form):
    """A branch of a tree, from the address that the tree gives for it."""

    at = forms.CharField(required=False, max_length=4_000, strip=False)
    start = forms.IntegerField(required=False, min_value=0, max_value=10_000_000)
    plain = forms.BooleanField(required=False)

    def branch(self) -> Branch:
        said = cleaned(self)
        return Branch(said["at"], said["start"] or 0, said["plain"])
