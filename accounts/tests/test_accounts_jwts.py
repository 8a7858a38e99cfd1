"""What passes for an access token: signed by our key, with our algorithm, for us, in time. Nothing else."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from accounts import actions
from accounts.jwts import signed
from accounts.models import SigningKey
from accounts.queries import membership_of_bearer, system_of
from accounts.sealing import Unreadable, seal, unseal
from audit.models import Entry
from kit.errors import NotAllowed


@pytest.fixture
def issued(ada):
    return actions.issue_tokens(actor=ada)


@pytest.fixture
def forge(issued):
    """`forge(claim=...)`: signed with our own key, yet with these claims and this header."""
    kid, private = actions.key_to_sign_with()
    claims = jwt.decode(issued.access, options={"verify_signature": False})

    def make(header=None, key=private, algorithm="EdDSA", without=(), **about):
        kept = {name: value for name, value in (claims | about).items() if name not in without}
        return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": kid, "typ": "at+jwt"} | (header or {}))

    return make


def test_the_forger_of_these_tests_can_make_a_good_one(forge, ada):
    assert membership_of_bearer(forge()) == ada


@pytest.mark.parametrize(
    "about",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "https://elsewhere.example/api"},
        {"aud": ["http://127.0.0.1:8000/api", "other"]},
        {"exp": timedelta(seconds=-11)},
        {"iat": timedelta(minutes=5)},
        {"sub": "local:max"},
        {"fam": "00000000-0000-7000-8000-000000000000"},
        {"fam": "no uuid"},
        {"fam": 7},
        {"without": ["exp"]},
        {"without": ["jti"]},
        {"without": ["aud"]},
        {"header": {"typ": "JWT"}},
        {"header": {"kid": "unknown"}},
        {"header": {"kid": ""}},
        {"header": {"kid": "a\x00b"}},
        {"key": Ed25519PrivateKey.generate()},
    ],
    ids=",".join,
)
def test_a_token_of_another_making_is_nobody(forge, about):
    told = {name: datetime.now(UTC) + one if isinstance(one, timedelta) else one for name, one in about.items()}
    assert membership_of_bearer(forge(**told)) is None


def test_the_clocks_of_two_machines_may_differ_a_little(forge, ada):
    assert membership_of_bearer(forge(exp=datetime.now(UTC) - timedelta(seconds=5))) == ada
    assert membership_of_bearer(forge(iat=datetime.now(UTC) + timedelta(seconds=5))) == ada


def test_the_algorithm_is_ours_and_not_the_headers(forge):
    public = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    known = bytes(SigningKey.objects.get().public)

    assert membership_of_bearer(forge(key="", algorithm="none")) is None
    assert membership_of_bearer(forge(key=known, algorithm="HS256")) is None
    assert membership_of_bearer(forge(key=public, algorithm="HS256")) is None


@pytest.mark.parametrize(
    "text", ["..", "a.b.c", "é.é.é", "e30.e30.", "\x00.\x00.\x00", "x" * 5000 + ".b.c", "eyJhbGciOiJub25lIn0.e30."]
)
def test_what_only_looks_like_a_token_is_nobody(db, text):
    assert membership_of_bearer(text) is None


def test_a_token_with_one_letter_changed_is_nobody(issued):
    header, claims, signature = issued.access.split(".")
    other = "A" if claims[20] != "A" else "B"

    assert membership_of_bearer(f"{header}.{claims[:20]}{other}{claims[21:]}.{signature}") is None


# The keys that sign


def jwks():
    return Client().get("/.well-known/jwks.json")


def test_public_keys_are_told_to_everybody_and_verify_tokens(issued):
    answer = jwks()
    (told,) = answer.json()["keys"]
    found = jwt.decode(issued.access, jwt.PyJWK(told), algorithms=["EdDSA"], audience="http://127.0.0.1:8000/api")

    assert answer.headers["Content-Type"] == "application/jwk-set+json"
    assert (told["kty"], told["crv"], told["use"]) == ("OKP", "Ed25519", "sig")
    assert "d" not in told
    assert found["sub"] == "local:ada"


def test_one_key_is_made_on_first_use_and_kept_sealed(db):
    assert jwks().json() == {"keys": []}
    kid, private = actions.key_to_sign_with()

    assert actions.key_to_sign_with()[0] == kid
    kept = bytes(SigningKey.objects.get().sealed)
    assert private.private_bytes_raw() not in kept
    assert private.private_bytes_raw().hex().encode() not in kept


def test_after_a_rotation_old_tokens_verify_until_the_last_has_run_out(issued, organization, settings):
    system = system_of(organization.pk)
    new = actions.rotate_signing_key(actor=system)
    old = SigningKey.objects.exclude(pk=new.pk).get()

    assert membership_of_bearer(issued.access) is not None
    assert [key["kid"] for key in jwks().json()["keys"]] == [new.kid, old.kid]
    assert bytes(old.sealed) == b""
    assert old.verifies_until - old.retired_at == timedelta(seconds=settings.ACCESS_SECONDS + 10)
    assert Entry.objects.latest("pk").verb == "signing_key.rotated"

    SigningKey.objects.filter(pk=old.pk).update(verifies_until=old.retired_at)
    assert membership_of_bearer(issued.access) is None
    assert len(jwks().json()["keys"]) == 1


def test_only_the_machine_rotates_what_signs_for_every_organization(max):
    with pytest.raises(NotAllowed, match="Only Chameleon itself"):
        actions.rotate_signing_key(actor=max)


def test_a_key_sealed_under_a_lost_secret_is_replaced(ada, settings):
    actions.issue_tokens(actor=ada)
    settings.SECRET_KEY = "quite another secret"

    assert membership_of_bearer(actions.issue_tokens(actor=ada).access) == ada
    assert SigningKey.objects.count() == 2


def test_what_is_sealed_is_opened_by_the_secret_and_its_fallbacks_only(settings):
    sealed = seal("a secret")
    assert b"secret" not in sealed
    assert unseal(memoryview(sealed)) == "a secret"

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    assert unseal(sealed) == "a secret"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unreadable):
        unseal(sealed)


def test_a_signer_says_until_when(db):
    now = datetime.now(UTC)
    text = signed(
        {"sub": "x"}, kid="k", private=Ed25519PrivateKey.generate(), now=now, until=now + timedelta(seconds=9)
    )

    claims = jwt.decode(text, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 9
