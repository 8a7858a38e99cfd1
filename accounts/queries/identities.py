"""The ways pilots sign in, and the tokens that came with them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db.models import Exists, OuterRef, Q

from accounts.directory import Facts
from accounts.models import (
    DirectoryFacts,
    DirectoryRule,
    Grant,
    Identity,
    Membership,
    Organization,
    Origin,
    ProviderToken,
)
from accounts.providers import Provider, name_of, providers
from accounts.queries.actors import system_of
from accounts.sealing import Unreadable

BATCH = 200


class Known(NamedTuple):
    """What a directory said of somebody, and when: it changes when they sign in."""

    facts_id: int
    at: datetime
    facts: Facts


class Errand(NamedTuple):
    """A token to ask its provider about."""

    token_id: int
    version: int
    failures: int
    provider: Provider | None  # None: it was switched off since
    grant: Grant | None  # None: it cannot be read any more
    pilot_id: int
    known: Known | None = None  # what its directory is to be asked about again


def ways_in_of(pilot: Any) -> list[dict[str, Any]]:
    """The accounts elsewhere that sign the pilot in, oldest first, and whether each may go."""
    return [
        {
            "identity": one,
            "provider": name_of(one.provider),
            "icon": _icon_of(one, providers()),
            "may_go": pilot.may_sign_in_without(one),
        }
        for one in pilot.identities.standing().order_by("pk")
    ]


def proofs_of(pilot: Any) -> list[Provider]:
    """The providers that can say again who somebody is."""
    known = _connected(pilot)
    return [provider for key, provider in providers().items() if key in known]


def to_connect(pilot: Any) -> list[Provider]:
    """The providers at which the pilot has no account that is known here."""
    known = _connected(pilot)
    return [provider for key, provider in providers().items() if key not in known]


def identity_of(provider: Provider, uid: str) -> Identity | None:
    """Whom an account there signs in."""
    return Identity.objects.standing().select_related("pilot").filter(issuer=provider.issuer, uid=uid).first()


def to_renew(now: datetime) -> list[Errand]:
    """Tokens that run out soon, the most urgent first."""
    return _errands(ProviderToken.objects.to_renew(now).order_by("refresh_at"))


def to_read(now: datetime) -> list[Errand]:
    """Of whom a directory is to be asked again: signed in, and rules say something of them."""
    tokens = ProviderToken.objects.to_read(now).filter(_rules_concern_them(), identity__provider__in=[*providers()])
    found: list[Any] = list(tokens.select_related("identity").order_by("pk")[:BATCH])
    facts = DirectoryFacts.objects.in_bulk([one.facts_id for one in found])
    known = {pk: Known(pk, one.at, msgspec.convert(one.facts, Facts)) for pk, one in facts.items()}
    return [_errand(one)._replace(known=known[one.facts_id]) for one in found if one.facts_id in known]


def _rules_concern_them() -> Q:
    """There is a rule somewhere, or the directory has let them in somewhere."""
    let_in = Membership.objects.filter(pilot=OuterRef("identity__pilot"), origin=Origin.DIRECTORY, ended_at=None)
    return Q(Exists(DirectoryRule.objects.all())) | Q(Exists(let_in))


def to_give_back(now: datetime) -> list[Errand]:
    """Tokens that nobody needs any more."""
    return _errands(ProviderToken.objects.to_give_back(now).order_by("pk"))


def system_for(pilot_id: int, host: str) -> Membership:
    """Whose ledger tells of a pilot's tokens: the first organization they are in, else the one of that name."""
    first = Membership.objects.filter(pilot_id=pilot_id, ended_at=None).order_by("pk").first()
    organization_id = first.organization_id if first else Organization.objects.get(slug=host).pk
    return system_of(organization_id)


def _connected(pilot: Any) -> set[str]:
    return set(pilot.identities.standing().values_list("provider", flat=True)) if providers() else set()


def _errands(tokens: Any) -> list[Errand]:
    return [_errand(one) for one in tokens.select_related("identity")[:BATCH]]


def _errand(one: ProviderToken) -> Errand:
    provider = providers().get(one.identity.provider)
    return Errand(one.pk, one.version, one.failures, provider, _readable(one), one.identity.pilot_id)


def _readable(token: ProviderToken) -> Grant | None:
    try:
        return token.grant()
    except Unreadable:
        return None


def _icon_of(identity: Identity, known: Mapping[str, Provider]) -> str:
    provider = known.get(identity.provider)
    return provider.icon if provider else "key"
