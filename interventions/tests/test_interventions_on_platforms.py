"""A member who is something else on some platforms sees and does there what that role does, and nothing more."""

import json

import pytest
from django.core.management import call_command

from accounts import actions as accounts
from accounts.models import Membership, Platform
from accounts.queries import system_of
from audit.models import Entry
from audit.queries import Narrow, ledger_for
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention, Stop
from interventions.queries import Filters, history_for, metrics_for, queue_for
from interventions.queries.mentions import mentioned_in
from interventions.queries.rhythm import sees
from interventions.tests.asking import ask, unit_of
from interventions.topics import pages, program
from kit.errors import NotAllowed, NotThere
from tests.house import ROOT
from work.models import Unit


def acting(member):
    return Membership.objects.acting().get(pk=member.pk)


@pytest.fixture
def lab(max):
    return accounts.create_platform("lab", "Laboratory", actor=max)


@pytest.fixture
def production(max):
    return accounts.create_platform("production", "Production", actor=max)


@pytest.fixture
def vault(max):
    """A platform on which the researcher has nothing."""
    return accounts.create_platform("vault", "Vault", actor=max)


@pytest.fixture
def rita(bo, max, lab, production):
    """Researcher: an Admin's powers in the laboratory, read-only in production, nothing elsewhere."""
    accounts.make_role("Researcher", ["interventions.waive_intervention", *OPERATOR], actor=max)
    return acting(accounts.set_roles(bo, "Limited", {"lab": "Researcher", "production": "Viewer"}, actor=max))


OPERATOR = [
    "interventions.view_intervention",
    "work.view_unit",
    "audit.view_entry",
    "accounts.view_membership",
    "guardians.view_gate",
    "interventions.decide_intervention",
    "interventions.raise_intervention",
    "work.submit_unit",
]


def question_on(platform, actor, **about):
    return ask(actor, unit=unit_of(actor, platform=platform).pk, required_role="Researcher", **about)


@pytest.fixture
def asked(sys, rita, lab, production, vault):
    return {one.slug: question_on(one, sys) for one in (lab, production, vault)}


def test_each_question_is_of_its_units_platform_or_of_the_key_it_was_asked_with(asked, sys, lab, vault):
    keyed = acting(sys)
    keyed.platform = lab

    assert {slug: one.platform.slug for slug, one in asked.items()} == {slug: slug for slug in asked}
    assert ask(keyed).platform == lab
    assert ask(sys).platform is None


def test_the_queue_holds_the_platforms_one_sees_and_those_alone(asked, rita):
    asked_by_nobody = ask(accounts_system(rita), title="Of no platform")

    seen = {row.pk for row in queue_for(rita, Filters()).rows}
    assert seen == {asked["lab"].pk, asked["production"].pk}
    assert asked_by_nobody.pk not in seen


def accounts_system(member):
    """Somebody who asks about no platform: an Operator everywhere."""
    system = system_of(member.organization_id)
    pilot = accounts.create_pilot("everywhere", actor=system)
    return acting(accounts.grant_role(pilot, "Operator", actor=system))


def test_units_and_the_ledger_are_of_the_same_platforms(asked, rita, max):
    platforms = {unit.platform.slug for unit in Unit.objects.visible_to(rita)}
    lines = ledger_for(rita, Narrow(), limit=200).rows
    everything = ledger_for(max, Narrow(), limit=200).rows

    assert platforms == {"lab", "production"}
    assert {line.platform.slug for line in lines} == {"lab", "production"}
    assert {line.platform and line.platform.slug for line in everything} == {None, "lab", "production", "vault"}


def test_what_is_on_a_platform_one_does_not_see_is_not_there(asked, rita, client_of):
    browser = client_of(rita)
    hidden, shown = asked["vault"], asked["production"]

    assert browser.get(f"/interventions/{shown.pk}").status_code == 200
    for address in (f"/interventions/{hidden.pk}", f"/units/{hidden.unit_id}", f"/api/interventions/{hidden.pk}"):
        assert browser.get(address).status_code == 404, address
    with pytest.raises(NotThere):
        actions.approve(hidden.pk, actor=rita, reason="It is fine.")


def test_full_on_one_platform_and_read_only_on_another(asked, rita):
    assert actions.approve(asked["lab"].pk, actor=rita).status == "approved"
    with pytest.raises(NotAllowed, match="look at questions, not answer"):
        actions.approve(asked["production"].pk, actor=rita)
    with pytest.raises(NotAllowed, match="look at questions, not comment"):
        actions.comment(asked["production"].pk, body="Hm.", actor=rita)


