"""Mistakes of an installation that Django cannot know about. Part of `manage.py check --deploy`."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@register(Tags.security, deploy=True)
def address_is_reachable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Links in answers and mails begin with CHAMELEON_URL."""
    address = urlsplit(settings.BASE_URL)
    if address.hostname in LOOPBACK:
        return [Warning("Links lead to this machine only.", hint="Set CHAMELEON_URL.", id="chameleon.W001")]
    if settings.HTTPS and address.scheme != "https":
        return [Warning("Links begin with http:// on an https site.", hint="Set CHAMELEON_URL.", id="chameleon.W002")]
    return []
