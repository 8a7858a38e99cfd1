"""A user or a group as a directory writes and reads it, and as it is kept here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import ProvisionedGroup, ProvisionedUser, ToldGroup, ToldUser
from accounts.queries import SCIM_PATH
from clients.scim.errors import Wrong
from clients.scim.schemas import GROUPS, USERS, Attribute, Kind, named

LONGEST = 1_000  # characters of one text
MOST_VALUES = 100  # of an attribute that has many; members have their own limit
MOST_DETAILS = 16 * 1024  # characters of all that is told of somebody
TRUE, FALSE = ("true", "1"), ("false", "0")

Document = dict[str, Any]


def base() -> str:
    return f"{settings.BASE_URL}{SCIM_PATH}"


# What comes in


def read(said: Any, kind: Kind) -> Document:
    """What was sent, as the table has it: names in their own case, and nothing that it does not know.

    What only the server says is passed over (RFC 7644, 3.5.1). Raises Wrong("invalidValue"), Wrong("invalidSyntax").
    """
    if not isinstance(said, dict):
        raise Wrong("invalidSyntax", "Send a JSON object.")
    kept = _parts(said, kind.all_attributes)
    for urn, attributes in kind.extensions.items():
        extension = next((value for name, value in said.items() if name.casefold() == urn.casefold()), None)
        if isinstance(extension, dict) and (parts := _parts(extension, attributes)):
            kept[urn] = parts
    return kept


def told_user(document: Document, *, active: bool = True) -> ToldUser:
    """`active` is what they are where the document does not say it. Raises Wrong("invalidValue")."""
    details = {name: value for name, value in document.items() if name not in ("userName", "externalId", "active")}
    if len(str(details)) > MOST_DETAILS:
        raise Wrong("invalidValue", f"At most {MOST_DETAILS} characters are kept of a user.")
    emails = [one for one in document.get("emails", []) if one.get("value")]
    emails.sort(key=lambda one: (not one.get("primary", False), one.get("type") != "work"))
    return ToldUser(
        _required(document, "userName"),
        document.get("externalId", ""),
        document.get("active", active),
        tuple(dict.fromkeys(one["value"].lower() for one in emails)),
        details,
    )


def told_group(document: Document) -> ToldGroup:
    """Raises Wrong("invalidValue")."""
    members = frozenset(_number(one.get("value", "")) for one in document.get("members", []))
    return ToldGroup(_required(document, "displayName"), document.get("externalId", ""), members)


def _required(document: Document, name: str) -> str:
    value = str(document.get(name, "")).strip()
    if not value:
        raise Wrong("invalidValue", f"{name} is missing.")
    return value


def _number(text: Any) -> UUID:
    try:
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        raise Wrong("invalidValue", f"members: there is no user {str(text)[:50]}.") from None


def _parts(said: Mapping[str, Any], attributes: Sequence[Attribute]) -> Document:
    kept = {}
    for name, value in said.items():
        attribute = named(tuple(attributes), name)
        if attribute is not None and attribute.mutability != "readOnly":
            clean = value_of(value, attribute)
            if clean not in (None, "", [], {}):  # RFC 7643, 2.5: all the same as not there
                kept[attribute.name] = clean
    return kept


def value_of(said: Any, attribute: Attribute) -> Any:
    """One attribute's value as the table has it. Raises Wrong("invalidValue")."""
    if not attribute.many:
        return None if said is None else _single(said, attribute)
    values = said if isinstance(said, list) else [] if said is None else [said]
    if len(values) > MOST_VALUES and attribute.name != "members":
        raise _unfit(attribute)
    clean = (_single(one, attribute) for one in values)
    return [one for one in clean if one]


def _single(said: Any, attribute: Attribute) -> Any:
    if attribute.type == "complex":
        if isinstance(said, str) and attribute.part("value"):  # an address without its braces, as some send
            said = {"value": said}
        if not isinstance(said, dict):
            raise _unfit(attribute)
        return _parts(said, attribute.sub)
    if attribute.type == "boolean":
        return _boolean(said, attribute)
    if isinstance(said, bool) or not isinstance(said, str | int | float) or len(str(said)) > LONGEST:
        raise _unfit(attribute)
    return str(said)