def test_the_decision_and_its_line_name_the_role_on_that_platform(asked, rita):
    actions.approve(asked["lab"].pk, actor=rita)

    line = Entry.objects.get(verb="intervention.decided")
    assert line.actor_role == Intervention.objects.get(pk=asked["lab"].pk).decision.role == "Researcher"
    assert line.platform == asked["lab"].platform


def test_a_question_is_raised_where_the_role_raises(rita, lab, production, vault, sys):
    there = {one.slug: unit_of(sys, platform=one) for one in (lab, production, vault)}

    assert actions.raise_intervention(Question(kind="approval", title="May it?", unit=there["lab"].pk), actor=rita)
    with pytest.raises(NotAllowed):
        actions.raise_intervention(Question(kind="approval", title="May it?", unit=there["production"].pk), actor=rita)
    with pytest.raises(NotThere):
        actions.raise_intervention(Question(kind="approval", title="May it?", unit=there["vault"].pk), actor=rita)
    with pytest.raises(NotAllowed, match="only on some platforms"):
        actions.raise_intervention(Question(kind="approval", title="May it?"), actor=rita)


def test_a_power_on_one_platform_never_governs_the_organization(bo, max, lab):
    there = acting(accounts.set_roles(bo, "Viewer", {"lab": "Admin"}, actor=max))

    assert there.has_power("interventions.waive_intervention")
    for power in ("accounts.manage_members", "accounts.manage_keys", "guardians.manage_gate"):
        assert not there.has_power(power)
    with pytest.raises(NotAllowed):
        accounts.grant_role(there.pilot, "Admin", actor=there)


def test_everywhere_but_on_one_platform(bo, max, vault, lab, sys):
    member = acting(accounts.set_roles(bo, "Operator", {"vault": "Limited"}, actor=max))
    hidden, shown = (ask(sys, unit=unit_of(sys, platform=one).pk) for one in (vault, lab))
    loose = ask(sys)

    assert set(Intervention.objects.visible_to(member)) == {shown, loose}
    assert "vault" not in {one.slug for one in Platform.objects.visible_to(member)}
    assert hidden not in Intervention.objects.visible_to(member)


def test_one_stops_a_platform_with_the_power_there_and_nothing_beyond_it(bo, max, lab, vault):
    there = acting(accounts.set_roles(bo, "Viewer", {"lab": "Admin"}, actor=max))

    for scope, target in (("organization", ""), ("platform", "vault"), ("workflow", "nightly")):
        with pytest.raises(NotAllowed, match="only on some platforms"):
            actions.stop_work(scope=scope, target=target, reason="It loops.", actor=there)
    stop = actions.stop_work(scope="platform", target="lab", reason="It loops.", actor=there)
    assert actions.let_work_go_on(stop.pk, reason="It is mended.", actor=there).rearmed_at


def test_a_stop_of_a_platform_that_is_not_shown_is_not_there(rita, max, vault, lab):
    hidden = actions.stop_work(scope="platform", target="vault", reason="It loops.", actor=max)
    shown = actions.stop_work(scope="platform", target="lab", reason="It loops.", actor=max)
    whole = actions.stop_work(scope="organization", reason="All of it.", actor=max)

    assert set(Stop.objects.visible_to(rita)) == {shown, whole}
    with pytest.raises(NotThere):
        actions.acknowledge(hidden.pk, actor=rita)


def test_a_stop_carried_out_after_its_admin_lost_the_platform_is_the_systems(max, ada, lab, sys):
    admin = acting(accounts.grant_role(ada.pilot, "Admin", actor=max))
    unit = unit_of(sys, platform=lab)
    stop = actions.pull(scope="organization", reason="It loops.", actor=admin)
    accounts.grant_on_platform(admin, lab, "Limited", actor=max)

    assert actions.bring_to_rest(stop.pk)
    assert Unit.objects.get(pk=unit.pk).status == "paused"
    assert Entry.objects.get(verb="unit.paused").actor == system_of(max.organization_id)


def test_pages_are_rendered_once_for_those_of_the_same_standing_and_say_nothing_of_the_rest(asked, rita, max):
    mine, theirs = pages.audience_of(rita), pages.audience_of(max)
    keys = [str(one.pk) for one in asked.values()]

    assert mine != theirs
    assert mine == pages.audience_of(acting(rita))
    assert hash(mine) == hash(pages.audience_of(acting(rita)))
    told = pages.render_rows(rita.organization_id, keys, mine)
    assert set(told) == {str(asked["lab"].pk), str(asked["production"].pk)}
    assert all(pages.render_rows(max.organization_id, keys, theirs).values())
    assert pages.render_counts(rita.organization_id, [""], mine)[""]["open"] == 2
    assert not pages.may_see(rita, str(asked["vault"].pk))


