"""PATCH (RFC 7644, 3.5.2): what becomes of a document by the operations. Pure; also as Entra and Okta write them."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from clients.scim import filters
from clients.scim.errors import Wrong
from clients.scim.filters import Compare, Filter
from clients.scim.resources import Document, value_of
from clients.scim.schemas import Attribute, Kind, named, without_schema

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MOST = 1_000  # operations
OPERATIONS = ("add", "replace", "remove")


class Place(NamedTuple):
    """What a path names: an attribute, of an extension or not, some of its values, a part of it."""

    attribute: Attribute
    extension: str = ""
    where: Filter | None = None
    part: Attribute | None = None


def patched(document: Document, said: Any, kind: Kind) -> Document:
    """The document after all operations, in their order; the one given stays as it is. Raises Wrong."""
    after = deepcopy(document)
    for number, one in enumerate(_operations(said)):
        operation = str(one.get("op", "")).lower()  # Entra writes “Add”
        if operation not in OPERATIONS:
            raise Wrong("invalidSyntax", f"Operation {number} is none of add, replace, remove.")
        path, value = one.get("path"), one.get("value")
        if path:
            _apply(after, operation, str(path), value, kind)
        elif operation == "remove":
            raise Wrong("noTarget", "A remove says by its path what it removes.")
        else:
            _apply_all(after, operation, value, kind)
    return after


def _operations(said: Any) -> list[dict[str, Any]]:
    found = next((value for name, value in _items(said) if name.lower() == "operations"), None)
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise Wrong("invalidSyntax", "A patch has a list of Operations.")
    if len(found) > MOST:
        raise Wrong("tooMany", f"A patch has at most {MOST} operations.")
    return [{name.lower(): value for name, value in one.items()} for one in found]


def _items(said: Any) -> Iterator[tuple[str, Any]]:
    return iter(said.items()) if isinstance(said, dict) else iter(())


def _apply_all(document: Document, operation: str, value: Any, kind: Kind) -> None:
    """Without a path the value names its attributes; Entra writes paths there: `name.givenName`. An id says nothing."""
    if not isinstance(value, dict):
        raise Wrong("invalidValue", "Without a path, the value is an object.")
    for name, held in value.items():
        if name.casefold() not in ("id", "schemas", "meta"):
            _apply(document, operation, name, held, kind)


def _apply(document: Document, operation: str, path: str, value: Any, kind: Kind) -> None:
    place = _place(path, kind)
    if isinstance(place, str):  # an extension as a whole
        parts = value if isinstance(value, dict) else dict.fromkeys(one.name for one in kind.extensions[place])
        for name in (name for name in parts if named(kind.extensions[place], name)):
            _apply(document, operation, f"{place}:{name}", parts[name], kind)
        return
    if place is None:
        return
    _refuse_unless_writable(place.attribute)
    holder = document.setdefault(place.extension, {}) if place.extension else document
    if place.where is not None:
        _apply_chosen(holder, operation, place, value)
    elif place.part is not None:
        _apply_part(holder, operation, place, value)
    else:
        _apply_whole(holder, operation, place.attribute, value)
    if place.extension and not holder:
        del document[place.extension]


def _place(path: str, kind: Kind) -> Place | str | None:
    """What is at the path; the name of an extension for all of it; None for what is of schemas not known here."""
    path = without_schema(path.strip())
    extension = next((urn for urn in kind.extensions if path.casefold().startswith(urn.casefold())), "")
    if extension:
        path = path[len(extension) :].removeprefix(":")
        if not path:
            return extension
    elif path.lower().startswith("urn:"):
        return None
    found = _read(path)
    first, _dot, rest = found.path.partition(".")
    attribute = named(kind.extensions[extension] if extension else kind.all_attributes, first)
    if attribute is None and first.casefold() == "password":
        return None
    part = attribute.part(rest) if attribute and rest else None
    if attribute is None or (rest and part is None) or (found.where is not None and not attribute.many):
        raise Wrong("invalidPath", f"There is no attribute “{path[:100]}”.")
    return Place(attribute, extension, found.where, part)


def _read(path: str) -> Compare:
    """A path is what stands before the operator in a filter."""
    found = filters.read(f"{path} pr")
    if not isinstance(found, Compare):
        raise Wrong("invalidPath", f"“{path[:100]}” is no path.")
    return found


def _refuse_unless_writable(attribute: Attribute) -> None:
    if attribute.mutability == "readOnly":
        raise Wrong("mutability", f"{attribute.name} is kept by the server.")


def _apply_whole(holder: Document, operation: str, attribute: Attribute, value: Any) -> None:
    name = attribute.name
    if operation == "remove" and not (attribute.many and value):
        _refuse_if_required(attribute)
        holder.pop(name, None)
        return
    said = value_of(value, attribute)
    if operation == "remove":  # Entra names the members that go by their value
        gone = {one.get("value") for one in said}
        holder[name] = [one for one in holder.get(name, []) if one.get("value") not in gone]
    elif attribute.many and operation == "add":
        _add_values(holder, name, said)
    elif attribute.type == "complex" and not attribute.many:
        holder[name] = holder.get(name, {}) | (said or {})
    else:
        holder[name] = said
    if holder[name] in (None, "", [], {}):
        _refuse_if_required(attribute)
        del holder[name]


def _add_values(holder: Document, name: str, said: list[Document]) -> None:
    there: list[Document] = holder.setdefault(name, [])
    known = {one.get("value") for one in there} if name == "members" else set()
    fresh = [one for one in said if one.get("value") not in known and (name == "members" or one not in there)]
    if any(one.get("primary") for one in fresh):
        for one in there:
            one.pop("primary", None)
    there.extend(fresh)


def _apply_part(holder: Document, operation: str, place: Place, value: Any) -> None:
    """`name.givenName`; of an attribute with many values, that part of each."""
    assert place.part is not None  # noqa: S101 -- for the type checker
    name = place.attribute.name
    if place.attribute.many:
        for one in holder.get(name, []):
            _set(one, operation, place.part, value)
        return
    _set(holder.setdefault(name, {}), operation, place.part, value)
    if not holder[name]:
        del holder[name]


def _apply_chosen(holder: Document, operation: str, place: Place, value: Any) -> None:
    """`emails[type eq "work"].value`, `members[value eq "…"]`."""
    assert place.where is not None  # noqa: S101 -- for the type checker
    name, there = place.attribute.name, holder.get(place.attribute.name, [])
    chosen = [one for one in there if filters.fits(place.where, one)]
    if operation == "remove" and place.part is None:
        holder[name] = [one for one in there if one not in chosen]
        if not holder[name]:
            del holder[name]
        return
    if not chosen and operation == "add":
        chosen = [_begun(place.where)]
        holder[name] = [*there, *chosen]
    if not chosen and operation == "replace":
        raise Wrong("noTarget", f"No value of {name} is chosen by the path.")
    for one in chosen:
        if place.part is not None:
            _set(one, operation, place.part, value)
        else:
            one.update(*value_of(value, place.attribute)[:1])


def _begun(where: Filter) -> Document:
    """What is added where nothing is chosen is what would have been: `emails[type eq "work"]` is of that type."""
    return {where.path: where.value} if isinstance(where, Compare) and where.operator == "eq" else {}


def _set(holder: Document, operation: str, part: Attribute, value: Any) -> None:
    _refuse_unless_writable(part)
    clean = value_of(value, part) if operation != "remove" else None
    if clean in (None, "", [], {}):
        holder.pop(part.name, None)
    else:
        holder[part.name] = clean


def _refuse_if_required(attribute: Attribute) -> None:
    if attribute.required:
        raise Wrong("mutability", f"{attribute.name} cannot be taken away.")
