"""Trees of JSON, ledger lines as sentences, and plots: what the template tags make of what they are given."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from audit.wording import DECIDED, LINES, sentence_of
from chameleon.templatetags.ledger import happened
from chameleon.templatetags.plots import Scale, answer_plot, bin_words, flow_plot, waiting_plot
from chameleon.templatetags.trees import MOST_CHARACTERS, MOST_NODES, branch, tree
from interventions.queries.rhythm import DAY, HOUR, Bin, Period, Rhythm, Step
from tests.house import APPS, ROOT

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def entry(verb: str, **data: Any) -> SimpleNamespace:
    return SimpleNamespace(
        verb=verb, actor_name="Ada <Nyström>", data=data, at=NOON, subject_type="unit", subject_id="1"
    )


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html)).strip()


# ---------- Trees ----------


def test_a_tree_says_each_kind_of_value():
    html = tree({"text": "a", "number": 1.5, "yes": True, "none": None, "empty": [], "list": [1, {"deep": 2}]}, "Facts")

    for part in (
        'class="s">&quot;a&quot;',
        'class="n">1.5',
        'class="b">true',
        'class="z">null',
        'class="z">[]',
        "[ 2 ]",
    ):
        assert part in html
    assert 'aria-label="Facts"' in html


@pytest.mark.parametrize("value", ["<b>", {"<b>": 1}, ["<b>"], {"a": {"<b>": "<b>"}}])
def test_a_tree_escapes_keys_and_values(value):
    assert "<b>" not in tree(value, "<b>")


def test_a_tree_of_very_much_says_how_much_it_leaves_out():
    html = tree({"a": [0] * 10_000, "z": "the last"}, "Facts")

    assert "9900 more, not shown" in html
    assert "the last" in html
    assert tree([[0] * 50] * 50, "Facts").count("<li>") <= MOST_NODES + 51


def test_the_rest_of_a_tree_is_a_link_that_works_without_script():
    html = tree({"a/b": [0] * 150}, "Facts", "/there")

    assert 'href="/there?at=%2Fa~1b&amp;start=100"' in html
    assert "Show 50 more" in html
    assert branch([0] * 150, "/a~1b", 100, "/there").count("<li>") == 50


def test_a_long_text_opens_and_the_end_of_a_very_long_one_is_a_link():
    assert '<details class="long">' in tree({"text": "x" * 241}, "Facts", "/there")
    assert "at=%2Ftext" in tree({"text": "x" * (MOST_CHARACTERS + 1)}, "Facts", "/there")


def test_what_turns_or_hides_text_is_shown_and_emoji_stay_whole():
    html = tree({"note": "pay \u202e001 \u200bnow", "family": "\U0001f469\u200d\U0001f467"}, "Facts")

    assert "\\u202e001 \\u200bnow" in html
    assert "\U0001f469\u200d\U0001f467" in html


def test_a_very_long_text_says_how_much_it_leaves_out():
    assert "and 500 characters more" in tree("x" * (MOST_CHARACTERS + 500), "Facts")


# ---------- Ledger lines ----------


def test_every_verb_that_is_recorded_has_a_sentence():
    """A new verb needs its line, or the story of a unit would have a gap in it."""
    recorded = set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "tests" not in path.parts:
                recorded |= set(re.findall(r'record\(\s*"([a-z]+\.[a-z_]+)"', path.read_text()))
    dynamic = {"intervention.expired", "delivery.made", "delivery.failed"}

    assert recorded - set(LINES) - {"intervention.decided"} == set()
    assert dynamic <= set(LINES)


@pytest.mark.parametrize("verb", [*LINES, "something.new"])
def test_every_line_has_its_words_its_verb_and_no_markup_of_others(verb):
    html = happened(entry(verb, reason="<script>", gate="<i>", guardian="<i>", version=3))

    assert verb in html
    assert "<script>" not in html
    assert "<i>" not in html
    assert "%(" not in html
    assert len(words_of(html)) > len(verb)


@pytest.mark.parametrize("verb", [*LINES, "something.new"])
def test_every_line_is_told_in_plain_words_as_well(verb):
    said = sentence_of(entry(verb, gate="loans", guardian="limit", version=3))

    assert "<b>" not in said
    assert "%(" not in said
    assert said


@pytest.mark.parametrize("verdict", DECIDED)
def test_a_decision_is_told_by_its_verdict(verdict):
    assert "Ada &lt;Nyström&gt;" in happened(entry("intervention.decided", verdict=verdict, source="human"))


def test_a_question_that_fell_away_is_nobodys_decision():
    html = happened(entry("intervention.decided", verdict="cancelled", source="superseded"))

    assert "Ada" not in html
    assert "fell away with its unit" in html


def test_a_question_raised_by_a_guardian_names_the_guardian():
    assert words_of(happened(entry("intervention.raised", guardian="limit v3"))).startswith("limit v3 held it")


# ---------- Plots ----------


@pytest.mark.parametrize(
    "most, top", [(0, 1), (1, 1), (5, 5), (6, 6), (9, 10), (11, 15), (26, 30), (99, 100), (101, 150), (4_321, 5_000)]
)
def test_a_scale_ends_at_a_round_figure(most, top):
    scale = Scale(most)

    assert scale.top == top
    assert 2 <= len(scale.ticks) <= 6
    assert scale.ticks[0] == (0, 196)
    assert scale.ticks[-1] == (top, 8)


def test_what_is_not_nothing_can_be_seen():
    assert Scale(100_000).height(1) == 1
    assert Scale(100_000).height(0) == 0


def rhythm(counts: list[tuple[int, int]], bins: list[Bin], step: int = HOUR) -> Rhythm:
    starts = [NOON + timedelta(seconds=step * at) for at in range(len(counts) + 1)]
    steps = [Step(since, until, *pair, 0) for since, until, pair in zip(starts, starts[1:], counts, strict=False)]
    period = Period(NOON, NOON + timedelta(seconds=step * len(counts)))
    return Rhythm(period, steps, 0, None, bins, [], None)


@pytest.mark.parametrize("plot", [waiting_plot, flow_plot])
def test_a_plot_of_nothing_is_a_line_on_the_axis(plot):
    drawn = plot(rhythm([(0, 0)] * 24, []))

    assert set(re.findall(r" (\d+\.\d)", drawn["lines"][0])) == {"100.0"}


def test_a_day_is_labelled_by_the_hour_and_a_month_by_the_day():
    hours = flow_plot(rhythm([(1, 1)] * 24, []))["labels"]
    days = flow_plot(rhythm([(1, 1)] * 30, [], step=DAY))["labels"]

    assert hours[0].words == "12:00"
    assert days[0].words == "20 Nov"
    assert max(len(hours), len(days)) <= 7


def test_late_answers_stand_on_top_of_those_in_time():
    drawn = answer_plot(rhythm([(0, 0)], [Bin(2, 4, 8, 2), Bin(4, 8, 0, 10)]), SimpleNamespace(median=4, p90=8, p99=8))
    first, second = drawn["bars"]

    assert first.y + first.height == 196
    assert first.late_y + first.late_height == first.y
    assert (second.height, second.late_height) == (0, 125)


def test_a_mark_lies_in_the_bin_its_time_falls_into():
    bins = [Bin(2, 4, 1, 0), Bin(4, 8, 1, 0), Bin(8, 15, 1, 0), Bin(15, 30, 1, 0)]
    median, p90, _p99 = answer_plot(rhythm([(0, 0)], bins), SimpleNamespace(median=4, p90=29, p99=29))["marks"]

    assert median.x == "25.00%"
    assert 75 < float(p90.x.rstrip("%")) < 100
    assert p90.anchor == "end"


@pytest.mark.parametrize("low, words", [(0, "0 s"), (30, "30 s"), (120, "2 min"), (HOUR, "1 h"), (3 * DAY, "3 d")])
def test_a_bin_is_named_for_where_it_begins(low, words):
    assert bin_words(Bin(low, None, 0, 0)) == words


def test_a_unit_is_said_where_it_changes():
    bins = [Bin(low, None, 1, 0) for low in (15, 30, 60, 120, 240)]
    drawn = answer_plot(rhythm([(0, 0)], bins), SimpleNamespace(median=20, p90=20, p99=20))

    assert [label.words for label in drawn["labels"]] == ["15 s", "30 s", "1 min", "2 min", "4"]
