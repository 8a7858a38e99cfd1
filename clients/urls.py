"""Where each dialect lives."""

from django.urls import include, path

urlpatterns = [
    path("humanlayer/", include("clients.humanlayer.urls")),
    path("scim/v2/", include("clients.scim.urls")),
]
