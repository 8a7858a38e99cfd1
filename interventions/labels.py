"""What a question may carry besides its content: tags to find it by, and links to what there is to look at."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from kit.canonical import check_json
from kit.errors import BadInput

MOST_TAGS = MOST_LINKS = 20
TAG_LENGTH = 40
LINK_LENGTHS = {"title": 200, "url": 2000, "media_type": 100}


def check_tags(tags: Sequence[Any]) -> None:
    """Raises BadInput naming the tag."""
    if len(tags) > MOST_TAGS:
        raise BadInput.field("tags", _("at most %(most)s") % {"most": MOST_TAGS})
    for at, tag in enumerate(tags):
        if not isinstance(tag, str) or not 1 <= len(tag) <= TAG_LENGTH or tag != tag.strip() or not tag.isprintable():
            raise BadInput.field(f"tags[{at}]", _("1 to 40 characters, without blanks around them"))
        check_json(tag, f"tags[{at}]")


def check_links(links: Sequence[Any]) -> None:
    """Raises BadInput naming the member of the link."""
    if len(links) > MOST_LINKS:
        raise BadInput.field("links", _("at most %(most)s") % {"most": MOST_LINKS})
    for at, link in enumerate(links):
        _check_link(link, f"links[{at}]")


def _check_link(link: Any, field: str) -> None:
    if not isinstance(link, Mapping):
        raise BadInput.field(field, _("an object with a title and a url"))
    for name in sorted(set(link) - set(LINK_LENGTHS)):
        raise BadInput.field(f"{field}.{name}"[:100], _("there is no such field"))
    for name, most in LINK_LENGTHS.items():
        value = link.get(name)
        if value is None and name == "media_type":
            continue
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            raise BadInput.field(f"{field}.{name}", _("text of 1 to %(most)s characters") % {"most": most})
        check_json(value, f"{field}.{name}")
    if not _leads_to_the_web(link["url"]):
        raise BadInput.field(f"{field}.url", _("an address that begins with https:// or http://"))


def _leads_to_the_web(url: str) -> bool:
    """Only what a page may safely link to: no script, no file, no credentials."""
    if not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
