"""One's own pages."""

from django.urls import URLPattern, path

from accounts import views

app_name = "accounts"

urlpatterns: list[URLPattern] = [
    path("profile", views.profile, name="profile"),
    path("profile/tokens", views.tokens, name="tokens"),
    path("profile/tokens/<int:pk>/revocation", views.revocation, name="revocation"),
    path("profile/departure", views.departure, name="departure"),
    path("settings", views.settings, name="settings"),
    path("settings/choice", views.choice, name="choice"),
    path("settings/keys", views.shipped_keys, name="shipped-keys"),
    path("settings/organization", views.organization, name="organization"),
    path("profile/absence", views.absence, name="absence"),
    path("profile/return", views.comeback, name="comeback"),
    path("members/<int:pk>/absence", views.absence, name="absence-of"),
    path("members/<int:pk>/return", views.comeback, name="comeback-of"),
    path("organization", views.switch, name="switch"),
]
