"""The statement that writes units and the models agree, column by column."""

import re
from datetime import timedelta

import pytest
from django.db import connection

from audit.actions import record
from audit.models import Entry
from intake.actions import SUBMIT
from intake.submission import keys, parameters
from intake.tests.doors import open_gate, prepared, submitted, unit_in
from interventions.models import Intervention
from work.models import Unit

INSERTS = {"work_unit": Unit, "interventions_intervention": Intervention, "audit_entry": Entry}
RECORDSETS = {"unit_in": "work_unit", "question_in": "interventions_intervention"}

# How the statement spells a type, and how Postgres lists it.
TYPES = {
    "bigint": {"int8"},
    "boolean": {"bool"},
    "int": {"int4"},
    "jsonb": {"jsonb"},
    "smallint": {"int2"},
    "text": {"varchar", "text"},
    "text[]": {"_varchar"},
    "timestamptz": {"timestamptz"},
    "uuid": {"uuid"},
}
# What the recordset carries for the ledger's lines, and to keep the order.
NOT_COLUMNS = {"position", "actor_name", "actor_role", "came_from"}


def written(table: str) -> list[str]:
    """The columns that the statement writes."""
    (names,) = re.findall(rf"INSERT INTO {table} \((.*?)\)", SUBMIT, re.DOTALL)
    return [name.strip() for name in names.split(",")]


def carried(recordset: str) -> dict[str, str]:
    """The columns of a recordset in the statement, with their types."""
    (columns,) = re.findall(
        rf"{recordset} AS \(\s+SELECT \* FROM json_to_recordset\S+ AS t\((.*?)\n    \)", SUBMIT, re.DOTALL
    )
    return dict(column.split() for column in columns.split(","))


def columns_of(table: str) -> dict[str, tuple[str, bool]]:
    """Each column's type, and whether it must be written: neither null nor by default."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, udt_name, is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'"
            " AND is_generated = 'NEVER' FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s",
            [table],
        )
        return {name: (kind, must) for name, kind, must in cursor.fetchall()}


@pytest.mark.parametrize("table", INSERTS)
def test_every_column_that_must_be_written_is_written(db, table):
    must = {name for name, (_kind, must) in columns_of(table).items() if must}

    assert must - set(written(table)) == set()


@pytest.mark.parametrize("table", INSERTS)
def test_what_is_written_are_columns_of_the_model_each_once(db, table):
    names = written(table)

    assert len(set(names)) == len(names)
    assert set(names) <= {field.column for field in INSERTS[table]._meta.concrete_fields} & set(columns_of(table))


@pytest.mark.parametrize("table", INSERTS)
def test_as_many_values_are_selected_as_columns_are_named(table):
    (selected,) = re.findall(rf"INSERT INTO {table} \(.*?\)\s+SELECT(.*?)FROM", SUBMIT, re.DOTALL)

    assert len(selected.split(",")) == len(written(table))


@pytest.mark.parametrize("recordset", RECORDSETS)
def test_every_type_is_that_of_its_column(db, recordset):
    columns = columns_of(RECORDSETS[recordset])

    for name, kind in carried(recordset).items():
        if name not in NOT_COLUMNS:
            assert columns[name][0] in TYPES[kind], name


def test_what_is_prepared_is_what_the_statement_takes(sys):
    """A key the recordset does not name would be dropped without a word; one it misses would be null."""
    open_gate(sys, "loans", "held")
    one = prepared(unit_in(), sys)

    assert set(one.unit) | {"position"} == set(carried("unit_in"))
    assert set(one.question) == set(carried("question_in"))
    assert set(parameters([one])) == set(re.findall(r"%\((\w+)\)s", SUBMIT))
    assert set(keys([one], [0])) == {"keys"}


FULL = {
    "title": "Loan “7”",
    "description": "Für ein Haus 🏠\n\n* one\n* two\\",
    "workflow": "lending",
    "attributes": {"amount": 1e21, "share": 0.1, "name": 'Ñandú\t"\\\u2028', "nested": [{"a": None}, [], {}, True]},
    "proposed": {"pay": 1.0, "to": "Åse"},
    "priority": "critical",
    "callback_url": "https://example.com/hook?a=b&c=%20",
    "requested_by": "Agent “7”",
    "expires_in": 3600,
}


@pytest.mark.parametrize("rule", ["held", "passes"])
@pytest.mark.parametrize("about", [FULL, {}], ids=["all there is", "as little as may be"])
def test_a_unit_written_by_the_statement_is_the_one_the_models_would_write(sys, rule, about):
    open_gate(sys, "loans", rule, heartbeat_seconds=60, max_interactions=7)
    parent = submitted(unit_in("parent"), sys).answer["id"]
    submitted(unit_in("theirs", parent=parent, **about), sys)
    theirs = Unit.objects.values().get(external_id="theirs")

    ours = Unit(**{name: theirs[name] for name in written("work_unit") if name not in {"id", "updated_at"}})
    ours.external_id = "ours"
    ours.updated_at = ours.created_at
    ours.save(force_insert=True)

    same = Unit.objects.values().get(external_id="ours")
    assert {name: same[name] for name in same if name not in {"id", "external_id"}} == {
        name: theirs[name] for name in theirs if name not in {"id", "external_id"}
    }


@pytest.mark.parametrize("about", [FULL, {}], ids=["all there is", "as little as may be"])
def test_a_question_written_by_the_statement_is_the_one_the_models_would_write(sys, about):
    open_gate(
        sys,
        "loans",
        "held",
        required_approvals=2,
        reason_required=True,
        edits_allowed=True,
        requester_may_approve=True,
        answer_schema={"type": "string"},
        on_timeout="escalate",
    )
    submitted(unit_in(**about), sys)
    theirs = Intervention.objects.values().get()

    ours = Intervention(**{name: theirs[name] for name in written("interventions_intervention") if name != "id"})
    ours.save(force_insert=True)

    same = Intervention.objects.values().get(pk=ours.pk)
    assert {name: same[name] for name in same if name != "id"} == {
        name: theirs[name] for name in theirs if name != "id"
    }


def test_the_lines_of_the_ledger_are_those_that_record_would_write(sys):
    open_gate(sys, "loans", "held")
    submitted(unit_in(), sys)
    lines = list(Entry.objects.order_by("pk").values())[-2:]
    unit, question = Unit.objects.get(), Intervention.objects.get()

    record(
        "unit.submitted",
        actor=sys,
        subject=unit,
        gate="loans",
        outcome="held",
        guardian="rule-0 v1",
        content_hash=unit.content_hash,
    )
    record(
        "intervention.raised",
        actor=sys,
        subject=question,
        kind="approval",
        title="Loan 7",
        unit=str(unit.pk),
        guardian="rule-0 v1",
    )
    ours = list(Entry.objects.order_by("pk").values())[-2:]
    for line, own in zip(lines, ours, strict=True):
        assert {name: own[name] for name in own if name not in {"id", "at"}} == {
            name: line[name] for name in line if name not in {"id", "at"}
        }
        assert own["at"] - line["at"] < timedelta(minutes=1)
