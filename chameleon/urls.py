"""Which app answers which address. The apps know the rest."""

from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.microsoft.views import MicrosoftGraphOAuth2Adapter
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from accounts import urls as accounts
from accounts.api import jwks
from audit import urls as audit
from chameleon import arrivals, docs, pwa
from chameleon.door import PasskeyRemoval
from intake import urls as intake
from interventions import urls as interventions

api = [
    path("schema", docs.schema, name="schema"),
    path("docs", docs.page, name="docs"),
    path("", include((accounts.api_urlpatterns, "accounts"), namespace="accounts-api")),
    path("", include((audit.api_urlpatterns, "audit"), namespace="audit-api")),
    path("", include((intake.api_urlpatterns, "intake"), namespace="intake-api")),
    path("", include((interventions.api_urlpatterns, "interventions"), namespace="interventions-api")),
]

# The names are allauth's own, which it looks up; of its other addresses for providers none is here.
providers = [
    path("<slug:key>/login/", arrivals.start, name="provider_login"),
    path("github/login/callback/", arrivals.returning(GitHubOAuth2Adapter), name="github_callback"),
    path("entra/login/callback/", arrivals.returning(MicrosoftGraphOAuth2Adapter), name="microsoft_callback"),
    path("google/login/callback/", arrivals.returning(GoogleOAuth2Adapter), name="google_callback"),
    path(
        "oidc/login/callback/",
        arrivals.returning(OpenIDConnectOAuth2Adapter),
        {"provider_id": "oidc"},
        name="openid_connect_callback",
    ),
]

handler500 = "chameleon.problems.failed"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include((api, "api"))),
    path(".well-known/jwks.json", jwks, name="jwks"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/", include(providers)),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", PasskeyRemoval.as_view(), name="mfa_remove_webauthn"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("admin/", admin.site.urls),
    path("manifest.webmanifest", pwa.manifest, name="manifest"),
    path("sw.js", pwa.worker, name="worker"),
    path("offline", pwa.offline, name="offline"),
    path("", include("clients.urls")),
    path("", include("accounts.urls")),
    path("", include("interventions.urls")),
]
