"""The clock of a row in the queue: words and a state, because fifty are a page. The style sheet draws the ring.

static/js/clock.js says the same for the seconds after the page was sent.
"""

from datetime import UTC, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chameleon.templatetags.clocks import clock, due_state, due_word, roughly, seconds_since
from chameleon.templatetags.ui import CALLERS
from interventions.models import Intervention

register = template.Library()


@register.simple_tag
def row_clock(question: Intervention) -> SafeString:
    """Time until it is due, and below it its age; once it is overdue, the time until it expires."""
    stands = question.stands_since
    now = stands or datetime.now(UTC)
    left = (question.due_at - now).total_seconds()
    state = "paused" if stands else due_state(left, (question.due_at - question.created_at).total_seconds())
    return format_html(
        '<div class="row__due due"{}><b>{}</b> <small>{}</small><i>{}</i></div>',
        format_html(' data-state="{}"', state) if state != "fresh" else "",
        clock(abs(left)),
        due_word(state),
        _below(question, state),
    )


@register.simple_tag
def whole_seconds(question: Intervention) -> int:
    """From when it was asked until it is due: the whole of the ring."""
    return round((question.due_at - question.created_at).total_seconds())


@register.simple_tag
def grace_seconds(question: Intervention) -> int:
    """From when it is due until it expires."""
    return round((question.expires_at - question.due_at).total_seconds())


@register.filter
def caller_word(state: str) -> str:
    return str(CALLERS[state][2])


def _below(question: Intervention, state: str) -> str:
    until = (question.expires_at - datetime.now(UTC)).total_seconds()
    if state == "overdue" and until > 0:
        return _("expires in %(clock)s") % {"clock": clock(until)}
    return _("%(span)s old") % {"span": roughly(seconds_since(question.created_at))}
