"""People around a question: who looks at it, whom a comment names."""

from collections.abc import Sequence

from django import template
from django.utils import timezone
from django.utils.html import escape, format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import queries as accounts
from accounts.models import Absence, Membership
from interventions.models import Comment, Intervention
from interventions.queries.hands import lookers_at
from interventions.queries.mentions import pieces_of

register = template.Library()


@register.simple_tag
def lookers(question: Intervention, viewer: Membership) -> Sequence[Membership]:
    """Who else has an open question in front of them: `{% lookers i actor as others %}`."""
    return lookers_at(question, timezone.now(), viewer) if question.is_open else []


@register.simple_tag
def absence_of(member: Membership) -> Absence | None:
    return accounts.absence_of(member)


@register.simple_tag
def members_beside(member: Membership) -> Sequence[Membership]:
    """Who else there is: whom one may choose to stand in."""
    return accounts.members_beside(member)


@register.filter
def looking_words(members: Sequence[Membership]) -> str:
    """In one sentence, however many they are."""
    if len(members) == 1:
        return _("%(name)s is looking at this") % {"name": members[0].name}
    first, second = (one.name for one in members[:2])
    if len(members) == 2:
        return _("%(first)s and %(second)s are looking at this") % {"first": first, "second": second}
    more = len(members) - 2
    return ngettext(
        "%(first)s, %(second)s and %(n)s more are looking at this",
        "%(first)s, %(second)s and %(n)s more are looking at this",
        more,
    ) % {"first": first, "second": second, "n": more}


@register.filter
def words_of(said: Comment) -> SafeString:
    """What somebody wrote, in its paragraphs, with the names of those it mentions marked. Nothing in it is trusted."""
    parts = [
        format_html('<b class="mention" data-who="{}">@{}</b>', piece.member.pk, piece.text)
        if piece.member
        else escape(piece.text)
        for piece in pieces_of(said.body, said.mentions.all())
    ]
    return mark_safe(linebreaks("".join(parts), autoescape=False))  # noqa: S308  # nosec B308 B703 -- each part is escaped above
