"""What each provider tells of somebody, in one form. Pure: the answers come in, no network is asked."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.actions import Facts
from accounts.providers import Provider
from kit.errors import Malformed

Claims = Mapping[str, Any]


def facts_of(provider: Provider, uid: str, claims: Claims, addresses: Iterable[tuple[str, bool]], scope: str) -> Facts:
    """`addresses` are e-mail addresses, the preferred one first, and whether the provider has verified each."""
    told = READERS[provider.key](claims)
    emails = [email for email, verified in addresses if verified or provider.vouches]
    return Facts(
        provider=provider.key,
        issuer=provider.issuer,
        uid=uid,
        emails=tuple(dict.fromkeys(emails)),
        scopes=frozenset(scope.replace(",", " ").split()),
        claims=dict(claims),
        unread=frozenset(),
        **told,
    )


def _github(claims: Claims) -> dict[str, str]:
    return {"login": _text(claims, "login"), "name": _text(claims, "name"), "avatar_url": _text(claims, "avatar_url")}


def _entra(claims: Claims) -> dict[str, str]:
    upn, mail = _text(claims, "userPrincipalName"), _text(claims, "mail")
    login = mail if "#EXT#" in upn else upn or mail  # a guest's own name is spelled for machines
    return {"login": login.lower(), "name": _text(claims, "displayName")}


def _google(claims: Claims) -> dict[str, str]:
    return {
        "login": _text(claims, "email").lower(),
        "name": _text(claims, "name"),
        "avatar_url": _text(claims, "picture"),
    }


def _oidc(claims: Claims) -> dict[str, str]:
    userinfo, id_token = claims.get("userinfo") or {}, claims.get("id_token") or {}
    if userinfo and id_token and userinfo.get("sub") != id_token.get("sub"):  # OpenID Connect Core 5.3.2
        raise Malformed(_("The provider's answer makes no sense here. Start again."))
    told = id_token | userinfo
    return {
        "login": _text(told, "preferred_username") or _text(told, "sub"),
        "name": _text(told, "name") or f"{_text(told, 'given_name')} {_text(told, 'family_name')}".strip(),
        "avatar_url": _text(told, "picture"),
    }


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


READERS = {"github": _github, "entra": _entra, "google": _google, "oidc": _oidc}
