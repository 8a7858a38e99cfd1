"""Whom Django's admin lets in, and that it shows one organization."""

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib import admin
from django.utils import timezone

from accounts import actions as accounts
from accounts.admin.organization import OrganizationAdmin
from accounts.models import ApiKey, Organization, Pilot
from guardians.models import Gate
from tests.admin.pages import ADDED, MODELS, page
from tests.house import APPS

# What is no organization's, and nothing to look at.
NOT_THERE = {
    "accounts.RefreshToken": "digests; the family they belong to is there",
    "accounts.SigningKey": "of the whole installation: manage.py keys",
    "accounts.Spent": "counts of seconds",
}


def test_every_model_of_ours_is_there():
    missing = [
        model._meta.label
        for app in ("audit", "accounts", "work", "guardians", "interventions")
        for model in apps.get_app_config(app).get_models()
        if model not in admin.site._registry
    ]

    assert sorted(missing) == sorted(NOT_THERE)


def test_what_can_be_added_or_changed_there_goes_through_an_action():
    ours = {model: one for model, one in admin.site._registry.items() if isinstance(one, OrganizationAdmin)}
    writing = {model for model, one in ours.items() if one.adds or one.changes}

    assert len(writing) >= 6
    assert {model for model in writing if type(ours[model]).act is OrganizationAdmin.act} == set()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_list_and_form_opens_for_an_admin(boss, ours, max, model):
    assert boss.get(page(model)).status_code == 200
    assert boss.get(page(model) + "?q=ours").status_code == 200
    assert boss.get(page(model, "add")).status_code == (200 if model.__name__ in ADDED else 403)
    request = SimpleNamespace(membership=max, user=None)
    row = admin.site._registry[model].get_queryset(request).order_by("-pk").first()
    assert row is not None, "the test made no row of it"
    assert boss.get(page(model, "change", row.pk)).status_code == 200
    assert boss.get(page(model, "history", row.pk)).status_code == 200


def test_who_is_not_signed_in_is_sent_to_the_one_door(client_of):
    for address in ("/admin/", "/admin/login/", page(Gate), page(ApiKey, "add")):
        answer = client_of(None).get(address, follow=True)

        assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=/admin/")
        assert "adminform" not in answer.text


def test_who_is_no_member_any_more_is_refused(boss, max):
    max.ended_at = timezone.now()
    max.save()

    assert boss.get("/admin/").status_code == 403


def test_the_other_doors_are_those_of_the_pages(boss):
    assert boss.get("/admin/password_change/").headers["Location"] == "/accounts/password/change/"
    assert boss.post("/admin/logout/").headers["Location"] == "/accounts/logout/"


def test_other_peoples_tables_are_not_offered(boss):
    index = boss.get("/admin/")

    assert {app["app_label"] for app in index.context["app_list"]} <= set(APPS)


def test_the_menu_leads_there_only_those_it_lets_in(client_of, max, ada):
    assert 'href="/admin/"' in client_of(max).get("/").text
    assert 'href="/admin/"' not in client_of(ada).get("/").text


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_nothing_of_another_organization_is_ever_shown(boss, ours, theirs, max, cy, model):
    rows = admin.site._registry[model]
    mine = set(rows.get_queryset(SimpleNamespace(membership=max)).values_list("pk", flat=True))
    others = set(rows.get_queryset(SimpleNamespace(membership=cy)).values_list("pk", flat=True))
    shared = {pilot.pk for pilot in Pilot.objects.filter(username="system:chameleon")} if model is Pilot else set()

    assert mine
    assert mine & others == shared
    listed = boss.get(page(model)).text
    for word in ("Theirs", "Stranger", "Elsewhere"):
        assert word not in listed
    for pk in others - shared:
        assert boss.get(page(model, "change", pk)).status_code == 302  # "perhaps it was deleted", and back to the index


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model.__name__ in ADDED], ids=lambda model: model._meta.label
)
def test_no_form_offers_a_row_of_another_organization(boss, ours, theirs, model):
    form = boss.get(page(model, "add")).text

    assert "Stranger" not in form
    assert "Theirs" not in form


def test_a_key_cannot_be_made_for_a_member_of_another_organization(boss, cy, max):
    platform = max.organization.platforms.earliest("pk")
    answer = boss.post(
        page(ApiKey, "add"), {"membership": cy.pk, "platform": platform.pk, "name": "x", "scopes": ["read"]}
    )

    assert answer.status_code == 200
    assert "membership" in answer.context["adminform"].form.errors
    assert not ApiKey.objects.exists()


def test_nothing_can_be_deleted(boss, ours, max):
    for model in MODELS:
        request = SimpleNamespace(membership=max)
        row = admin.site._registry[model].get_queryset(request).first()
        assert boss.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert 'value="delete_selected"' not in boss.get(page(model)).text


def test_no_page_carries_a_style_or_a_script_of_its_own(boss, ours):
    for model in MODELS:
        for answer in (boss.get(page(model)), boss.get("/admin/")):
            assert "<style" not in answer.text
            assert ' style="' not in answer.text
            assert "<script>" not in answer.text


def test_a_list_takes_no_more_statements_for_more_rows(boss, max, django_assert_max_num_queries):
    organization: Organization = max.organization
    for number in range(12):
        accounts.create_platform(f"p{number}", f"P {number}", actor=max)
        accounts.create_pilot(f"pilot-{number}", actor=max)
        accounts.grant_role(Pilot.objects.get(username=f"pilot-{number}"), "Viewer", actor=max)
    assert organization.platforms.count() == 13
    for model in MODELS:
        with django_assert_max_num_queries(16):
            boss.get(page(model))
