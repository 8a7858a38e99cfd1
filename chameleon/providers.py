"""Which providers people may sign in through, as the environment says; docs/sign-in.md explains each."""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from accounts.providers import Provider
from chameleon.environment import together
from chameleon.errors import CannotStart

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
GOOGLE_TOKENS = "https://oauth2.googleapis.com"
GOOGLE_GROUPS = "https://cloudidentity.googleapis.com"
# Of these anybody's directory is one: what a stranger's directory says of an e-mail address proves nothing.
MANY_DIRECTORIES = {"common", "organizations", "consumers"}


def github() -> Provider | None:
    client, secret = os.environ.get("GITHUB_CLIENT_ID", ""), os.environ.get("GITHUB_CLIENT_SECRET", "")
    own = os.environ.get("GITHUB_URL", "")
    if not together({"GITHUB_CLIENT_ID": client, "GITHUB_CLIENT_SECRET": secret}, {"GITHUB_URL": own}):
        return None
    web = _address("GITHUB_URL", own or "https://github.com")
    api = f"{web}/api/v3" if own else "https://api.github.com"
    return Provider(
        key="github",
        name="GitHub",
        icon="branch",
        backend="github",
        issuer=web,
        client_id=client,
        secret=secret,
        token_url=f"{web}/login/oauth/access_token",
        revoke_url=f"{api}/applications/{client}/token",
        api_url=api,
        asks_again=(("prompt", "select_account"),),
    )


def entra() -> Provider | None:
    client, secret = os.environ.get("ENTRA_CLIENT_ID", ""), os.environ.get("ENTRA_CLIENT_SECRET", "")
    tenant = os.environ.get("ENTRA_TENANT", "")
    login = os.environ.get("ENTRA_LOGIN_URL", "")
    needed = {"ENTRA_CLIENT_ID": client, "ENTRA_CLIENT_SECRET": secret, "ENTRA_TENANT": tenant}
    if not together(needed, {"ENTRA_LOGIN_URL": login, "ENTRA_GRAPH_URL": os.environ.get("ENTRA_GRAPH_URL", "")}):
        return None
    login = _address("ENTRA_LOGIN_URL", login or "https://login.microsoftonline.com")
    graph = _address("ENTRA_GRAPH_URL", os.environ.get("ENTRA_GRAPH_URL") or "https://graph.microsoft.com")
    return Provider(
        key="entra",
        name="Microsoft Entra ID",
        icon="org",
        backend="microsoft",
        issuer=login,  # without the tenant: an object's id is unique in all of them
        client_id=client,
        secret=secret,
        token_url=f"{login}/{tenant}/oauth2/v2.0/token",
        api_url=graph,
        vouches=tenant not in MANY_DIRECTORIES,
        asks_again=(("prompt", "login"),),
    )


def google() -> Provider | None:
    client, secret = os.environ.get("GOOGLE_CLIENT_ID", ""), os.environ.get("GOOGLE_CLIENT_SECRET", "")
    groups = os.environ.get("GOOGLE_GROUPS", "")
    needed = {"GOOGLE_CLIENT_ID": client, "GOOGLE_CLIENT_SECRET": secret}
    if not together(needed, {"GOOGLE_GROUPS": groups}):
        return None
    return Provider(
        key="google",
        name="Google",
        icon="person",
        backend="google",
        issuer="https://accounts.google.com",
        client_id=client,
        secret=secret,
        token_url=f"{GOOGLE_TOKENS}/token",
        revoke_url=f"{GOOGLE_TOKENS}/revoke",
        api_url=GOOGLE_GROUPS if groups == "1" else "",
        asks_again=(("prompt", "login"),),
    )


def oidc() -> Provider | None:
    issuer = os.environ.get("OIDC_ISSUER", "")
    client, secret = os.environ.get("OIDC_CLIENT_ID", ""), os.environ.get("OIDC_CLIENT_SECRET", "")
    name, scopes = os.environ.get("OIDC_NAME", ""), os.environ.get("OIDC_SCOPES", "")
    needed = {"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": client, "OIDC_CLIENT_SECRET": secret}
    if not together(needed, {"OIDC_NAME": name, "OIDC_SCOPES": scopes}):
        return None
    issuer = _address("OIDC_ISSUER", issuer)
    return Provider(
        key="oidc",
        name=name or urlsplit(issuer).hostname or "OpenID Connect",
        icon="key",
        backend="oidc",
        issuer=issuer,
        client_id=client,
        secret=secret,
        discovery=f"{issuer}/.well-known/openid-configuration",
        asks_again=(("prompt", "login"), ("max_age", "0")),
    )


def in_force() -> dict[str, Provider]:
    """Every provider that the environment names, in the order of their buttons. Raises CannotStart."""
    found = (github(), entra(), google(), oidc())
    return {provider.key: provider for provider in found if provider is not None}


def for_allauth(providers: Mapping[str, Provider]) -> dict[str, dict[str, Any]]:
    """allauth's own setting for them, PKCE on for each."""
    return {
        "openid_connect" if key == "oidc" else provider.backend: {
            "APPS": [_app(provider)],
            "OAUTH_PKCE_ENABLED": True,
            **_about(provider),
        }
        for key, provider in providers.items()
    }


def _app(provider: Provider) -> dict[str, Any]:
    app: dict[str, Any] = {"client_id": provider.client_id, "secret": provider.secret, "name": provider.name}
    if provider.key == "entra":
        tenant = os.environ.get("ENTRA_TENANT", "")
        app["settings"] = {"tenant": tenant, "login_url": provider.issuer, "graph_url": provider.api_url}
    if provider.key == "oidc":
        scopes = (os.environ.get("OIDC_SCOPES") or "openid profile email").split()
        app |= {"provider_id": "oidc", "settings": {"server_url": provider.issuer, "scope": scopes}}
    return app


def _about(provider: Provider) -> dict[str, Any]:
    """What is asked of it, and where it is."""
    own = {"GITHUB_URL": provider.issuer} if os.environ.get("GITHUB_URL") else {}
    groups = ["https://www.googleapis.com/auth/cloud-identity.groups.readonly"] if provider.api_url else []
    about: dict[str, dict[str, Any]] = {
        "github": {"SCOPE": ["read:user", "user:email", "read:org"], **own},
        # With openid comes an ID token, which has the app roles. A refresh token is given to those who ask for access
        # while nobody is there.
        "entra": {"SCOPE": ["openid", "User.Read", "offline_access"]},
        "google": {"SCOPE": ["openid", "profile", "email", *groups], "AUTH_PARAMS": {"access_type": "offline"}},
    }
    return about.get(provider.key, {})


def _address(name: str, text: str) -> str:
    """Tokens travel there: by TLS, or without leaving the machine."""
    address = urlsplit(text)
    if not address.hostname or (address.scheme != "https" and address.hostname not in LOOPBACK):
        raise CannotStart(f"{name} is “{text}”; it has to begin with https:// and name a host.")
    return text.rstrip("/")
