"""Plots drawn by the server: sizes are attributes of the SVG, text stands outside what is stretched.

An area is 188 px high and as wide as there is room: x in percent, y in pixels from 8 (the top of the scale) to 196.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chameleon.templatetags.clocks import timespan
from interventions.queries.care import Care
from interventions.queries.counting import DAY, HOUR
from interventions.queries.rhythm import Bin, Period, Rhythm, Step
from interventions.queries.skin import Skin
from interventions.queries.tally import Times

register = template.Library()

TOP, BOTTOM = 8, 196
MOST_LABELS = 7
SCALE, BASE = 22, 27  # px, of the highest scale of the skin, on its ground: the notches stand above it
GAP = 0.12  # of a slot, between two bars


class Label(NamedTuple):
    """Words under the axis. Every other one gives way on a phone."""

    x: str
    words: str
    anchor: str
    gives_way: bool


class Mark(NamedTuple):
    """Words at a point of the plot; with `is_line`, a line through the whole height."""

    x: str
    y: int
    words: str
    anchor: str
    is_line: bool = False


class Bar(NamedTuple):
    """One bar: the part in time, and the late part on top of it."""

    x: str
    width: str
    y: int
    height: int
    late_y: int
    late_height: int


class Way(NamedTuple):
    """A part of the plot that leads to the questions it is drawn from. The table beside it has the same links."""

    x: str
    width: str
    query: str
    words: str


@register.inclusion_tag("plots/lines.html")
def waiting_plot(rhythm: Rhythm) -> dict[str, Any]:
    """How many waited when each step began, and at the end."""
    values = [step.waiting for step in rhythm.steps] + [rhythm.waiting]
    scale = Scale(max(values))
    xs = [100 * at / len(rhythm.steps) for at in range(len(values))]
    line = _path(xs, values, scale)
    summary = _("Between %(least)d and %(most)d waited, %(now)d at the end. The table below has every step.")
    return {
        "summary": summary % {"least": min(values), "most": max(values), "now": values[-1]},
        "scale": scale.ticks,
        "fill": f"{line} L1000 100 L0 100Z",
        "lines": [line],
        "labels": _time_labels(rhythm.period),
        "marks": [Mark("100%", scale.y(values[-1]) - 8, _("%(count)d at the end") % {"count": values[-1]}, "end")],
        "ways": _ways(rhythm, lambda step: (step.as_waiting, _("%(count)d waiting") % {"count": step.waiting})),
    }


@register.inclusion_tag("plots/lines.html")
def flow_plot(rhythm: Rhythm) -> dict[str, Any]:
    """What arrived in each step, and what was settled."""
    arrived, settled = [step.arrived for step in rhythm.steps], [step.settled for step in rhythm.steps]
    scale = Scale(max(*arrived, *settled))
    xs = [100 * (at + 0.5) / len(arrived) for at in range(len(arrived))]
    most = arrived.index(max(arrived))
    summary = _("%(arrived)d arrived and %(settled)d were settled. The table below has every step.")
    words = _("%(count)d arrived") % {"count": arrived[most]}
    mark = Mark(_percent(xs[most]), scale.y(arrived[most]) - 8, words, _anchor(xs[most]))
    return {
        "summary": summary % {"arrived": sum(arrived), "settled": sum(settled)},
        "scale": scale.ticks,
        "lines": [_path(xs, arrived, scale), _path(xs, settled, scale)],
        "labels": _time_labels(rhythm.period),
        "marks": [mark] if arrived[most] else [],
        "ways": _ways(rhythm, lambda step: (step.as_settled, _("%(count)d settled") % {"count": step.settled})),
    }


@register.inclusion_tag("plots/bars.html")
def answer_plot(rhythm: Rhythm, times: Times) -> dict[str, Any]:
    """How long pilots took, in bins each about twice the last. `times`: median, p90 and p99 in seconds."""
    bins = rhythm.bins
    scale = Scale(max(one.in_time + one.late for one in bins) * 4 // 3)  # room above the bars for the marks
    summary = _(
        "%(count)d answers of pilots. Median %(median)s, nine of ten within %(p90)s, all but one of a hundred within "
        "%(p99)s. %(late)d came late."
    )
    words = {"median": timespan(times.median), "p90": timespan(times.p90), "p99": timespan(times.p99)}
    marks = [
        (times.median, 20, 25, _("median %(span)s") % {"span": words["median"]}),
        (times.p90, 38, 75, _("p90 %(span)s") % {"span": words["p90"]}),
        (times.p99, 56, 75, _("p99 %(span)s") % {"span": words["p99"]}),
    ]
    return {
        "summary": summary % {"count": rhythm.decided, "late": rhythm.late, **words},
        "scale": scale.ticks,
        "bars": [_bar(at, one, bins, scale) for at, one in enumerate(bins)],
        "labels": _bin_labels(bins),
        "marks": [_line_at(bins, seconds or 0, y, turns_at, said) for seconds, y, turns_at, said in marks],
        "ways": [
            Way(
                _percent(100 * at / len(bins)),
                _percent(100 / len(bins)),
                f"{rhythm.period.as_answered}&{one.as_took}",
                said,
            )
            for at, one in enumerate(bins)
            if (said := _("%(count)d answers") % {"count": one.in_time + one.late})
        ],
    }


@register.inclusion_tag("plots/share.html")
def stages_plot(care: Care) -> dict[str, Any]:
    """Where the time went, as the parts of one bar; the words are in the legend and in the table."""
    x, parts = 0.0, []
    for at, stage in enumerate(care.stages, 1):
        parts.append((f"{x:.2f}%", _percent(stage.share), at))
        x += stage.share
    said = ", ".join(f"{stage.words} {stage.share:.0f} %" for stage in care.stages)
    return {"parts": parts, "summary": _("Where the time went: %(parts)s.") % {"parts": said}}


@register.inclusion_tag("plots/skin.html")
def skin(drawn: Skin) -> dict[str, Any]:
    """The last hour as scales: taller where more waited, red and with a notch above where something was overdue."""
    most = max(*drawn.waiting, 1)
    tops = [BASE - max(round(SCALE * count / most), 1) for count in drawn.waiting]
    scales = [(3 * at + 1, tops[at], late) for at, late in enumerate(drawn.overdue) if drawn.waiting[at]]
    return {
        "calm": "".join(f"M{x} {BASE}V{top}" for x, top, late in scales if not late),
        "late": "".join(f"M{x} {BASE}V{top}M{x} 0V3" for x, top, late in scales if late),
        "summary": _skin_words(drawn),
    }


def _skin_words(drawn: Skin) -> str:
    waiting = _("The last hour: from %(least)d to %(most)d waiting") % {
        "least": min(drawn.waiting),
        "most": max(drawn.waiting),
    }
    if drawn.since_overdue is None:
        return _("%(waiting)s, nothing overdue.") % {"waiting": waiting}
    if drawn.since_overdue == 0:
        late = ngettext(
            "overdue work in %(count)d minute of it, and now.",
            "overdue work in %(count)d minutes of it, and now.",
            drawn.minutes_overdue,
        )
    else:
        late = ngettext(
            "overdue work in %(count)d minute of it, the latest %(ago)s ago.",
            "overdue work in %(count)d minutes of it, the latest %(ago)s ago.",
            drawn.minutes_overdue,
        )
    told = late % {"count": drawn.minutes_overdue, "ago": timespan(drawn.since_overdue * 60)}
    return _("%(waiting)s, %(late)s") % {"waiting": waiting, "late": told}


@register.filter
def bin_words(one: Bin) -> str:
    """Where a bin begins: 0 s, 2 s, 1 min, 4 h, 3 d."""
    if one.low >= DAY:
        return _("%(days)d d") % {"days": one.low // DAY}
    return _("%(hours)d h") % {"hours": one.low // HOUR} if one.low >= HOUR else timespan(one.low)


@register.filter
def step_words(at: datetime, period: Period) -> str:
    """When a step begins: the time of day, with the date where days matter, or the date alone."""
    local = timezone.localtime(at)
    if period.step >= DAY:
        return date_format(local, "j M")
    return date_format(local, "H:i" if period.seconds <= DAY + HOUR else "j M, H:i")


def _ways(rhythm: Rhythm, about: Callable[[Step], tuple[str, str]]) -> list[Way]:
    width = 100 / len(rhythm.steps)
    ways = []
    for at, step in enumerate(rhythm.steps):
        query, said = about(step)
        ways.append(
            Way(_percent(at * width), _percent(width), query, f"{step_words(step.since, rhythm.period)}: {said}")
        )
    return ways


@register.simple_tag
def leads(count: int, *query: object, to: str = "history") -> SafeString:
    """A count that leads to exactly those questions: `{% leads of.decided period.as_answered "&gate=" key %}`."""
    if not count:
        return SafeString("0")
    return format_html('<a href="{}?{}">{}</a>', reverse(f"interventions:{to}"), "".join(map(str, query)), count)


class Scale:
    """From nothing to a round figure at or above the most, with a tick at every round step."""

    def __init__(self, most: int) -> None:
        step = _round_step(most)
        self.top = max(math.ceil(most / step) * step, step)
        self.ticks = [(value, self.y(value)) for value in range(0, self.top + 1, step)]

    def y(self, value: int) -> int:
        return BOTTOM - self.height(value)

    def height(self, value: int) -> int:
        """In whole pixels; what is not nothing can be seen."""
        return max(round((BOTTOM - TOP) * value / self.top), 1 if value else 0)


def _round_step(most: int) -> int:
    """1, 2 or 5 times a power of ten, so that there are at most five steps."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if most <= 5 * digit * power:
                return digit * power
        power *= 10


