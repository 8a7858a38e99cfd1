"""A saved view of the queue."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from interventions.forms.narrowing import QueueForm


class SavedViewForm(forms.Form):
    """Its name, and whether everybody in the organization sees it."""

    name = forms.CharField(max_length=60, label=_("Name"), error_messages={"required": _("A view needs a name.")})
    is_shared = forms.BooleanField(required=False, label=_("Share it with the organization"))


class NewViewForm(SavedViewForm):
    """With the address it stands for, in one spelling."""

    query = forms.CharField(max_length=1000, widget=forms.HiddenInput)

    def clean_query(self) -> str:
        narrowing = QueueForm(QueryDict(self.cleaned_data["query"]))
        if not narrowing.is_valid() or not narrowing.query:
            raise forms.ValidationError(_("There is nothing here that narrows the queue."))
        return narrowing.query
