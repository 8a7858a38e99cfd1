"""Providers are switched on by the environment, and half of it is one clear sentence."""

import os
import subprocess
import sys

import pytest

from accounts.providers import Provider
from chameleon import providers
from chameleon.errors import CannotStart
from tests.house import ROOT

GITHUB = {"GITHUB_CLIENT_ID": "id", "GITHUB_CLIENT_SECRET": "secret"}
ENTRA = {"ENTRA_CLIENT_ID": "id", "ENTRA_CLIENT_SECRET": "secret", "ENTRA_TENANT": "fjordbank.example"}
GOOGLE = {"GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET": "secret"}
OIDC = {"OIDC_ISSUER": "https://sso.example/realms/x/", "OIDC_CLIENT_ID": "id", "OIDC_CLIENT_SECRET": "secret"}


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Provider]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return providers.in_force()


def test_without_a_word_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch) == {}
    assert providers.for_allauth({}) == {}


def test_all_of_them_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, **GITHUB, **ENTRA, **GOOGLE, **OIDC)
    told = providers.for_allauth(found)

    assert [one.name for one in found.values()] == ["GitHub", "Microsoft Entra ID", "Google", "sso.example"]
    assert all(about["OAUTH_PKCE_ENABLED"] for about in told.values())
    assert "secret" not in repr(found)
    assert found["github"].revoke_url == "https://api.github.com/applications/id/token"
    assert found["oidc"].discovery == "https://sso.example/realms/x/.well-known/openid-configuration"
    assert found["entra"].token_url == "https://login.microsoftonline.com/fjordbank.example/oauth2/v2.0/token"


def test_a_github_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, **GITHUB, GITHUB_URL="https://github.fjordbank.example/")

    assert found["github"].issuer == "https://github.fjordbank.example"
    assert found["github"].revoke_url == "https://github.fjordbank.example/api/v3/applications/id/token"
    assert providers.for_allauth(found)["github"]["GITHUB_URL"] == "https://github.fjordbank.example"


def test_an_entra_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(
        monkeypatch,
        **ENTRA,
        ENTRA_LOGIN_URL="https://login.microsoftonline.us",
        ENTRA_GRAPH_URL="https://graph.microsoft.us/",
    )
    (app,) = providers.for_allauth(found)["microsoft"]["APPS"]

    assert app["settings"] == {
        "tenant": "fjordbank.example",
        "login_url": "https://login.microsoftonline.us",
        "graph_url": "https://graph.microsoft.us",
    }


@pytest.mark.parametrize("tenant, vouches", [("fjordbank.example", True), ("common", False), ("organizations", False)])
def test_a_tenant_vouches_for_its_own(monkeypatch: pytest.MonkeyPatch, tenant: str, vouches: bool) -> None:
    assert read(monkeypatch, **ENTRA | {"ENTRA_TENANT": tenant})["entra"].vouches is vouches


def test_the_scopes_of_an_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, **OIDC, OIDC_SCOPES="openid email groups", OIDC_NAME="Fjordbank SSO")
    (app,) = providers.for_allauth(found)["openid_connect"]["APPS"]

    assert (app["name"], app["settings"]["scope"]) == ("Fjordbank SSO", ["openid", "email", "groups"])


@pytest.mark.parametrize(
    "environment, sentence",
    [
        (
            {"GITHUB_CLIENT_ID": "id"},
            "GITHUB_CLIENT_ID is set and GITHUB_CLIENT_SECRET is not: set GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, "
            "or none.",
        ),
        ({"GITHUB_URL": "https://github.example"}, "GITHUB_URL is set and GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET is"),
        ({"ENTRA_CLIENT_ID": "id", "ENTRA_CLIENT_SECRET": "s"}, "ENTRA_CLIENT_ID is set and ENTRA_TENANT is not"),
        ({"GOOGLE_CLIENT_SECRET": "s"}, "GOOGLE_CLIENT_SECRET is set and GOOGLE_CLIENT_ID is not"),
        ({"OIDC_NAME": "SSO"}, "OIDC_NAME is set and OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET is not"),
        (GITHUB | {"GITHUB_URL": "http://github.example"}, "GITHUB_URL is “http://github.example”; it has to begin"),
        (OIDC | {"OIDC_ISSUER": "sso.example"}, "OIDC_ISSUER is “sso.example”; it has to begin with https://"),
    ],
)
def test_half_of_it_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], sentence: str
) -> None:
    with pytest.raises(CannotStart) as refused:
        read(monkeypatch, **environment)

    assert str(refused.value).startswith(sentence)


def started(**environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_passwords_are_switched_off_only_when_there_is_another_way_in() -> None:
    refused = started(CHAMELEON_PASSWORDS="0")
    assert refused.returncode == 1
    assert refused.stderr.strip() == (
        "CHAMELEON_PASSWORDS=0 leaves no way to sign in: set up a provider first (docs/sign-in.md)."
    )

    assert started(CHAMELEON_PASSWORDS="0", **GITHUB).returncode == 0
