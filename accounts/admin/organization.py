"""What every admin page has in common: rows of one organization, changed by actions."""

import re
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db import models
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import ngettext

from accounts.models import Membership
from accounts.proof import StaleProof
from kit.errors import Problem


class Capped(Paginator):
    """Counts no further than anybody pages: a ledger of millions of lines is not counted for its last page."""

    @cached_property
    def count(self) -> int:
        return self.object_list[:10_000].count()


class OrganizationAdmin(admin.ModelAdmin):
    """Rows of the organization one is in, and nothing of others. Changes go through `act`, which calls an action.

    within      the lookup that leads from a row to its organization
    platform    the lookup that leads from a row to its platform, where it has one
    see, power  the power to look at the rows, and the one to change them
    adds        whether rows are made here
    changes     whether rows are changed here
    """

    within = "organization"
    platform = ""
    see = ""
    power = ""
    adds = changes = False
    add_form: type | None = None  # where a new row is asked for other things than an old one

    paginator = Capped
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    exclude: Any = ("organization",)
    formfield_overrides: ClassVar = {models.URLField: {"assume_scheme": "https"}}

    def act(self, request: HttpRequest, row: Any, said: dict[str, Any], *, is_new: bool) -> Model:
        """Do what the form says, by an action; the row it made or changed."""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        actor = actor_of(request)
        ours = super().get_queryset(request).filter(**{self.within: actor.organization_id})
        return ours.filter(actor.reach(self.see).rows(self.platform)) if self.platform else ours

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).has_power(self.see)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return actor_of(request).has_power(self.power)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.adds and self.has_act_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.changes and self.has_act_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what was, stays on record

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        """Only rows of the same organization are offered, or taken."""
        ours = self.admin_site._registry.get(db_field.remote_field.model)
        if ours is not None:
            kwargs["queryset"] = ours.get_queryset(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> type:
        if obj is None and self.add_form is not None:
            kwargs["form"] = self.add_form
        form = super().get_form(request, obj, *args, **kwargs)
        problem = getattr(request, "problem", None)
        return type(form.__name__, (form,), {"clean": _refusing(problem)}) if problem else form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What an action refuses is said in the form, beside what was filled in; its transaction is rolled back."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except StaleProof:
            raise  # the door asks who it is, and sends the same again
        except Problem as problem:
            request.problem = problem  # type: ignore[attr-defined]
        return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        made = self.act(request, obj, form.cleaned_data, is_new=not change)
        obj.pk = made.pk
        obj._state.adding = False
        obj.refresh_from_db()

    def save_related(self, *args: Any, **kwargs: Any) -> None:
        """Nothing hangs on these forms but the row itself."""


def actor_of(request: HttpRequest) -> Membership:
    return request.membership  # type: ignore[attr-defined, no-any-return]  # the site lets nobody in without one


def _refusing(problem: Problem) -> Any:
    def clean(form: Any) -> Any:
        said = super(type(form), form).clean()
        for error in problem.errors:
            field, *within = re.split(r"[./]", error["field"], maxsplit=1)
            why = ": ".join([*within, error["message"]])
            form.add_error(field if field in form.fields else None, why)
        if not problem.errors:
            form.add_error(None, problem.sentence)
        return said

    return clean


def each(of: admin.ModelAdmin, request: HttpRequest, chosen: QuerySet[Any], do: Any) -> None:
    """Do it to each row by itself, and say for how many it was done and why not for the others."""
    done = 0
    for row in chosen:
        try:
            do(row)
            done += 1
        except StaleProof:
            raise
        except Problem as problem:
            of.message_user(request, f"{row}: {problem.sentence}", messages.ERROR)
    if done:
        of.message_user(request, ngettext("Done for %(count)d.", "Done for %(count)d.", done) % {"count": done})
