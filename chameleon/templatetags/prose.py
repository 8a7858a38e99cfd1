"""Words that people and programs wrote, as HTML that can do no harm."""

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

register = template.Library()

# No images: a description could watch who opens it, and the page's own policy would refuse them anyway.
_reader = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")

TAGS = {
    *("p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s", "a", "ul", "ol", "li"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
FOREIGN = "noopener noreferrer nofollow ugc"


@register.filter
def markdown(text: str) -> SafeString:
    """CommonMark with tables, rendered without raw HTML and then cleaned all the same."""
    tokens = _reader.parse(text)
    for token in tokens:
        _below_the_page(token)
    html = _reader.renderer.render(tokens, _reader.options, {})
    clean = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=FOREIGN)
    return mark_safe(clean)  # noqa: S308  # nosec B308 B703 -- sanitized above


def _below_the_page(token: Token) -> None:
    """Headings of a description stand below those of the page it is shown in."""
    if token.type in {"heading_open", "heading_close"}:
        token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
