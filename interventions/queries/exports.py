"""The history and the ledger as files: read in short statements by keyset, so that a long file holds nothing up."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.utils import translation

from accounts.models import Membership
from audit.models import Entry
from audit.queries import Narrow, as_json, chunks_of, entries_for
from audit.wording import said_with, sentence_of
from interventions.models import InterventionQuerySet
from interventions.queries.history import NOBODYS, Past, settled_for
from interventions.queries.ledger import story_of
from interventions.queries.lists import beyond
from interventions.queries.moments import moment
from interventions.queries.wording import question_url
from work.models import Priority

MOST_ROWS = 500_000
CHUNK = 500

Record = dict[str, Any]

# What is read of a question, and under which name it goes out.
READ = {
    "id": "id",
    "title": "title",
    "kind": "kind",
    "priority": "priority",
    "gate": "gate__slug",
    "platform": "unit__platform__slug",
    "unit": "unit_id",
    "requested_by": "requested_by",
    "requester": "requester__pilot__public_id",
    "tags": "tags",
    "status": "status",
    "settled_by": "resolution_source",
    "verdict": "decision__verdict",
    "decided_by": "decision__by__pilot__public_id",
    "role": "decision__role",
    "reason": "decision__reason",
    "answer": "decision__answer",
    "effect": "decision__effect",
    "content_hash": "decision__content_hash",
    "created_at": "created_at",
    "first_seen_at": "first_seen_at",
    "due_at": "due_at",
    "settled_at": "settled_at",
}
HISTORY = (*READ, "took_seconds", "late", "url")
LEDGER = ("id", "at", "by", "by_id", "role", "verb", "sentence", "subject", "reason", "came_from", "data")


def history_file(actor: Membership, past: Past, form: str) -> Iterator[bytes]:
    """Settled questions, the latest first."""
    chunks = _chunks(settled_for(actor, past), past.order, MOST_ROWS)
    return _file(HISTORY, ([_settled(row) for row in chunk] for chunk in chunks), form)


def ledger_file(actor: Membership, narrow: Narrow, unit_id: UUID | None, form: str) -> Iterator[bytes]:
    """Lines of the ledger with their sentences, the latest first."""
    entries = entries_for(actor, story_of(actor, narrow, unit_id))
    return _file(LEDGER, ([_line(entry) for entry in chunk] for chunk in chunks_of(entries, MOST_ROWS, CHUNK)), form)


def history_count(actor: Membership, past: Past) -> int:
    """How many questions the file would hold; one more than MOST_ROWS when it could not hold them all."""
    return settled_for(actor, past).order_by()[: MOST_ROWS + 1].count()


def ledger_count(actor: Membership, narrow: Narrow, unit_id: UUID | None) -> int:
    """How many lines, likewise. The line that an export leaves would be one more."""
    return entries_for(actor, story_of(actor, narrow, unit_id)).order_by()[: MOST_ROWS + 1].count()


def _chunks(found: InterventionQuerySet, order: Sequence[str], most: int) -> Iterator[list[Record]]:
    rows_of = found.order_by(*order).values_list(*READ.values())
    after: Sequence[Any] | None = None
    while most > 0:
        page = rows_of if after is None else rows_of.filter(beyond(order, after))
        rows = [dict(zip(READ, row, strict=True)) for row in page[: min(CHUNK, most)]]
        if not rows:
            return
        yield rows
        after, most = [rows[-1][field.lstrip("-")] for field in order], most - len(rows)


def _settled(row: Record) -> Record:
    """Who carried it out is no answer of theirs when it was the clock."""
    at = row["settled_at"]
    took = round((at - row["created_at"]).total_seconds(), 3) if at else None
    row |= {"took_seconds": took, "late": at > row["due_at"] if at else None, "url": question_url(row["id"])}
    row |= {"priority": Priority(row["priority"]).word}
    if row["settled_by"] in NOBODYS:
        row |= {"decided_by": None, "role": None}
    return row | {name: moment(row[name]) for name in ("created_at", "first_seen_at", "due_at", "settled_at")}


def _line(entry: Entry) -> Record:
    line = as_json(entry) | {"sentence": sentence_of(entry), "reason": said_with(entry) or None}
    return {name: line[name] for name in LEDGER}


def _file(columns: Sequence[str], chunks: Iterable[list[Record]], form: str) -> Iterator[bytes]:
    """Part by part. Between two parts no connection is held: whoever reads slowly keeps nobody waiting."""
    language = translation.get_language()
    write = _as_csv if form == "csv" else _as_json_lines
    if form == "csv":
        yield b"\xef\xbb\xbf" + _as_csv(columns, [dict(zip(columns, columns, strict=True))])
    parts = iter(chunks)
    while True:
        with translation.override(language):  # anew for each part: it may be made in another thread
            records = next(parts, None)
        if records is None:
            return
        if not connection.in_atomic_block:
            connection.close()  # back to the pool
        yield write(columns, records)


def _as_json_lines(_columns: Sequence[str], records: Iterable[Record]) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def _as_csv(columns: Sequence[str], records: Iterable[Record]) -> bytes:
    page = io.StringIO()
    writer = csv.writer(page)
    writer.writerows([_cell(record[name]) for name in columns] for record in records)
    return page.getvalue().encode()


def _cell(value: Any) -> str | int | float:
    """What a spreadsheet would run is kept from it by an apostrophe (OWASP, CSV injection)."""
    if value is None or value is True or value is False:
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, (int, float)):
        return value
    text = _text(value)
    return f"'{text}" if text.startswith(RISKY) else text


def _text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)


RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
