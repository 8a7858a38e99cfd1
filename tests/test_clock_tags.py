"""How pages word time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template

from chameleon.templatetags import clocks


def rendered(source: str, **context: object) -> str:
    return Template("{% load clocks %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.000031, "31 µs"),
        (0.0003, "0.3 ms"),
        (0.041, "41 ms"),
        (38, "38 s"),
        (72, "1 min 12"),
        (360, "6 min"),
        (362, "6 min 02"),
        (3780, "1 h 03"),
        (timedelta(hours=26), "26 h 00"),
        (timedelta(days=3, hours=4), "3 d 4 h"),
        (None, "\N{EN DASH}"),
    ],
)
def test_a_span_is_worded_by_its_size(seconds: float | timedelta | None, words: str) -> None:
    assert clocks.timespan(seconds) == words


@pytest.mark.parametrize(("seconds", "words"), [(0, "0:00"), (9, "0:09"), (245, "4:05"), (4320, "1 h 12")])
def test_a_clock_counts_minutes_and_seconds_up_to_an_hour(seconds: float, words: str) -> None:
    assert clocks.clock(seconds) == words


@pytest.mark.parametrize(("seconds", "words"), [(4, "4 s"), (1020, "17 min"), (7300, "2 h"), (400_000, "4 d")])
def test_an_age_has_one_unit(seconds: float, words: str) -> None:
    assert clocks.roughly(seconds) == words


@pytest.mark.parametrize(
    ("left", "state"),
    [(100, "fresh"), (51, "fresh"), (50, "warn"), (21, "warn"), (20, "stale"), (1, "stale"), (0, "overdue")],
)
def test_a_fuse_warns_at_half_and_turns_stale_at_a_fifth(left: float, state: str) -> None:
    assert clocks.due_state(left, 100) == state


def test_a_fuse_says_how_long_it_is_over() -> None:
    now = datetime.now(UTC)
    said = rendered("{% fuse due created %}", due=now - timedelta(seconds=134), created=now - timedelta(hours=1))

    assert 'data-state="overdue"' in said
    assert "<span>2:14</span> <small>over</small>" in said


def test_a_paused_fuse_keeps_what_was_left() -> None:
    now = datetime.now(UTC)
    said = rendered(
        "{% fuse due created paused %}",
        due=now,
        created=now - timedelta(hours=2),
        paused=now - timedelta(minutes=63),
    )

    assert 'data-state="paused"' in said
    assert "<span>1 h 03</span> <small>paused</small>" in said


def test_without_a_due_time_there_is_no_fuse() -> None:
    assert rendered("{% fuse None created %}", created=datetime.now(UTC)) == ""
