"""What a form holds, or the refusal that names its fields."""

from typing import Any

from django import forms

from kit.errors import BadInput


def cleaned(form: forms.Form) -> dict[str, Any]:
    """What the form holds. Raises BadInput with every field that is wrong."""
    if form.is_valid():
        return form.cleaned_data
    errors = [{"field": name, "message": str(said)} for name, found in form.errors.items() for said in found]
    raise BadInput(" ".join(error["message"] for error in errors), errors=errors)