def test_programs_hear_of_the_platforms_they_see(asked, rita):
    audience = program.audience_of(rita)
    keys = [f"new:{one.pk}" for one in asked.values()]

    assert set(program.render(rita.organization_id, keys, audience)) == {keys[0], keys[1]}
    assert program.render(rita.organization_id, [""], audience)[""][0]["metrics"]["open"] == 2
    assert {key.partition(":")[2] for key in program.missed(rita, "", asked["lab"].created_at) or []} == {
        str(asked["lab"].pk),
        str(asked["production"].pk),
    }


def test_figures_are_kept_apart_for_those_who_see_other_platforms(asked, rita, max, vi):
    assert metrics_for(rita)["open"] == 2
    assert metrics_for(max)["open"] == 3
    assert len({sees(rita), sees(max)}) == 2
    assert sees(max) == sees(vi)


def test_history_is_of_the_same_platforms(asked, rita, max, sys):
    for one in asked.values():
        actions.cancel(one.pk, actor=sys)

    assert len(history_for(max, Filters()).rows) == 3
    assert len(history_for(rita, Filters()).rows) == 2


def test_who_does_not_see_a_question_is_not_called_to_it(asked, rita, sys):
    assert mentioned_in("@bo look", sys, asked["lab"].platform_id) == [rita]
    assert mentioned_in("@bo look", sys, asked["vault"].platform_id) == []


def test_a_file_of_roles_does_the_example_of_the_documentation(
    client_of, ada, bo, vi, max, sys, lab, production, tmp_path
):
    text = (ROOT / "docs/examples/roles.toml").read_text()
    members = """
[[member]]
pilot = "local:ada"
role = "Limited"
on = { lab = "Researcher", production = "Analyst" }
[[member]]
pilot = "local:bo"
role = "Viewer"
on = { production = "Developer" }
[[member]]
pilot = "local:vi"
role = "Analyst"
"""
    (tmp_path / "roles.toml").write_text(text + members)
    for _again in range(2):
        call_command("roles", "load", str(tmp_path / "roles.toml"), "--organization", "fjordbank")
    there = {
        one.slug: ask(sys, unit=unit_of(sys, platform=one).pk, required_role="Viewer") for one in (lab, production)
    }
    for one in there.values():
        one.required_role = "Researcher" if one.platform == lab else "Developer"
        one.save()

    def outcome(member, slug):
        """What pressing Approve is answered, over the API."""
        sent = client_of(member).post(f"/api/interventions/{there[slug].pk}/approve", "{}", "application/json")
        return sent.status_code

    assert outcome(vi, "lab") == outcome(vi, "production") == 403  # analyst: read-only everywhere
    assert outcome(ada, "production") == 403  # researcher: read-only there
    assert outcome(bo, "lab") == 403  # developer: of production
    assert outcome(ada, "lab") == outcome(bo, "production") == 200
    page = client_of(acting(vi)).get("/history").text
    assert "Deploy 4.18.2" in page
    told = json.loads(
        json.dumps({line.actor_role for line in Entry.objects.filter(verb="intervention.decided")}, default=sorted)
    )
    assert told == ["Developer", "Researcher"]


def test_a_key_for_some_gates_and_a_role_on_some_platforms_narrow_each_for_itself(rita, max, sys, lab, vault):
    here, other_gate, elsewhere = (question_on(platform, sys) for platform in (lab, lab, vault))
    Unit.objects.filter(pk=other_gate.unit_id).update(gate="loans")
    keyed = acting(rita)
    keyed.gates = ("deploys",)

    assert set(Intervention.objects.visible_to(keyed)) == {here}
    assert {unit.pk for unit in Unit.objects.visible_to(keyed)} == {here.unit_id}
    assert not Unit.objects.get(pk=other_gate.unit_id).is_visible_to(keyed)
    assert not Entry.objects.visible_to(keyed).exists()
    keys = [f"new:{one.pk}" for one in (here, other_gate, elsewhere)]
    assert set(program.render(rita.organization_id, keys, program.audience_of(keyed))) == {keys[0]}
    assert program.audience_of(keyed) != program.audience_of(rita)
    assert metrics_for(keyed)["open"] == 1
    assert len({sees(keyed), sees(rita), sees(max)}) == 3


def test_a_key_for_some_gates_stops_none_of_them_on_platforms_beyond_its_role(bo, max, lab):
    keyed = acting(accounts.set_roles(bo, "Viewer", {"lab": "Admin"}, actor=max))
    keyed.gates = ("deploys",)

    with pytest.raises(NotAllowed, match="only on some platforms"):
        actions.stop_work(scope="gate", target="deploys", reason="It loops.", actor=keyed)
    with pytest.raises(NotAllowed, match="some gates only"):
        actions.stop_work(scope="platform", target="lab", reason="It loops.", actor=keyed)
