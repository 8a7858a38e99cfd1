"""The pages of keys: one's own on the profile, and all of the organization's for those who manage them."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import actions
from accounts.models import ApiKey, TokenFamily
from accounts.queries import default_platform_of, membership_of_key


@pytest.fixture
def key(max, sys):
    made, _text = actions.create_key(
        sys,
        name="CI",
        scopes=["submit"],
        actor=max,
        platform=default_platform_of(max.organization_id),
        gates=["deploys"],
        networks=["203.0.113.0/24"],
    )
    return made


@pytest.fixture
def admin(client_of, max):
    return client_of(max)


def told(answer):
    return re.search(r'<code id="made-token"[^>]*>([^<]+)<', answer.content.decode()).group(1)


def asked(sys, **about):
    platform = default_platform_of(sys.organization_id).pk
    return {"name": "CI", "scopes": ["submit"], "member": "local:ci-runner", "platform": platform, **about}


def test_all_keys_are_listed_with_what_they_are_for(admin, key, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        page = admin.get(reverse("accounts:keys")).content.decode()

    for words in (key.prefix, "CI runner", "submit", "deploys", "203.0.113.0/24", "never used", "until it is revoked"):
        assert words in page


def test_without_a_key_the_page_says_so(admin):
    assert "No program has a key." in admin.get(reverse("accounts:keys")).content.decode()


def test_a_key_is_made_for_a_member_and_shown_once(admin, sys):
    about = asked(sys, gates=["deploys"], networks="203.0.113.9,\n2001:db8::/32", lasts="30")
    answer = admin.post(reverse("accounts:keys"), about)
    found = membership_of_key(told(answer))

    assert answer.status_code == 200
    assert (found, found.scopes, found.gates) == (sys, ("submit",), ("deploys",))
    assert [str(one) for one in found.networks] == ["2001:db8::/32", "203.0.113.9/32"]
    assert timedelta(days=29) < ApiKey.objects.get().expires_at - timezone.now() <= timedelta(days=30)
    assert told(answer) not in admin.get(reverse("accounts:keys")).content.decode()


@pytest.mark.parametrize(
    "about, status, words",
    [
        ({"networks": "somewhere"}, 422, "not an address or network"),
        ({"scopes": []}, 422, "required"),
        ({"name": ""}, 422, 'aria-invalid="true"'),
        ({"gates": ["no gate"]}, 422, "gates"),
        ({"member": "local:nobody"}, 404, "no such member"),
        ({"platform": "99999999"}, 404, "no such platform"),
    ],
)
def test_what_does_not_fit_is_said_beside_what_was_typed(admin, sys, about, status, words):
    answer = admin.post(reverse("accounts:keys"), asked(sys, **{"name": "Nightly"} | about))

    assert answer.status_code == status
    assert words in answer.content.decode()
    if status == 422 and about.get("name") is None:
        assert 'value="Nightly"' in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_is_rotated_on_the_page(admin, key):
    answer = admin.post(reverse("accounts:rotation", args=[key.pk]), {"overlap": "1"})
    page = answer.content.decode()

    assert membership_of_key(told(answer)).gates == ("deploys",)
    assert "replaced" in page
    assert page.count(reverse("accounts:rotation", args=[key.pk])) == 0


def test_a_second_rotation_is_refused_on_the_page(admin, key):
    for _time in range(2):
        answer = admin.post(reverse("accounts:rotation", args=[key.pk]), {"overlap": "1"})

    assert answer.status_code == 409
    assert "was rotated already" in answer.content.decode()


@pytest.mark.parametrize("overlap", ["", "2", "-1", "x"])
def test_an_overlap_is_one_of_those_offered(admin, key, overlap):
    assert admin.post(reverse("accounts:rotation", args=[key.pk]), {"overlap": overlap}).status_code == 422


def test_a_key_is_revoked_on_the_page(admin, key):
    answer = admin.post(reverse("accounts:key-revocation", args=[key.pk]))

    assert answer["Location"] == reverse("accounts:keys")
    assert ApiKey.objects.get().revoked_at is not None


def test_ones_own_key_is_narrowed_on_the_profile_as_well(admin, max):
    answer = admin.post(
        reverse("accounts:tokens"), {"name": "Mine", "scopes": ["read"], "networks": "203.0.113.0/24", "lasts": "90"}
    )

    assert str(membership_of_key(told(answer)).networks[0]) == "203.0.113.0/24"
    refused = admin.post(reverse("accounts:tokens"), {"name": "Mine", "scopes": ["read"], "networks": "x"})
    assert refused.status_code == 422
    assert "not an address or network" in refused.content.decode()


def test_programs_that_are_signed_in_are_listed_and_signed_out(client_of, ada):
    family = actions.issue_tokens(actor=ada).family
    browser = client_of(ada)
    assert "Programs signed in as you" in browser.get(reverse("accounts:profile")).content.decode()
    answer = browser.post(reverse("accounts:sign-out", args=[family.pk]))

    assert answer["Location"] == reverse("accounts:profile")
    assert TokenFamily.objects.get().ended_at is not None
    assert "Programs signed in as you" not in browser.get(reverse("accounts:profile")).content.decode()
