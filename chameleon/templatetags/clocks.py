"""How every page says time: clocks, spans, points in time.

Said again in static/js/words.js, for the seconds after the page was sent.
"""

from datetime import UTC, datetime, timedelta
from math import ceil

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from live.frames import cursor

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400


@register.simple_tag
def fuse(
    due_at: datetime | None, created_at: datetime, paused_at: datetime | None = None, size: str = ""
) -> SafeString:
    """The ring that empties and the clock beside it. static/js/clock.js keeps both true.

    Warns at half of the time and turns stale at a fifth. Nothing when there is no due time.
    """
    if due_at is None:
        return SafeString("")
    now = paused_at or datetime.now(UTC)
    left, whole = (due_at - now).total_seconds(), (due_at - created_at).total_seconds()
    state = "paused" if paused_at else due_state(left, whole)
    return format_html(
        '<span class="due{}" data-state="{}" data-due-at="{}" data-created-at="{}"{}>{}'
        "<span><span>{}</span> <small>{}</small></span></span>",
        f" due--{size}" if size else "",
        state,
        _epoch_ms(due_at),
        _epoch_ms(created_at),
        format_html(' data-paused-at="{}"', _epoch_ms(paused_at)) if paused_at else "",
        _ring(left, whole),
        clock(abs(left)),
        due_word(state, size),
    )


def due_state(left: float, whole: float) -> str:
    if left <= 0:
        return "overdue"
    if left <= whole / 5:
        return "stale"
    return "warn" if left <= whole / 2 else "fresh"


def due_word(state: str, size: str = "") -> str:
    if state == "overdue":
        return _("over its due time") if size else pgettext("clock", "over")
    return pgettext("clock", "paused") if state == "paused" else pgettext("clock", "left")


@register.simple_tag
def age(since: datetime, marks: str = "") -> SafeString:
    """How old something is, coarsely: "17 min old". `marks` is its class."""
    return _span_since(since, "old", _("%(span)s old"), marks)


@register.simple_tag
def ago(at: datetime) -> SafeString:
    """How long ago something happened, coarsely: "4 s ago"."""
    return _span_since(at, "ago", _("%(span)s ago"))


@register.simple_tag
def at(when: datetime, form: str = "time") -> SafeString:
    """A point in time: `time` 14:07:32, `minute` 14:07, `date` 20 Nov, 14:07. The browser turns it to its own zone."""
    local = timezone.localtime(when)
    return format_html(
        '<time datetime="{}" data-local="{}">{}</time>', when.isoformat(), form, date_format(local, _FORMS[form])
    )


def clock(value: float | timedelta) -> str:
    """A countdown: 4:05, 1 h 12, 3 d 4 h."""
    seconds = int(_seconds(value))
    if seconds >= HOUR:
        return _long(seconds)
    return f"{seconds // MINUTE}:{seconds % MINUTE:02}"


@register.filter
def timespan(value: float | timedelta | None) -> str:
    """A duration: 31 µs, 0.3 ms, 38 s, 1 min 12, 1 h 03, 3 d 4 h. A dash when there is none."""
    if value is None:
        return "\N{EN DASH}"
    seconds = _seconds(value)
    if seconds and seconds < 1:
        return f"{seconds * 1e6:.0f} µs" if seconds < 1e-4 else f"{seconds * 1e3:.{0 if seconds >= 1e-2 else 1}f} ms"
    whole = round(seconds)
    if whole < MINUTE:
        return _("%(seconds)d s") % {"seconds": whole}
    if whole >= HOUR:
        return _long(whole)
    if whole % MINUTE == 0:
        return _("%(minutes)d min") % {"minutes": whole // MINUTE}
    return _("%(minutes)d min %(seconds)02d") % {"minutes": whole // MINUTE, "seconds": whole % MINUTE}


def roughly(value: float | timedelta) -> str:
    """A duration in one unit: 38 s, 17 min, 3 h, 5 d."""
    seconds = int(_seconds(value))
    if seconds < MINUTE:
        return _("%(seconds)d s") % {"seconds": seconds}
    if seconds < HOUR:
        return _("%(minutes)d min") % {"minutes": seconds // MINUTE}
    if seconds < 2 * DAY:
        return _("%(hours)d h") % {"hours": seconds // HOUR}
    return _("%(days)d d") % {"days": seconds // DAY}


def seconds_since(at: datetime) -> float:
    return max((datetime.now(UTC) - at).total_seconds(), 0)


@register.simple_tag
def live_since() -> str:
    """Where the wire takes over from this page."""
    return cursor()


@register.simple_tag
def now_ms() -> int:
    """The server's clock, for browsers whose own is wrong."""
    return _epoch_ms(datetime.now(UTC))


@register.filter
def seconds_left(until: datetime) -> int:
    """Whole seconds until then, 0 at the least."""
    return max(0, ceil((until - datetime.now(UTC)).total_seconds()))


@register.filter
def epoch_ms(value: datetime | None) -> int | str:
    return "" if value is None else _epoch_ms(value)


_FORMS = {"time": "H:i:s", "minute": "H:i", "date": "j M, H:i"}

# Every shape of the fuse at once; the state picks by CSS, so that the clock never redraws.
_RING = (
    '<svg class="fuse" viewBox="0 0 20 20" aria-hidden="true"><circle class="fuse__track"/>'
    '<circle class="fuse__left" pathLength="100" stroke-dasharray="{} 100"/><circle class="fuse__disc"/>'
    '<path class="fuse__sign" d="M10 5v6M10 14.6v.1"/><path class="fuse__bars" d="M8 7v6M12 7v6"/></svg>'
)


def _ring(left: float, whole: float) -> SafeString:
    share = 0 if whole <= 0 else round(100 * min(max(left / whole, 0), 1))
    return format_html(_RING, share)


def _span_since(at: datetime, manner: str, words: str, marks: str = "") -> SafeString:
    return format_html(
        '<time{} datetime="{}" data-since="{}" data-manner="{}">{}</time>',
        format_html(' class="{}"', marks) if marks else "",
        at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        _epoch_ms(at),
        manner,
        words % {"span": roughly(seconds_since(at))},
    )


def _long(seconds: int) -> str:
    if seconds >= 2 * DAY:
        return _("%(days)d d %(hours)d h") % {"days": seconds // DAY, "hours": seconds % DAY // HOUR}
    return _("%(hours)d h %(minutes)02d") % {"hours": seconds // HOUR, "minutes": seconds % HOUR // MINUTE}


def _seconds(value: float | timedelta) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def _epoch_ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
