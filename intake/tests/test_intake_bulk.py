"""Many units at once: each for itself, in order, written once, whoever else is writing."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from audit.models import Entry
from intake import actions, submission
from intake.actions import Result, submit
from intake.tests.doors import open_gate, unit_in
from interventions.models import Intervention
from kit.errors import BadInput
from work.models import Unit


@pytest.fixture
def one_is_bad(monkeypatch):
    """The unit of that name gets past every check of ours and breaks one of the database's."""
    prepare = submission.prepare

    def prepare_badly(item, *about):
        one = prepare(item, *about)
        if item.external_id.startswith("bad"):
            one.unit["priority"] = 9
        return one

    monkeypatch.setattr(submission, "prepare", prepare_badly)


def told(results: list[Result]) -> list[int]:
    return [result.status for result in results]


def test_a_thousand_units_are_written_by_a_few_statements(sys, django_assert_max_num_queries):
    open_gate(sys, "loans", "unit.attributes.n % 10 != 0")
    items = [unit_in(f"loan-{n}", attributes={"n": n}) for n in range(1_000)]
    with django_assert_max_num_queries(12):
        results = submit(items, actor=sys)

    assert told(results) == [201] * 1_000
    assert [result.answer["external_id"] for result in results] == [item.external_id for item in items]
    assert Unit.objects.count() == Entry.objects.filter(verb="unit.submitted").count() == 1_000
    assert Intervention.objects.count() == Entry.objects.filter(verb="intervention.raised").count() == 100
    assert told(submit(items, actor=sys)) == [200] * 1_000


def test_the_ledger_has_the_lines_of_a_unit_next_to_each_other(sys):
    open_gate(sys, "loans", "held")
    submit([unit_in(f"loan-{n}") for n in range(3)], actor=sys)

    assert (
        list(Entry.objects.order_by("pk").values_list("verb", flat=True))[-6:]
        == [
            "unit.submitted",
            "intervention.raised",
        ]
        * 3
    )


def test_bad_items_fail_alone_wherever_they_stand(sys):
    open_gate(sys)
    items = [
        unit_in("a"),
        unit_in("b", gate="nowhere"),
        unit_in("c"),
        BadInput("This item is no unit."),
        unit_in("d", title="a\x00b"),
        unit_in("e", gate="a\x00b"),
        unit_in("f"),
    ]

    assert told(submit(items, actor=sys)) == [201, 422, 201, 422, 422, 422, 201]
    assert set(Unit.objects.values_list("external_id", flat=True)) == {"a", "c", "f"}


@pytest.mark.parametrize("place", [0, 7, 15, "all"])
def test_an_item_that_the_database_refuses_fails_alone(sys, one_is_bad, place):
    open_gate(sys, "loans", "held")
    items = [unit_in(f"{'bad' if place in (n, 'all') else 'good'}-{n}") for n in range(16)]
    results = submit(items, actor=sys)
    good = [n for n in range(16) if place not in (n, "all")]

    assert told(results) == [201 if n in good else 422 for n in range(16)]
    assert Unit.objects.count() == Intervention.objects.count() == len(good)
    assert Entry.objects.filter(verb="unit.submitted").count() == len(good)


def test_the_same_unit_twice_in_a_batch_is_one(sys):
    open_gate(sys)
    results = submit([unit_in("a"), unit_in("a"), unit_in("a", title="Other"), unit_in("b")], actor=sys)

    assert told(results) == [201, 200, 409, 201]
    assert results[1].answer["id"] == str(results[0].answer["id"])
    assert Unit.objects.count() == 2


def test_what_is_there_already_is_told_beside_what_is_new(sys):
    open_gate(sys)
    submit([unit_in("a"), unit_in("b")], actor=sys)

    assert told(submit([unit_in("c"), unit_in("b", title="Other"), unit_in("a")], actor=sys)) == [201, 409, 200]


def test_an_empty_batch_writes_nothing(sys):
    assert submit([], actor=sys) == []


def together(*deeds):
    """Each in a thread and a connection of its own, all from the same moment on."""
    start = Barrier(len(deeds))

    def alone(deed):
        start.wait(10)
        try:
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return [each.result(30) for each in [threads.submit(alone, deed) for deed in deeds]]


@pytest.mark.django_db(transaction=True)
def test_of_forty_submits_of_one_unit_one_makes_it_and_all_are_told_of_it(sys):
    open_gate(sys, "loans", "held")
    results = [result for (result,) in together(*[partial(submit, [unit_in()], actor=sys)] * 40)]

    assert sorted(told(results)) == [200] * 39 + [201]
    assert len({str(result.answer["id"]) for result in results}) == 1
    assert Unit.objects.count() == Intervention.objects.count() == 1
    assert Entry.objects.filter(verb__in=["unit.submitted", "intervention.raised"]).count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_contents_under_one_name_one_is_taken(sys):
    open_gate(sys)
    results = [
        result for (result,) in together(*(partial(submit, [unit_in(title=str(n))], actor=sys) for n in range(8)))
    ]

    assert sorted(told(results)) == [201] + [409] * 7
    (unit,) = Unit.objects.all()
    assert {result.problem.members["id"] for result in results if result.problem} == {str(unit.pk)}


@pytest.mark.django_db(transaction=True)
def test_batches_that_overlap_in_opposite_order_do_not_lock_each_other_out(sys):
    open_gate(sys)
    items = [unit_in(f"loan-{n}") for n in range(50)]
    batches = [items, items[::-1], items[25:] + items[:25], items[::2] + items[1::2]]
    results = together(*(partial(submit, batch, actor=sys) for batch in batches))

    assert sum(told(batch).count(201) for batch in results) == Unit.objects.count() == 50
    assert sum(told(batch).count(200) for batch in results) == 150


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_fails_half_way_can_be_sent_again(sys, monkeypatch):
    open_gate(sys, "loans", "held")
    monkeypatch.setattr(actions, "announce_many", lambda _hints: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        submit([unit_in()], actor=sys)
    assert not Unit.objects.exists()

    monkeypatch.undo()
    assert told(submit([unit_in()], actor=sys)) == [201]
