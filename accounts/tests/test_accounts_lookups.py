"""What a directory says between two sign-ins, and what the preview of rules shows of it."""

import json
from datetime import timedelta

import jwt
import pytest
from allauth.socialaccount.providers.microsoft.views import MicrosoftGraphOAuth2Adapter
from django.core.management import call_command
from django.utils import timezone

from accounts import actions
from accounts.actions import go_by
from accounts.directory import Facts, Rule, facts_again, facts_as_told
from accounts.lookups import ABOUT_ME, NoAnswer, Question, claims_in
from accounts.models import DirectoryFacts, Membership, Origin
from accounts.providers import Provider
from accounts.queries import preview_of_rules, system_of
from kit.errors import Unavailable

GITHUB = Facts(
    provider="github",
    uid="1",
    public_id="github:rita",
    mail="rita@acme.example",
    domain="acme.example",
    organizations=("acme",),
    teams=("acme/research",),
    scopes=("read:org",),
)
ISSUER = Provider("oidc", "SSO", "key", "oidc", "https://sso.example", "our client", "secret")


def token(**claims):
    return jwt.encode(claims, "a key that nobody asks for, of enough bytes")


def test_graph_is_asked_the_same_between_sign_ins_as_at_one():
    assert MicrosoftGraphOAuth2Adapter.profile_url_params == {"$select": ABOUT_ME}


@pytest.mark.parametrize("audience", ["our client", ["another", "our client"]])
def test_an_id_token_for_us_about_them_is_read(audience):
    assert claims_in(token(sub="rita", aud=audience, dept="labs"), Question(ISSUER, "rita", "x"))["dept"] == "labs"


@pytest.mark.parametrize(
    "text",
    ["", "not.a.token", token(sub="rita", aud="another client"), token(sub="eve", aud="our client"), token(sub="rita")],
)
def test_any_other_is_none(text):
    with pytest.raises(NoAnswer):
        claims_in(text, Question(ISSUER, "rita", "x"))


def test_a_question_does_not_tell_its_tokens():
    assert "a secret" not in repr(Question(ISSUER, "rita", "a secret", "a secret too", {"a secret": 1}))


def test_who_somebody_is_stays_between_sign_ins_and_what_they_are_in_does_not():
    facts = facts_again(GITHUB, {"organizations": [{"login": "other"}], "teams": []}, None, ())

    assert (facts.organizations, facts.teams) == (("other",), ())
    assert (facts.public_id, facts.mail, facts.domain, facts.scopes) == (
        "github:rita",
        "rita@acme.example",
        "acme.example",
        ("read:org",),
    )


def test_scopes_that_a_renewal_brings_take_the_place_of_those_before():
    known = Facts(provider="oidc", uid="rita", scopes=("openid", "chameleon:decide"))

    assert facts_again(known, {}, None, ()).scopes == known.scopes
    assert facts_again(known, {}, ["openid"], ()).scopes == ("openid",)


def test_what_only_an_id_token_told_is_known_as_that_and_a_list_that_has_gone_from_userinfo_is_gone():
    said = {"id_token": {"sub": "rita", "dept": "labs", "nonce": "n"}, "userinfo": {"sub": "rita", "groups": ["a"]}}
    known = facts_as_told("oidc", "rita", said)
    assert known.once == ("dept",)

    again = facts_again(known, {"userinfo": {"sub": "rita"}, "id_token": {"dept": "labs"}}, None, ())
    assert (again.claims, again.groups, again.once) == ({"sub": "rita", "dept": "labs"}, (), ("dept",))


def test_groups_of_entra_that_were_not_told_are_unread_and_not_half():
    said = {"oid": "1", "_claim_names": {"groups": "src1"}}
    facts = facts_as_told("entra", "1", said, unread={"group"})

    assert (facts.groups, facts.unread) == ((), ("group",))


@pytest.fixture
def rita(max):
    system = system_of(max.organization_id)
    pilot = actions.create_pilot("rita", actor=system)
    return actions.grant_role(pilot, "Viewer", actor=system, origin=Origin.ARRIVAL).pilot


def test_what_a_rule_needs_and_is_unread_changes_nothing(max, rita):
    actions.set_rules([Rule(1, "github", "team", "acme/research", "Operator")], actor=max)
    silent = Facts(provider="github", uid="1", unread=("team",))
    with pytest.raises(Unavailable, match="did not tell"):
        go_by(rita, silent)

    assert not DirectoryFacts.objects.exists()
    go_by(rita, Facts(provider="github", uid="1", unread=("organization",)))
    assert Membership.objects.get(pilot=rita).role_name == "Viewer"


def test_what_was_read_is_asked_for_again_in_an_hour(rita):
    actions.note_facts(rita, GITHUB)
    known = DirectoryFacts.objects.get()

    assert not DirectoryFacts.objects.to_read(timezone.now()).exists()
    assert DirectoryFacts.objects.to_read(timezone.now() + timedelta(minutes=61)).get() == known


def test_a_directory_that_answers_is_followed_and_one_that_was_overtaken_is_not(max, rita):
    actions.set_rules([Rule(1, "github", "team", "acme/research", "Operator")], actor=max)
    actions.note_facts(rita, Facts(provider="github", uid="1"))
    known = DirectoryFacts.objects.get()

    assert actions.follow_directory(known.pk, known.at, GITHUB)
    assert Membership.objects.get(pilot=rita).role_name == "Operator"
    assert not actions.follow_directory(known.pk, known.at, Facts(provider="github", uid="1"))
    assert Membership.objects.get(pilot=rita).role_name == "Operator"


def test_the_preview_shows_what_is_known_and_of_claims_only_the_names(client_of, max, rita):
    told = Facts(
        provider="oidc",
        uid="1",
        groups=tuple(f"group-{n}" for n in range(35)),
        claims={"salary": "a great deal"},
        unread=("team",),
    )
    actions.note_facts(rita, told)
    form = {"form-TOTAL_FORMS": "0", "form-INITIAL_FORMS": "0", "preview": "1"}
    page = client_of(max).post("/settings/rules", form).text

    assert "What OpenID Connect said" in page
    assert "group-29 and 5 more" in page
    assert "group-30" not in page
    assert "salary" in page
    assert "a great deal" not in page
    assert "not all" in page


def test_the_rules_page_says_how_each_fact_is_written(client_of, max):
    page = client_of(max).get("/settings/rules").text

    assert "fjordbank/platform" in page
    assert "realm_access.roles = admin" in page


def test_what_was_said_of_a_visitor_is_not_shown(max, root):
    actions.enter(max.organization_id, pilot=root, role="Viewer", reason="They asked for help.")
    actions.note_facts(root, GITHUB)

    assert [one.last for one in preview_of_rules(max)] == [None]


def test_the_command_tells_no_facts(capsys, max, rita):
    actions.note_facts(rita, GITHUB)
    call_command("roles", "preview", "--json", "--organization", "fjordbank")

    (line,) = json.loads(capsys.readouterr().out)
    assert (line["provider"], line["now"]) == ("github", "Viewer")
    assert "last" not in line