def _boolean(said: Any, attribute: Attribute) -> bool:
    """Entra writes "True" and "False", as text."""
    word = str(said).lower()
    if word not in (*TRUE, *FALSE):
        raise _unfit(attribute)
    return word in TRUE


def _unfit(attribute: Attribute) -> Wrong:
    return Wrong("invalidValue", f"{attribute.name} does not take this value: it is {attribute.type}, and short.")


# What goes out


def user_document(told: ToldUser) -> Document:
    """As it would be sent: what `told_user` reads."""
    said = {"userName": told.user_name, "externalId": told.external_id, "active": told.active}
    return {name: value for name, value in said.items() if value != ""} | dict(told.details)


def group_document(told: ToldGroup) -> Document:
    said: Document = {"displayName": told.name, "externalId": told.external_id}
    said["members"] = [{"value": str(pk)} for pk in sorted(told.members)]
    return {name: value for name, value in said.items() if value != ""}


def user_resource(user: ProvisionedUser) -> Document:
    """Wants `groups` to be prefetched for many."""
    groups = [
        {"value": str(one.pk), "$ref": _place("Groups", one.pk), "display": one.name, "type": "direct"}
        for one in user.groups.all()
    ]
    return _resource(user, USERS, user_document(user.told) | ({"groups": groups} if groups else {}))


def group_resource(group: ProvisionedGroup, *, members: bool = True) -> Document:
    """Wants `members` to be prefetched for many, where they are told."""
    said: Document = {"displayName": group.name}
    if group.external_id:
        said["externalId"] = group.external_id
    if members:
        said["members"] = [{"value": str(one.pk), "$ref": _place("Users", one.pk)} for one in group.members.all()]
    return _resource(group, GROUPS, said)


def _resource(row: ProvisionedUser | ProvisionedGroup, kind: Kind, said: Document) -> Document:
    meta = {
        "resourceType": kind.name,
        "created": row.created_at.isoformat(),
        "lastModified": row.changed_at.isoformat(),
        "location": _place(kind.place, row.pk),
        "version": etag_of(row),
    }
    schemas = [kind.schema, *(urn for urn in kind.extensions if urn in said)]
    return {"schemas": schemas, "id": str(row.pk), **said, "meta": meta}


def etag_of(row: ProvisionedUser | ProvisionedGroup) -> str:
    return f'W/"{row.version}"'


def _place(place: str, pk: UUID) -> str:
    return f"{base()}/{place}/{pk}"


ALWAYS = {"id", "schemas"}


def projected(resource: Document, only: str, without: str) -> Document:
    """With `attributes` only, or but for `excludedAttributes`, both with commas (RFC 7644, 3.9)."""
    if only.strip():
        wanted = _split(only)
        return {name: cut for name, value in resource.items() if (cut := _only(name, value, wanted)) is not None}
    unwanted = _split(without)
    kept = {name: value for name, value in resource.items() if name in ALWAYS or name.casefold() not in unwanted}
    return {name: _without(name, value, unwanted) for name, value in kept.items()}


def _split(text: str) -> set[str]:
    """As paths from the top, in small letters."""
    paths = (part.strip().casefold() for part in text.split(","))
    return {_from_top(path) for path in paths if path}


def _from_top(path: str) -> str:
    from_core = (f"{kind.schema}:".casefold() for kind in (USERS, GROUPS))
    return next((path.removeprefix(urn) for urn in from_core if path.startswith(urn)), path)


def _only(name: str, value: Any, wanted: set[str]) -> Any:
    if name in ALWAYS or name.casefold() in wanted:
        return value
    cut = _parts_that(value, lambda part: _is_named(name, part, wanted))
    return cut if isinstance(value, dict | list) and cut else None


def _without(name: str, value: Any, unwanted: set[str]) -> Any:
    return _parts_that(value, lambda part: not _is_named(name, part, unwanted))


def _is_named(name: str, part: str, paths: Iterable[str]) -> bool:
    return f"{name}.{part}".casefold() in paths or f"{name}:{part}".casefold() in paths


def _parts_that(value: Any, wanted: Any) -> Any:
    if isinstance(value, dict):
        return {name: held for name, held in value.items() if wanted(name)}
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return [cut for one in value if (cut := _parts_that(one, wanted))]
    return value