def _path(xs: Sequence[float], values: Sequence[int], scale: Scale) -> str:
    """A line in a box of 1000 by 100 that is stretched over the area."""
    points = [f"{10 * x:.1f} {100 - 100 * value / scale.top:.1f}" for x, value in zip(xs, values, strict=True)]
    return "M" + " L".join(points if len(points) > 1 else points * 2)


def _bar(at: int, one: Bin, bins: Sequence[Bin], scale: Scale) -> Bar:
    slot = 100 / len(bins)
    x, width = _percent(slot * (at + GAP / 2)), _percent(slot * (1 - GAP))
    height, late = scale.height(one.in_time), scale.height(one.late)
    return Bar(x, width, BOTTOM - height, height, BOTTOM - height - late, late)


def _line_at(bins: Sequence[Bin], seconds: float, y: int, turns_at: int, words: str) -> Mark:
    """Its words stand right of it, beyond `turns_at` percent left of it: those of the median out of the others' way."""
    x = 100 * _place(bins, seconds) / len(bins)
    return Mark(_percent(x), y, words, "end" if x > turns_at else "start", is_line=True)


def _place(bins: Sequence[Bin], seconds: float) -> float:
    """Where a time falls among the bins, which grow by doubling: so within one, by its logarithm."""
    for at, one in enumerate(bins):
        if one.high is None:
            return at + 0.5
        if seconds < one.high:
            low = max(one.low, 1)
            return at + min(max(math.log(max(seconds, low) / low) / math.log(one.high / low), 0), 1)
    return len(bins)


