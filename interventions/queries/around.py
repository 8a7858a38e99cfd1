"""What stands around a question: the other questions of its unit, and where its links lead."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from django.urls import reverse

from accounts.models import Membership
from interventions.models import Intervention

MOST_OTHERS = 5


class Link(NamedTuple):
    """An address somebody outside gave. `host` is where it leads, whatever its title says."""

    url: str
    title: str
    host: str
    media_type: str


class Subject(NamedTuple):
    """What a ledger line is about, for lines that are about another question."""

    title: str
    url: str


def links_of(question: Intervention) -> list[Link]:
    """Those that lead to a web page; nothing else is made a link."""
    given = question.links if isinstance(question.links, list) else []
    found = (_link(one) for one in given if isinstance(one, dict))
    return [link for link in found if link is not None]


def others_of(question: Intervention, actor: Membership) -> list[Intervention]:
    """The other questions of the same unit that `actor` may see, the latest MOST_OTHERS, oldest first."""
    if question.unit_id is None:
        return []
    found = Intervention.objects.visible_to(actor).filter(unit=question.unit_id).exclude(pk=question.pk)
    found = found.only("title", "status", "kind", "created_at", "settled_at", "resolution_source")
    return list(found.order_by("-pk")[:MOST_OTHERS])[::-1]


def subjects_of(questions: Sequence[Intervention]) -> dict[tuple[str, str], Subject]:
    """By what a ledger line names them."""
    pages = ((one, reverse("interventions:detail", args=[one.pk])) for one in questions)
    return {("intervention", str(one.pk)): Subject(one.title, url) for one, url in pages}


def _link(given: dict[str, object]) -> Link | None:
    url, title = str(given.get("url", "")), str(given.get("title") or "")
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme in {"http", "https"} else None
    except ValueError:
        return None
    return Link(url, title or url, host, str(given.get("media_type") or "")) if host else None
