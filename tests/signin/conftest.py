from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter

from accounts import actions
from accounts.models import Organization
from chameleon import providers
from tests.signin.issuer import CLIENT, issuer
from tests.signin.journey import ADA
from tests.signin.standin import Entra, GitHub, Google

HERE = "http://testserver/accounts"


@pytest.fixture
def switch_on(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[..., None]:
    """Set these variables, and read the environment as the settings do at start."""

    def switch(**environment: str) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings.PROVIDERS = providers.in_force()
        settings.SOCIALACCOUNT_PROVIDERS = providers.for_allauth(settings.PROVIDERS)

    return switch


@pytest.fixture
def default(db: None) -> Organization:
    """Where people arrive."""
    return actions.create_organization("default", "Default")


@pytest.fixture
def github(switch_on: Callable[..., None], monkeypatch: pytest.MonkeyPatch, default: Organization) -> Iterator[GitHub]:
    with GitHub(callback=f"{HERE}/github/login/callback/", person=ADA) as standin:
        switch_on(GITHUB_CLIENT_ID=standin.client_id, GITHUB_CLIENT_SECRET=standin.secret, GITHUB_URL=f"{standin.url}/")
        # allauth reads the address of a GitHub once, when the program starts.
        for name, path in {
            "access_token_url": "/login/oauth/access_token",
            "authorize_url": "/login/oauth/authorize",
            "profile_url": "/api/v3/user",
            "emails_url": "/api/v3/user/emails",
        }.items():
            monkeypatch.setattr(GitHubOAuth2Adapter, name, standin.url + path)
        yield standin


@pytest.fixture
def entra(switch_on: Callable[..., None], default: Organization) -> Iterator[Entra]:
    person = {
        "id": "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
        "displayName": "Bo Lindqvist",
        "mail": "bo.lindqvist@fjordbank.example",
        "userPrincipalName": "Bo@Fjordbank.example",
    }
    with Entra(callback=f"{HERE}/entra/login/callback/", person=person) as standin:
        switch_on(
            ENTRA_CLIENT_ID=standin.client_id,
            ENTRA_CLIENT_SECRET=standin.secret,
            ENTRA_TENANT=standin.tenant,
            ENTRA_LOGIN_URL=standin.url,
            ENTRA_GRAPH_URL=standin.url,
        )
        yield standin


@pytest.fixture
def google(switch_on: Callable[..., None], monkeypatch: pytest.MonkeyPatch, default: Organization) -> Iterator[Google]:
    person = {
        "sub": "110169484474386276334",
        "email": "cleo@fjordbank.example",
        "email_verified": True,
        "hd": "fjordbank.example",
        "name": "Cleo Marín",
        "picture": "https://lh3.example/a/cleo",
    }
    with Google(callback=f"{HERE}/google/login/callback/", person=person) as standin:
        monkeypatch.setattr(providers, "GOOGLE_TOKENS", standin.url)
        monkeypatch.setattr(providers, "GOOGLE_GROUPS", standin.url)
        monkeypatch.setattr(GoogleOAuth2Adapter, "authorize_url", f"{standin.url}/o/oauth2/v2/auth")
        monkeypatch.setattr(GoogleOAuth2Adapter, "access_token_url", f"{standin.url}/token")
        switch_on(GOOGLE_CLIENT_ID=standin.client_id, GOOGLE_CLIENT_SECRET=standin.secret, GOOGLE_GROUPS="1")
        yield standin


@pytest.fixture(scope="session")
def running_issuer() -> Iterator[str]:
    with issuer() as url:
        yield url


@pytest.fixture
def oidc(switch_on: Callable[..., None], running_issuer: str, default: Organization) -> str:
    at(running_issuer, switch_on)
    return running_issuer


def at(url: str, switch_on: Callable[..., None]) -> None:
    """Point the installation at this issuer."""
    client, secret = CLIENT.values()
    switch_on(OIDC_ISSUER=f"{url}/", OIDC_CLIENT_ID=client, OIDC_CLIENT_SECRET=secret, OIDC_NAME="Fjordbank SSO")
