"""The shape of what comes in. Bounds here, rules in the actions."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from interventions.labels import MOST_LINKS, MOST_TAGS
from kit.errors import BadInput, Malformed, Problem

BODY_BYTES = 1024 * 1024
BATCH = 1000

Name = Annotated[str, Meta(min_length=1, max_length=200)]
PriorityWord = Literal["critical", "high", "normal", "low"]
YEAR = 366 * 86_400


class UnitIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unit of work as a caller submits it. `external_id` is the caller's idempotency key."""

    gate: Annotated[str, Meta(min_length=1, max_length=80)]
    external_id: Name
    title: Annotated[str, Meta(min_length=1, max_length=300)]
    attributes: dict[str, Any]
    description: Annotated[str, Meta(max_length=20_000)] = ""
    workflow: Annotated[str, Meta(max_length=200)] = ""
    priority: PriorityWord | None = None
    parent: UUID | None = None
    callback_url: Annotated[str, Meta(max_length=500)] = ""
    expires_in: Annotated[int, Meta(ge=1, le=YEAR)] | None = None
    proposed: Any = None
    requested_by: Annotated[str, Meta(max_length=200)] = ""
    tags: Annotated[list[str], Meta(max_length=MOST_TAGS)] = []
    links: Annotated[list[dict[str, Any]], Meta(max_length=MOST_LINKS)] = []


class DialectUnit(UnitIn, frozen=True, kw_only=True):
    """The same, with what another system's client wants back as it sent it. Never read from our own API."""

    dialect: Any = None


class NoteIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word about why a unit ended."""

    note: Annotated[str, Meta(max_length=2000)] = ""


class VerdictOut(msgspec.Struct):
    """What the gate said. `held`: a pilot was asked. `routed`: passed, with directions."""

    outcome: Literal["passed", "blocked", "routed", "held"]
    reason: str
    guardian: str | None
    directions: list[str]
    evidence: dict[str, Any]


class AskedOut(msgspec.Struct):
    """The question to a pilot, and where it is answered."""

    id: UUID
    status: str
    url: str
    resolution_source: str | None = None
    decision: dict[str, Any] | None = None


class SubmittedOut(msgspec.Struct):
    """What a submit is answered with. One that was there already is told in full, as GET does."""

    id: UUID
    external_id: str
    status: str
    content_hash: str
    verdict: VerdictOut
    intervention: AskedOut | None


class UnitOut(SubmittedOut, kw_only=True):
    """A unit with its outcome. `resolution_source` says who or what settled it."""

    gate: str
    platform: str
    workflow: str
    title: str
    priority: PriorityWord
    attributes: dict[str, Any]
    proposed: Any
    parent: UUID | None
    policy: list[dict[str, Any]]
    note: str
    stopped: dict[str, Any] | None
    resolution_source: str | None
    interaction_count: int
    max_interactions: int
    heartbeat_due_at: datetime | None
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
    settled_at: datetime | None


class BatchItemOut(msgspec.Struct):
    """One item's result: the unit, or the problem that kept it out."""

    status: int
    unit: SubmittedOut | None = None
    problem: dict[str, Any] | None = None


_unit = msgspec.json.Decoder(UnitIn)
_items = msgspec.json.Decoder(list[msgspec.Raw])
_WHERE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"(?:unknown|required) field `(?P<field>[^`]+)`")


def read_unit(body: bytes | msgspec.Raw) -> UnitIn:
    """One unit. Raises Malformed for what is not JSON, BadInput naming the field for what is not a unit."""
    return _read(_unit.decode, body)


def read_note(body: bytes) -> NoteIn:
    return _read(msgspec.json.Decoder(NoteIn).decode, body or b"{}")


def read_batch(body: bytes) -> list[UnitIn | Problem]:
    """Up to 1,000 units; an item that is none is a Problem in its place."""
    items = _read(_items.decode, body)
    if not 1 <= len(items) <= BATCH:
        raise BadInput(f"A batch holds from 1 to {BATCH:,} units; this one holds {len(items):,}.")
    return [_item(raw) for raw in items]


def _item(raw: msgspec.Raw) -> UnitIn | Problem:
    try:
        return read_unit(raw)
    except Problem as problem:
        return problem


def _read(decode: Any, body: Any) -> Any:
    try:
        return decode(body)
    except msgspec.ValidationError as wrong:
        raise _bad_input(str(wrong)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Malformed(f"The body is not valid JSON: {wrong}.") from None
    except RecursionError:
        raise Malformed("The body is nested too deep.") from None


def _bad_input(message: str) -> BadInput:
    where = _WHERE.search(message)
    said = _WHERE.sub("", message)
    named = _UNKNOWN.search(said)
    path = [part for part in (where["path"] if where else "", named["field"] if named else "") if part]
    return BadInput.field(".".join(path) or "body", said[0].lower() + said[1:])
