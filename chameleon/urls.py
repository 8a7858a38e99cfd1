"""Which app answers which address. The apps know the rest."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from audit import urls as audit
from chameleon import docs, pwa
from intake import urls as intake
from interventions import urls as interventions

api = [
    path("schema", docs.schema, name="schema"),
    path("docs", docs.page, name="docs"),
    path("", include((audit.api_urlpatterns, "audit"), namespace="audit-api")),
    path("", include((intake.api_urlpatterns, "intake"), namespace="intake-api")),
    path("", include((interventions.api_urlpatterns, "interventions"), namespace="interventions-api")),
]

handler500 = "chameleon.problems.failed"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include((api, "api"))),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("manifest.webmanifest", pwa.manifest, name="manifest"),
    path("sw.js", pwa.worker, name="worker"),
    path("offline", pwa.offline, name="offline"),
    path("", include("clients.urls")),
    path("", include("accounts.urls")),
    path("", include("interventions.urls")),
]
