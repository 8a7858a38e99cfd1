"""The API, told to programs as OpenAPI and to people as a page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularJSONAPIView

schema = SpectacularJSONAPIView.as_view()

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    required: bool
    about: SafeString


@dataclass(frozen=True)
class Operation:
    room: str
    method: str
    path: str
    title: str
    about: SafeString
    takes: tuple[Field, ...]
    answers: tuple[tuple[str, SafeString], ...]

    @property
    def breakable_path(self) -> SafeString:
        """On a narrow screen it goes on in the next line after a slash."""
        return format_html_join("", "/<wbr>{}", ((part,) for part in self.path.lstrip("/").split("/")))

    @property
    def anchor(self) -> str:
        return f"{self.method}-{self.path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}".lower()


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every call on one page, made from the schema on the server: no script, no network, no second truth."""
    operations = _operations(get_language())
    rooms = [(room, list(members)) for room, members in groupby(operations, key=lambda one: one.room)]
    return render(request, "chameleon/api_docs.html", {"rooms": rooms})


@cache
def _operations(language: str | None) -> list[Operation]:
    """`language` only keys the cache: descriptions are translated while they are read."""
    document: Mapping[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    parts = document.get("components", {}).get("schemas", {})
    found = [
        _operation(method, path, about[method], parts)
        for path, about in document["paths"].items()
        for method in METHODS
        if method in about
    ]
    return sorted(found, key=lambda one: one.room)


def _operation(method: str, path: str, about: Mapping[str, Any], parts: Mapping[str, Any]) -> Operation:
    title, _, rest = (about.get("summary") or about.get("description") or "").partition("\n")
    return Operation(
        room=path.split("/")[2],
        method=method.upper(),
        path=path,
        title=title,
        about=_marked(rest.strip()),
        takes=(*_parameters(about), *_body(about, parts)),
        answers=tuple(
            (status, _marked(answer.get("description", ""))) for status, answer in about["responses"].items()
        ),
    )


def _parameters(about: Mapping[str, Any]) -> Iterator[Field]:
    for one in about.get("parameters", []):
        kind = f"{one['in']} {_kind(one['schema'])}"
        yield Field(one["name"], kind, one.get("required", False), _marked(one.get("description", "")))


def _body(about: Mapping[str, Any], parts: Mapping[str, Any]) -> Iterator[Field]:
    content = about.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = _resolved(content.get("schema", {}), parts)
    for name, one in body.get("properties", {}).items():
        resolved = _resolved(one, parts)
        meaning = one.get("description") or resolved.get("description", "")
        if meaning.startswith("* `"):  # the choices once more
            meaning = ""
        yield Field(name, _kind(resolved), name in body.get("required", []), _marked(meaning))


def _marked(text: str) -> SafeString:
    """Every second piece between backticks is code."""
    pieces = enumerate(text.split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", word) if at % 2 else word,) for at, word in pieces)
    )


def _resolved(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind a reference; of several that are combined, the first."""
    reference = schema.get("$ref") or next((one.get("$ref") for one in schema.get("allOf", [])), None)
    return parts.get(reference.rpartition("/")[2], {}) if reference else schema


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(str(choice) for choice in schema["enum"] if choice not in ("", None))
    kind = schema.get("type", "any")
    words = [word for word in (kind if isinstance(kind, list) else [kind]) if word != "null"]
    return " or ".join(words) + (f" ({schema['format']})" if "format" in schema else "")
