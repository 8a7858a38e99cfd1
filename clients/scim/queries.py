"""Users and groups as a directory asks for them: filtered, in pages."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db.models import Model, Prefetch, Q, QuerySet
from django.utils.dateparse import parse_datetime

from accounts.models import Membership, ProvisionedUser
from accounts.roles import PROVISION
from clients.scim import filters
from clients.scim.filters import Compare, Every, Filter, Not, Some, Value
from clients.scim.schemas import ENTERPRISE, OF_A_USER, OF_AN_EMPLOYEE, without_schema
from kit.errors import NotAllowed

Row = TypeVar("Row", bound=Model)

MOST = 200  # on a page
MOST_WITH_MEMBERS = 20  # groups on a page: each may have thousands


def refuse_unless_provisioning(actor: Membership) -> None:
    if not actor.has_power(PROVISION):
        raise NotAllowed("This key may not provision. Make one on the page for SCIM.")


class Column(NamedTuple):
    """Where an attribute is, and how it compares: text, exact, boolean, time, id; listed: array of small letters."""

    field: str
    kind: str = "text"


COMMON = {
    "id": Column("pk", "id"),
    "externalid": Column("external_id", "exact"),
    "meta.created": Column("created_at", "time"),
    "meta.lastmodified": Column("changed_at", "time"),
}
OF_USERS = {
    one.name.casefold(): Column(f"details__{one.name}")
    for one in OF_A_USER
    if one.type in {"string", "reference"} and one.mutability == "readWrite"
} | {
    **{f"name.{one.name}".casefold(): Column(f"details__name__{one.name}") for one in OF_A_USER[1].sub},
    **{
        f"{ENTERPRISE}:{one.name}".casefold(): Column(f"details__{ENTERPRISE}__{one.name}")
        for one in OF_AN_EMPLOYEE
        if not one.sub
    },
    "username": Column("user_name"),
    "active": Column("active", "boolean"),
    "emails": Column("addresses", "listed"),
    "emails.value": Column("addresses", "listed"),
    "groups": Column("groups", "id"),
    "groups.value": Column("groups", "id"),
    **COMMON,
}
OF_GROUPS = {
    "displayname": Column("name"),
    "members": Column("members", "id"),
    "members.value": Column("members", "id"),
    **COMMON,
}

LOOKUPS = {"eq": "iexact", "co": "icontains", "sw": "istartswith", "ew": "iendswith"}
TIMES = {"eq": "exact", "gt": "gt", "ge": "gte", "lt": "lt", "le": "lte"}


def filtered(rows: QuerySet[Row], text: str, columns: Mapping[str, Column]) -> QuerySet[Row]:
    """Those that the filter fits; without one, all. Raises Wrong("invalidFilter")."""
    return rows.filter(_asked(filters.read(text), columns)).distinct() if text.strip() else rows


def with_members(groups: QuerySet[Any]) -> QuerySet[Any]:
    """With who is in them, in one query for all."""
    people = ProvisionedUser.objects.only("pk").order_by("pk")
    return groups.prefetch_related(Prefetch("members", queryset=people))


def _asked(found: Filter, columns: Mapping[str, Column]) -> Q:
    match found:
        case Every(parts):
            asked = Q()
            for part in parts:
                asked &= _asked(part, columns)
            return asked
        case Some(parts):
            asked = Q(pk__in=[])
            for part in parts:
                asked |= _asked(part, columns)
            return asked
        case Not(part):
            return ~_asked(part, columns)
    return _compared(found, columns)


def _compared(found: Compare, columns: Mapping[str, Column]) -> Q:
    column = columns.get(without_schema(found.path).casefold())
    if column is None:
        raise filters.wrong(f"Nothing is found by “{found.path[:100]}”.")
    if found.where is not None and column.kind != "listed":
        raise filters.wrong(f"“{found.path[:100]}” has no parts to choose among.")
    chosen = _chosen(found.where) if found.where is not None else Q()
    if found.operator == "ne":
        return ~(_one(column, "eq", found.value) & chosen)
    return _one(column, found.operator, found.value) & chosen


def _chosen(where: Filter) -> Q:
    """Of e-mail addresses: by their type, as the directories ask."""
    if isinstance(where, Compare) and where.path.casefold() == "type" and where.operator == "eq":
        return Q(details__emails__contains=[{"type": where.value}])
    raise filters.wrong('Addresses are chosen by their type: emails[type eq "work"].')


def _one(column: Column, operator: str, value: Value) -> Q:
    field, kind = column
    if operator == "pr":
        return _present(field, kind)
    if kind == "time" and operator in TIMES:
        return Q(**{f"{field}__{TIMES[operator]}": _time(value)})
    if kind in {"text", "exact"} and operator in LOOKUPS and isinstance(value, str):
        lookup = LOOKUPS[operator]
        return Q(**{f"{field}__{lookup if kind == 'text' else lookup.removeprefix('i')}": value})
    if operator == "eq" and kind in {"boolean", "id", "listed"}:
        return _equal(field, kind, value)
    raise filters.wrong(f"This attribute does not take “{operator}” with such a value.")


def _present(field: str, kind: str) -> Q:
    if kind == "listed":
        return Q(**{f"{field}__len__gt": 0})
    some = Q(**{f"{field}__isnull": False})
    return some & ~Q(**{field: ""}) if kind in {"text", "exact"} else some


def _equal(field: str, kind: str, value: Value) -> Q:
    if kind == "listed":
        return Q(**{f"{field}__contains": [str(value).lower()]})
    if kind == "boolean":
        if (said := str(value).lower()) not in {"true", "false"}:
            raise filters.wrong(f"“{said[:50]}” is neither true nor false.")
        return Q(**{field: said == "true"})
    try:
        return Q(**{field: UUID(str(value))})
    except ValueError:  # nobody has such a number
        return Q(pk__in=[])


def _time(value: Value) -> datetime:
    try:
        found = parse_datetime(str(value))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise filters.wrong(f"“{str(value)[:50]}” is no time, such as 2026-11-21T22:00:00Z.")
    return found
