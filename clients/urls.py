"""Where each dialect lives."""

from django.urls import include, path

urlpatterns = [path("humanlayer/", include("clients.humanlayer.urls"))]
