"""Page-shaped reads of questions."""

from interventions.queries.detail import intervention_for
from interventions.queries.lists import Filters, Page, all_for, history_for, queue_for, with_row
from interventions.queries.metrics import metrics_for
from interventions.queries.moments import moment
from interventions.queries.wording import as_brief, as_decision, as_full, as_hold, letter_about

__all__ = [
    "Filters",
    "Page",
    "all_for",
    "as_brief",
    "as_decision",
    "as_full",
    "as_hold",
    "history_for",
    "intervention_for",
    "letter_about",
    "metrics_for",
    "moment",
    "queue_for",
    "with_row",
]
