"""What was settled within a span, and how long it took: the words every count of it is made of."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, F, FloatField, Func, Q

from interventions.models import InterventionQuerySet, Source

BY_PILOTS = Q(resolution_source__in=(Source.HUMAN, Source.QUORUM))  # settled by people: the time taken is theirs


class Percentiles(Aggregate):
    """Median and ninetieth percentile in one sort, interpolated between rows."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY %(expressions)s)"
    arity = 1
    output_field = ArrayField(FloatField())


# Seconds from asked to settled. DATE_PART because EXTRACT answers in NUMERIC, which sorts at half the speed.
TOOK = Func(
    F("settled_at") - F("created_at"),
    template="DATE_PART('epoch', %(expressions)s)",
    output_field=FloatField(),
)


def during(
    found: InterventionQuerySet, field: str, since: datetime | None, until: datetime | None
) -> InterventionQuerySet:
    if since is not None:
        found = found.filter(**{f"{field}__gte": since})
    if until is not None:
        found = found.filter(**{f"{field}__lt": until})
    return found
