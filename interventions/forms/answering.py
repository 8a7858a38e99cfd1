"""Answers in fields: a form for each question, made from the JSON Schema it asks for."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from interventions.actions.holding import MAX_WORDS
from interventions.forms.deciding import ReasonForm
from interventions.forms.fields import field_for
from interventions.models import Intervention

MOST_FIELDS = 40


@dataclass(frozen=True)
class Part:
    """One field of an answer: where its value goes, and whether it goes there empty as well."""

    path: tuple[str, ...]
    field: forms.Field
    is_needed: bool

    @property
    def name(self) -> str:
        return ".".join(("answer", *self.path))


@dataclass(frozen=True)
class Group:
    """Fields that stand together: an object within the answer has a name over them."""

    title: str
    hint: str
    fields: Sequence[forms.BoundField]


class AnswerForm(ReasonForm):
    """Answers a question: in fields when its schema is a plain one, as JSON when it is not, in words without one."""

    def __init__(self, data: Any = None, *, question: Intervention) -> None:
        super().__init__(data)
        self.schema = question.answer_schema
        self.parts = _parts_of(self.schema)
        if self.parts is not None:
            self.fields |= {part.name: part.field for part in self.parts}
        else:
            self.fields["answer"] = _JSONField() if self.schema else _words_field()

    @property
    def groups(self) -> list[Group]:
        """The fields in order, those of an object within the answer under its name."""
        if self.parts is None:
            return [Group("", "", [self["answer"]])]
        found: dict[str, list[forms.BoundField]] = {}
        for part in self.parts:
            found.setdefault(part.path[0] if len(part.path) > 1 else "", []).append(self[part.name])
        return [self._group(name, fields) for name, fields in found.items()]

    @property
    def is_json(self) -> bool:
        return self.parts is None and bool(self.schema)

    @property
    def schema_text(self) -> str:
        return json.dumps(self.schema, indent=2, ensure_ascii=False)

    def clean(self) -> dict[str, Any]:
        """`answer` as the schema has it; a field that was left empty and may be is left out."""
        said = super().clean() or self.cleaned_data
        besides = {name: said.get(name, "") for name in self.base_fields}
        if self.parts is None:
            return besides | {"answer": said.get("answer")}
        answer: dict[str, Any] = {}
        for part in self.parts:
            value = said.get(part.name)
            if part.path == ():
                return besides | {"answer": value}
            if value not in (None, "") and (value != [] or part.is_needed):
                _put(answer, part.path, value)
        return besides | {"answer": answer}

    def blame(self, errors: Iterable[Mapping[str, str]]) -> None:
        """Say at each field what the schema has against it."""
        for error in errors:
            name = error.get("field", "").replace("/", ".")
            if name in self.fields and name not in self.errors:
                self.add_error(name, error["message"])

    def _group(self, name: str, fields: Sequence[forms.BoundField]) -> Group:
        about = self.schema["properties"][name] if name else {}
        return Group(_text(about.get("title")) or name, _text(about.get("description")), fields)


def _parts_of(schema: Any) -> list[Part] | None:
    """The fields of a schema of one value, or of an object of them, one object deep; None for any other."""
    if not isinstance(schema, dict):
        return None
    if schema.get("type") != "object":
        field = field_for(schema, pgettext_lazy("noun", "Answer"), is_required=True)
        return None if field is None else [Part((), field, is_needed=True)]
    parts = _members_of(schema, (), is_required=True)
    if parts is None or not parts or len(parts) > MOST_FIELDS:
        return None
    # Two ways to the same name, as in {"a.b": …, "a": {"b": …}}, are not for fields.
    return parts if len({part.name for part in parts}) == len(parts) else None


def _members_of(schema: Mapping[str, Any], path: tuple[str, ...], *, is_required: bool) -> list[Part] | None:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not properties:
        return None
    required = [name for name in schema.get("required", []) if name in properties]
    # Postgres keeps the order of a list and none of an object: what must be answered comes first, as it was named.
    names = [*dict.fromkeys(required), *sorted(properties.keys() - set(required))]
    parts: list[Part] = []
    for name in sorted(names, key=lambda one: _is_object(properties[one])):
        found = _part(properties[name], (*path, name), is_required=is_required and name in required)
        if found is None:
            return None
        parts += found
    return parts


def _part(schema: Any, path: tuple[str, ...], *, is_required: bool) -> list[Part] | None:
    if _is_object(schema):
        return _members_of(schema, path, is_required=is_required) if len(path) == 1 else None
    field = field_for(schema, path[-1], is_required=is_required)
    return None if field is None else [Part(path, field, is_needed=is_required)]


def _is_object(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "object"


def _put(answer: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for name in path[:-1]:
        answer = answer.setdefault(name, {})
    answer[path[-1]] = value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _words_field() -> forms.Field:
    # No `max_length`: a browser would cut short what is pasted, without a word.
    return forms.CharField(
        label=pgettext_lazy("noun", "Answer"),
        validators=[MaxLengthValidator(MAX_WORDS)],
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class _JSONField(forms.JSONField):
    """Starts empty: `null` would be an answer nobody gave."""

    def __init__(self) -> None:
        about = {"rows": 8, "spellcheck": "false", "data-json": ""}
        invalid = {"invalid": _("This is not JSON.")}
        super().__init__(label=_("Answer, as JSON"), widget=forms.Textarea(attrs=about), error_messages=invalid)

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)
