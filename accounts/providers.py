"""The providers that people may come from: GitHub, Microsoft Entra ID, Google, any OpenID Connect issuer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings


@dataclass(frozen=True)
class Provider:
    """One that is on. `key` begins the public ids of its people.

    `issuer` with the uid says who somebody is: the same number means another person at another issuer.
    `vouches` is whether its e-mail addresses are an organization's own, hence as good as verified.
    `discovery` is where it tells its addresses; without it they are `token_url` and `revoke_url` ("": none). At
    `api_url` it is asked about organizations, teams and groups ("": it is not).
    """

    key: str
    name: str
    icon: str
    backend: str  # its name in allauth
    issuer: str
    client_id: str
    secret: str = field(repr=False)
    token_url: str = ""
    revoke_url: str = ""
    api_url: str = ""
    discovery: str = ""
    vouches: bool = False
    asks_again: tuple[tuple[str, str], ...] = ()  # what makes it ask who one is although it knows


def providers() -> Mapping[str, Provider]:
    """Those in force, by their keys, in the order of their buttons."""
    found: Mapping[str, Provider] = settings.PROVIDERS
    return found


def provider_of(backend: str) -> Provider:
    """The one that allauth knows by this name. Raises StopIteration when it is off."""
    return next(provider for provider in providers().values() if provider.backend == backend)


def name_of(key: str) -> str:
    """What people call it; of one that was switched off, its key."""
    provider = providers().get(key)
    return provider.name if provider else key
