"""Parts of a page that are the same for everybody: `{% constant "_words.html" %}`."""

from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def constant(name: str) -> SafeString:
    """Drawn once for each language, and with nothing to draw from: it cannot tell one pilot of another."""
    return _fresh(name) if settings.DEBUG else _drawn(name, get_language())


@lru_cache(maxsize=64)
def _drawn(name: str, _language: str | None) -> SafeString:
    return _fresh(name)


def _fresh(name: str) -> SafeString:
    return SafeString(get_template(name).render())  # nosec B703 -- a template of ours
