"""Who is meant by `@bo` and `@"Bo Lindqvist"` in what somebody wrote, and what has lately been said to somebody."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Membership
from accounts.queries import members_of
from audit.models import Entry
from interventions.models import Comment, Intervention

MOST_NAMES = 20  # in one comment; who writes more is not talking to anybody
MOST_NEWS = 5
MOST_SUGGESTED = 8
MOST_LINES = 200
NEWS_FOR = timedelta(minutes=10)

# Lines of the ledger that are about a member: their `to_id`.
GIVEN = {"intervention.assigned": "assigned", "intervention.handed_over": "handed_over", "claim.lapsed": "lapsed"}

NEWS = {
    "mentioned": gettext_noop("%(who)s mentioned you:"),
    "replied": gettext_noop("%(who)s replied to you:"),
    "assigned": gettext_noop("%(who)s assigned this to you:"),
    "handed_over": gettext_noop("%(who)s handed this over to you:"),
    "lapsed": gettext_noop("Your claim has lapsed:"),
}

# Not in the middle of a word, as in an address of mail. Phones turn straight quotes into curly ones.
MENTION = re.compile(r'(?<![\w@.+-])@(?:["“”]([^"“”\n]{1,200})["“”]|([\w.@+-]{1,150}))')
SEEING = ("interventions.view_intervention", "interventions.decide_intervention")


class Piece(NamedTuple):
    """A part of what was written; `member` is who it names."""

    text: str
    member: Membership | None = None


def mentioned_in(text: str, actor: Membership, platform_id: int | None = None) -> list[Membership]:
    """The members whom the text names, who may see questions of that platform; not the one who wrote it."""
    wanted: set[str] = set()
    for match in MENTION.finditer(text):
        wanted |= _names_of(match)
        if len(wanted) >= 2 * MOST_NAMES:
            break
    if not wanted:
        return []
    ours = members_of(actor.organization_id)
    named = ours.alias(nick=Lower("pilot__username"), full=Lower("pilot__name"))
    found = named.filter(Q(nick__in=wanted) | Q(full__in=wanted)).exclude(pk=actor.pk).order_by("pk")[:MOST_NAMES]
    return [one for one in found if one.reach(*SEEING).covers(platform_id)]


def pieces_of(text: str, members: Iterable[Membership]) -> Iterator[Piece]:
    """The text, cut where it names one of those who were mentioned in it."""
    known = {name: one for one in members for name in (one.pilot.username.lower(), one.name.lower())}
    at = 0
    for start, end, name in _places_of(text, known):
        yield Piece(text[at:start])
        yield Piece(known[name].name, known[name])
        at = end
    yield Piece(text[at:])


def renamed(text: str, names: Iterable[str], name: str) -> str:
    """The text with every mention by one of these names made a mention of that name instead."""
    at, parts = 0, []
    for start, end, _name in _places_of(text, {one.lower() for one in names}):
        parts += [text[at:start], f'@"{name}"']
        at = end
    return "".join([*parts, text[at:]])


def suggestions(actor: Membership, begin: str) -> list[dict[str, str]]:
    """Whom one may mean who has begun to write a name."""
    begin = begin.replace("\x00", "")[:100]
    ours = members_of(actor.organization_id)
    fit = ours.exclude(pk=actor.pk).filter(
        Q(pilot__username__istartswith=begin)
        | Q(pilot__name__istartswith=begin)
        | Q(pilot__name__icontains=f" {begin}")
    )
    found = fit.order_by("pilot__name", "pilot__username")[:MOST_SUGGESTED]
    return [{"username": one.pilot.username, "name": one.name} for one in found]


def news_for(member: Membership, since: datetime | None = None) -> list[dict[str, Any]]:
    """What was lately said or given to a member: mentions, replies to what they asked back, questions put to them."""
    since = since or datetime.now(UTC) - NEWS_FOR
    told = [*_said_to(member, since), *_given_to(member, since)]
    return sorted(told, key=lambda one: int(one["at"]))[-MOST_NEWS:]


def _places_of(text: str, known: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """Where the text mentions one of the known names: from, to, and which."""
    for found in MENTION.finditer(text):
        name = next((name for name in sorted(_names_of(found), key=len, reverse=True) if name in known), None)
        if name is not None:
            yield found.start(), found.end() if found[1] else found.start() + 1 + len(name), name


def _names_of(found: re.Match[str]) -> set[str]:
    """What may be meant: a full stop after a name belongs to the sentence, unless it belongs to the name."""
    if found[1]:
        return {found[1].strip().lower()}
    return {found[2].lower(), found[2].rstrip(".@+-").lower()} - {""}


def _said_to(member: Membership, since: datetime) -> list[dict[str, Any]]:
    asked = Comment.objects.filter(
        intervention=OuterRef("intervention"), by=member, kind=Comment.Kind.QUESTION, pk__lt=OuterRef("pk")
    )
    meant = Q(mentions=member) | Q(Exists(asked), kind=Comment.Kind.REPLY)
    meant &= member.reach(*SEEING).rows("intervention__platform")  # as it is now: it may have been more then
    said = Comment.objects.filter(meant, at__gte=since).exclude(by=member).distinct().order_by("-pk")[:MOST_NEWS]
    return [
        _news("replied" if one.kind == Comment.Kind.REPLY else "mentioned", one.by.name, one.intervention, one.at)
        for one in said.select_related("by__pilot", "intervention")
    ]


def _given_to(member: Membership, since: datetime) -> list[dict[str, Any]]:
    lines = Entry.objects.filter(organization=member.organization_id, verb__in=GIVEN).order_by("-id")[:MOST_LINES]
    theirs = [
        line
        for line in lines
        if line.data.get("to_id") == member.pilot.public_id and line.at >= since and line.actor_id != member.pk
    ]
    seen = Intervention.objects.filter(member.reach(*SEEING).rows()).only("title")
    titles = seen.in_bulk([UUID(line.subject_id) for line in theirs])
    given = [(line, titles.get(UUID(line.subject_id))) for line in theirs]
    return [_news(GIVEN[line.verb], line.actor_name, question, line.at) for line, question in given if question]


def _news(what: str, who: str, question: Intervention, at: datetime) -> dict[str, Any]:
    return {
        "what": what,
        "said": _(NEWS[what]) % {"who": who},
        "title": question.title,
        "url": reverse("interventions:detail", args=[question.pk]),
        "at": round(at.timestamp() * 1000),
    }
