from django.urls import path

from audit import api

app_name = "audit"

api_urlpatterns = [path("audit", api.ledger, name="ledger")]
