"""The pages of Django's admin by the models they show, and what they say."""

from typing import Any

from django.contrib import admin
from django.urls import reverse

from audit.models import Entry
from tests.house import APPS

MODELS = sorted(
    (model for model in admin.site._registry if model._meta.app_label in APPS), key=lambda model: model._meta.label
)
ADDED = {"Pilot", "Membership", "Platform", "ApiKey", "Role", "PlatformRole", "Gate", "Guardian"}


def page(model: Any, name: str = "changelist", *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"]) if answer.context else ""


def verbs() -> list[str]:
    return list(Entry.objects.order_by("-pk").values_list("verb", flat=True)[:2])