def _time_labels(period: Period) -> list[Label]:
    starts = period.starts
    every = math.ceil(len(starts) / MOST_LABELS)
    if period.step * every > 6 * HOUR and period.step < DAY:
        every = math.ceil(every / (DAY // period.step)) * (DAY // period.step)  # then only midnights
    chosen = range(0, len(starts), every)
    form = "H:i" if period.step * every < DAY else "j M"
    labels = _labels(starts, chosen, lambda at: date_format(timezone.localtime(at), form))
    return [label._replace(anchor=_anchor(float(label.x.rstrip("%")))) for label in labels]


def _bin_labels(bins: Sequence[Bin]) -> list[Label]:
    """A unit is said where it changes; twice, because a phone shows only every other label."""
    words = [bin_words(one) for one in bins]
    units = [one.split()[-1] for one in words]
    said = [one if at < 2 or units[at] != units[at - 2] else one.split()[0] for at, one in enumerate(words)]
    return [label._replace(words=one) for label, one in zip(_labels(bins, range(len(bins)), str), said, strict=True)]


def _labels(things: Sequence[Any], chosen: Iterable[int], words: Callable[[Any], str]) -> list[Label]:
    """Where the chosen ones of the things side by side begin."""
    return [
        Label(_percent(100 * at / len(things)), words(things[at]), "start", order % 2 == 1)
        for order, at in enumerate(chosen)
    ]


def _percent(x: float) -> str:
    return f"{x:.2f}%"


def _anchor(x: float) -> str:
    """Centred below or above its point, but never beyond the edges."""
    if x < 6:
        return "start"
    return "end" if x > 94 else "middle"
