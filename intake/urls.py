"""Where work comes in."""

from django.urls import path

from intake import api

app_name = "intake"

api_urlpatterns = [
    path("units", api.submit, name="units"),
    path("units/batch", api.submit_batch, name="batch"),
    path("units/<uuid:pk>", api.unit, name="unit"),
    path("units/<uuid:pk>/heartbeat", api.heartbeat, name="heartbeat"),
    path("units/<uuid:pk>/complete", api.complete, name="complete"),
    path("units/<uuid:pk>/fail", api.fail, name="fail"),
    path("units/<uuid:pk>/cancel", api.cancel, name="cancel"),
]
