"""Gates and guardians. A guardian is changed by posting a new version; the versions are there to be read."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.admin import OrganizationAdmin, actor_of
from guardians import actions, registry
from guardians.models import Gate, Guardian, GuardianVersion, Mode, OnBlock

JSON = forms.Textarea(attrs={"rows": 16, "cols": 100, "spellcheck": "false"})


class IndentedJSON(forms.JSONField):
    """As people read JSON: a line a member; and an empty box for nothing."""

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2)


class GateForm(forms.ModelForm):
    reason_presets = SimpleArrayField(
        forms.CharField(max_length=120),
        label=gettext_lazy("Ready-made reasons"),
        required=False,
        max_length=9,
        delimiter="\n",
        widget=forms.Textarea(attrs={"rows": 5, "cols": 60}),
        help_text=gettext_lazy("One on each line, nine at most; keys 1 to 9 fill them in."),
    )
    seats = IndentedJSON(
        label=gettext_lazy("Who must approve"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "cols": 60, "spellcheck": "false"}),
        help_text=gettext_lazy(
            'Roles and how many of each, as in [{"role": "Security", "count": 1}, {"role": "Operations", "count": 2}]. '
            "Empty: as many as above, of the role above."
        ),
    )
    answer_schema = IndentedJSON(label=gettext_lazy("Answer schema"), required=False, widget=JSON)

    def clean_seats(self) -> Any:
        return self.cleaned_data["seats"] or []


@admin.register(Gate)
class GateAdmin(OrganizationAdmin):
    see = "guardians.view_gate"
    power = "guardians.manage_gate"
    adds = changes = True
    form = GateForm
    list_display = ("name", "slug", "on_block", "kind", "priority", "required_role", "required_approvals", "on_timeout")
    search_fields = ("name", "slug")
    ordering = ("slug",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug", *actions.FORM)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def act(self, request: HttpRequest, row: Any, said: dict[str, Any], *, is_new: bool) -> Model:
        form = {name: said[name] for name in actions.FORM}
        if is_new:
            return actions.create_gate(said["slug"], actor=actor_of(request), **form)
        return actions.change_gate(row.pk, actor=actor_of(request), **form)


def types() -> list[tuple[str, str]]:
    """Asked when a form is made: plugins add theirs after this module was read."""
    return [(name, name) for name in sorted(registry.types())]


class GuardianForm(forms.ModelForm):
    """The newest version to start from; what is sent is the next, if it differs."""

    type = forms.ChoiceField(label=gettext_lazy("Type"), choices=types)
    config = IndentedJSON(label=gettext_lazy("Configuration"), required=False, widget=JSON, initial=dict)
    mode = forms.ChoiceField(label=gettext_lazy("Mode"), choices=Mode.choices, initial=Mode.SHADOW)
    percent = forms.IntegerField(label=gettext_lazy("Enforced for (%)"), min_value=0, max_value=100, initial=100)
    on_block = forms.ChoiceField(
        label=gettext_lazy("On a block"),
        choices=[("", gettext_lazy("as the gate says")), *OnBlock.choices],
        required=False,
    )
    position = forms.IntegerField(
        label=gettext_lazy("Place"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("1 judges first; the others close up. Empty for a new one: it stands last."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = self.instance.versions.order_by("-number").first() if self.instance.pk else None
        for name in SAID if newest else ():
            self.fields[name].initial = getattr(newest, name)


SAID = ("type", "config", "mode", "percent", "on_block")


@admin.register(Guardian)
class GuardianAdmin(OrganizationAdmin):
    within = "gate__organization"
    see = "guardians.view_gate"
    power = "guardians.manage_gate"
    adds = changes = True
    form = GuardianForm
    exclude = None
    list_display = ("name", "gate", "position")
    list_filter = (("gate", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("gate",)
    search_fields = ("name", "gate__slug")
    ordering = ("gate__slug", "position")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("gate", "name", "position", *(SAID if self.has_change_permission(request) else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("gate", "name") if obj else ()

    def act(self, request: HttpRequest, row: Any, said: dict[str, Any], *, is_new: bool) -> Model:
        """A new place by itself is no new version."""
        actor, guardian = actor_of(request), row
        version = {name: said[name] for name in SAID} | {"config": said["config"] or {}}
        newest = None if is_new else row.versions.latest("number")
        if any(getattr(newest, name, None) != value for name, value in version.items()):
            guardian = actions.post_guardian(row.gate_id, row.name, actor=actor, **version).guardian
        if said["position"] is not None:
            guardian = actions.place_guardian(row.gate_id, row.name, position=said["position"], actor=actor)
        return guardian


@admin.register(GuardianVersion)
class GuardianVersionAdmin(OrganizationAdmin):
    within = "guardian__gate__organization"
    see = "guardians.view_gate"
    exclude = None
    list_display = ("guardian", "gate", "number", "type", "mode", "percent", "created_by", "created_at")
    list_filter = ("type", "mode")
    list_select_related = ("guardian__gate", "created_by__pilot", "created_by__role")
    search_fields = ("guardian__name", "guardian__gate__slug")
    ordering = ("-pk",)

    @admin.display(description=gettext_lazy("gate"))
    def gate(self, version: GuardianVersion) -> str:
        return version.guardian.gate.slug
