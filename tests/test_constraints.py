"""What must always hold is held by the database, whoever writes: each constraint and trigger, attacked by raw SQL."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import actions as accounts
from accounts.directory import Facts, Rule
from accounts.models import Absence, Grant, Membership, Preferences, ToldGroup, ToldUser
from accounts.queries import system_of
from guardians import actions as guardians
from intake.actions import submit
from intake.serializers import UnitIn
from interventions import actions
from interventions.models import Acknowledgement, Intervention, Look, SavedView, Stop
from tests.house import APPS


def execute(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.rowcount


def breach_of(sql: str) -> str:
    """The name of the constraint that refuses this statement."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        assert execute(sql) != 0, "the attack hit no row"
    return str(refused.value.__cause__.diag.constraint_name)


def again(table: str, columns: str, **changed: str) -> str:
    """An INSERT that repeats the rows of a table, some columns changed."""
    values = ", ".join(changed.get(name.strip(), name.strip()) for name in columns.split(","))
    return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table}"


@pytest.fixture
def rows(max: Membership, ada: Membership, bo: Membership, sys: Membership) -> None:
    """A row in every table that has something to hold."""
    platform = accounts.create_platform("ci", "CI", actor=max)
    accounts.create_key(sys, name="CI", scopes=["submit"], actor=max, platform=platform)
    accounts.invite("Viewer", actor=max)
    accounts.make_role("Researcher", ["work.view_unit"], actor=max)
    accounts.grant_on_platform(bo, platform, "Viewer", actor=max)
    accounts.set_rules([Rule(1, "any", "organization", "acme", "Viewer")], actor=max)
    accounts.note_facts(ada.pilot, Facts(provider="github", uid="1"))
    gate = guardians.create_gate("loans", actor=max, name="Loans", required_approvals=2)
    guardians.post_guardian(gate.pk, "never", type="EXPRESSION", config={"expression": "false"}, actor=max)
    submit([UnitIn(gate="loans", external_id=f"loan-{n}", title="Loan", attributes={}) for n in (1, 2)], actor=sys)
    decided, waiting = Intervention.objects.order_by("pk")
    actions.approve(decided.pk, actor=ada)
    actions.approve(decided.pk, actor=bo)
    actions.raise_intervention(actions.Question(kind="approval", title="Deploy", external_id="once"), actor=sys)
    accounts.issue_tokens(actor=ada)
    Absence.objects.create(membership=ada, delegate=bo)
    Preferences.objects.create(pilot=ada.pilot)
    told = accounts.Facts(provider="github", issuer="https://github.com", uid="1", login="octocat")
    hour = timezone.now() + timedelta(hours=1)
    accounts.arrive(told, actor=system_of(ada.organization_id), grant=Grant("access", "refresh", hour))
    SavedView.objects.create(owner=ada, name="Mine", query="assigned_to=me")
    Look.objects.create(intervention=waiting, by=ada, seen_at=timezone.now())
    stop = Stop.objects.create(
        organization_id=max.organization_id, scope="gate", target="loans", reason="Drill", by=max
    )
    Acknowledgement.objects.create(stop=stop, caller=sys)
    facts = accounts.Facts(provider="oidc", issuer="https://sso.example", uid="7", login="rita")
    accounts.provision_user(ToldUser("rita", external_id="7"), actor=max)
    accounts.arrive(facts, actor=system_of(ada.organization_id))
    accounts.provision_group(ToldGroup("Pilots"), actor=max)
    connection.check_constraints()  # else a TRUNCATE is refused only because foreign keys wait to be checked


PLATFORM = "organization_id, slug, name, health_url, capabilities, created_at"
IDENTITY = "pilot_id, provider, issuer, uid, login, leads"
MEMBERSHIP = "pilot_id, organization_id, role_id, created_at"
GUARDIAN = "gate_id, name, position"
VERSION = "guardian_id, number, type, config, mode, percent, on_block, created_by_id"
VOTE = "intervention_id, by_id, act, reason"
DECISION = "intervention_id, verdict, source, effect, by_id, role, reason, content_hash"
UNIT = (
    "id, organization_id, platform_id, external_id, gate, workflow, title, description, attributes, content_hash,"
    "request_hash, policy, verdict, priority, status, submitted_by_id"
)
QUESTION = (
    "id, organization_id, kind, priority, status, title, context, content_hash, allowed_actions, required_role,"
    "required_approvals, requester_may_approve, reason_required, edits_allowed, requester_id, external_id, due_at,"
    "expires_at, on_timeout"
)
GATE = (
    "organization_id, slug, name, description, operator, on_block, kind, priority, required_role, required_approvals,"
    "requester_may_approve, reason_required, reason_presets, edits_allowed, due_seconds, expires_seconds, on_timeout,"
    "max_interactions"
)
OPEN = "status = 'pending' AND external_id IS NULL"

STOP = "organization_id, scope, target, reason, settles, by_id, rearm_reason"

TOLD = "id, organization_id, pilot_id, user_name, external_id, active, addresses, details, created_at, changed_at"
TOLD_GROUP = "id, organization_id, name, external_id, created_at, changed_at"

ATTACKS = [
    (
        "a_provisioned_user_has_one_name",
        again("accounts_provisioneduser", TOLD, id="gen_random_uuid()", pilot_id="NULL", external_id="'8'"),
    ),
    (
        "a_provisioned_user_has_one_number",
        again("accounts_provisioneduser", TOLD, id="gen_random_uuid()", pilot_id="NULL", user_name="'rob'"),
    ),
    (
        "a_pilot_is_provisioned_once",
        again("accounts_provisioneduser", TOLD, id="gen_random_uuid()", external_id="'8'", user_name="'rob'"),
    ),
    (
        "a_provisioned_group_has_one_name",
        again("accounts_provisionedgroup", TOLD_GROUP, id="gen_random_uuid()", name="upper(name)"),
    ),
    ("content_is_kept_for_a_month", "UPDATE accounts_organization SET keep_settled_days = 29"),
    ("the_ledger_outlives_what_it_tells_of", "UPDATE accounts_organization SET keep_ledger_days = 365"),
    ("who_is_erased_stays_away", "UPDATE accounts_pilot SET public_id = 'erased:1' WHERE username = 'ada'"),
    ("an_account_elsewhere_is_one_pilots", again("accounts_identity", IDENTITY, leads="false")),
    ("one_account_elsewhere_leads_a_pilot", again("accounts_identity", IDENTITY, uid="'2'")),
    ("a_token_is_renewed_before_it_expires", "UPDATE accounts_providertoken SET refresh_at = expires_at"),
    ("nobody_stands_in_for_oneself", "UPDATE accounts_absence SET delegate_id = membership_id"),
    ("a_page_has_ten_to_hundred", "UPDATE accounts_preferences SET page_size = 5"),
    ("a_page_has_ten_to_hundred", "UPDATE accounts_preferences SET page_size = 101"),
    ("a_saved_view_has_one_name", again("interventions_savedview", "owner_id, name, query, is_shared")),
    ("a_pilot_looks_once", again("interventions_look", "intervention_id, by_id, seen_at")),
    ("a_scope_is_stopped_once", again("interventions_stop", f"id, {STOP}", id="gen_random_uuid()")),
    ("a_stop_says_of_what", "UPDATE interventions_stop SET target = ''"),
    ("a_stop_says_of_what", "UPDATE interventions_stop SET scope = 'organization'"),
    ("a_stop_has_a_reason", "UPDATE interventions_stop SET reason = ''"),
    ("who_rearmed_is_known", "UPDATE interventions_stop SET rearmed_at = now()"),
    ("a_caller_acknowledges_once", again("interventions_acknowledgement", "stop_id, caller_id, units")),
    ("a_gate_holds_for_a_minute_at_most", "UPDATE guardians_gate SET undo_seconds = 61"),
    ("a_gate_holds_for_a_minute_at_most", "UPDATE guardians_gate SET claim_seconds = 59"),
    ("a_platform_has_one_name_in_its_organization", again("accounts_platform", PLATFORM)),
    ("a_pilot_joins_an_organization_once", again("accounts_membership", MEMBERSHIP)),
    ("a_token_has_known_scopes", "UPDATE accounts_tokenfamily SET scopes = '{}'"),
    ("a_token_has_known_scopes", "UPDATE accounts_tokenfamily SET scopes = '{submit,everything}'"),
    ("a_token_ends_with_its_key_or_password", "UPDATE accounts_tokenfamily SET password_mark = ''"),
    (
        "a_token_ends_with_its_key_or_password",
        "UPDATE accounts_tokenfamily SET key_id = (SELECT min(id) FROM accounts_apikey)",
    ),
    (
        "one_key_signs",
        "INSERT INTO accounts_signingkey (kid, public, sealed) SELECT 'another', public, sealed"
        " FROM accounts_signingkey",
    ),
    ("a_retired_key_signs_nothing", "UPDATE accounts_signingkey SET retired_at = now(), verifies_until = now()"),
    ("a_retired_key_signs_nothing", "UPDATE accounts_signingkey SET retired_at = now(), sealed = ''"),
    ("who_accepted_is_known", "UPDATE accounts_invitation SET accepted_at = now()"),
    ("who_accepted_is_known", "UPDATE accounts_invitation SET accepted_by_id = invited_by_id"),
    (
        "an_invitation_ends_one_way",
        "UPDATE accounts_invitation SET accepted_at = now(), accepted_by_id = invited_by_id, withdrawn_at = now()",
    ),
    ("a_member_has_one_role_on_a_platform", again("accounts_platformrole", "membership_id, platform_id, role_id")),
    (
        "a_role_has_one_title_in_its_organization",
        again(
            "accounts_role",
            "group_id, organization_id, title, description",
            group_id="(SELECT min(id) FROM auth_group)",
            title="upper(title)",
        ),
    ),
    (
        "directory_rules_stand_in_a_row",
        again("accounts_directoryrule", "organization_id, position, provider, looks_at, value, role_id"),
    ),
    (
        "a_provider_says_one_thing_of_a_pilot",
        again("accounts_directoryfacts", "pilot_id, provider, facts, at"),
    ),
    ("a_key_has_known_scopes", "UPDATE accounts_apikey SET scopes = '{}'"),
    ("a_key_has_known_scopes", "UPDATE accounts_apikey SET scopes = '{submit,everything}'"),
    ("a_platform_names_a_unit_once", again("work_unit", UNIT, id="gen_random_uuid()")),
    ("a_unit_has_a_known_status", "UPDATE work_unit SET status = 'sleeping'"),
    ("a_unit_has_a_known_priority", "UPDATE work_unit SET priority = 4"),
    ("a_unit_has_a_known_priority", "UPDATE work_unit SET priority = -1"),
    ("a_settled_unit_says_when", "UPDATE work_unit SET status = 'completed' WHERE status = 'active'"),
    ("a_settled_unit_says_when", "UPDATE work_unit SET settled_at = now() WHERE status = 'active'"),
    ("a_gate_has_one_name_in_its_organization", again("guardians_gate", GATE)),
    ("a_gate_asks_one_to_twenty", "UPDATE guardians_gate SET required_approvals = 0"),
    ("a_gate_asks_one_to_twenty", "UPDATE guardians_gate SET required_approvals = 21"),
    ("a_gate_gives_some_time", "UPDATE guardians_gate SET due_seconds = 0"),
    ("a_gate_gives_some_time", "UPDATE guardians_gate SET expires_seconds = 0"),
    ("a_guardian_has_one_name_at_its_gate", again("guardians_guardian", GUARDIAN)),
    ("a_guardian_version_has_one_number", again("guardians_guardianversion", VERSION)),
    ("a_guardian_enforces_at_most_all", again("guardians_guardianversion", VERSION, number="2", percent="101")),
    ("an_intervention_has_a_known_status", "UPDATE interventions_intervention SET status = 'lost'"),
    ("a_settled_intervention_says_when", f"UPDATE interventions_intervention SET settled_at = now() WHERE {OPEN}"),
    (
        "a_settled_intervention_says_when",
        f"UPDATE interventions_intervention SET status = 'approved', resolution_source = 'human' WHERE {OPEN}",
    ),
    (
        "a_settled_intervention_says_by_whom",
        f"UPDATE interventions_intervention SET status = 'approved', settled_at = now() WHERE {OPEN}",
    ),
    (
        "a_settled_intervention_says_by_whom",
        f"UPDATE interventions_intervention SET resolution_source = 'human' WHERE {OPEN}",
    ),
    (
        "only_a_question_asked_back_is_paused",
        f"UPDATE interventions_intervention SET status = 'awaiting_requester' WHERE {OPEN}",
    ),
    ("only_a_question_asked_back_is_paused", f"UPDATE interventions_intervention SET paused_at = now() WHERE {OPEN}"),
    (
        "a_requester_names_an_intervention_once",
        again("interventions_intervention", QUESTION, id="gen_random_uuid()") + " WHERE external_id IS NOT NULL",
    ),
    ("a_pilot_votes_once", again("interventions_vote", VOTE)),
    (
        "a_waiver_needs_a_reason",
        again("interventions_decision", DECISION, verdict="'waived'", reason="''"),
    ),
    ("only_the_clock_expires", again("interventions_decision", DECISION, verdict="'expired'")),
]


@pytest.mark.parametrize("name, attack", ATTACKS)
def test_a_constraint_holds(rows, name, attack):
    assert breach_of(attack) == name


def named_constraints() -> Iterator[str]:
    for app in APPS:
        if apps.is_installed(app):
            for model in apps.get_app_config(app).get_models():
                yield from (constraint.name for constraint in model._meta.constraints)


def test_every_constraint_is_attacked():
    assert {name for name, _attack in ATTACKS} == set(named_constraints())


def test_a_question_is_decided_once(rows):
    assert "intervention_id" in breach_of(again("interventions_decision", DECISION))


def test_a_question_is_held_by_one_pilot(rows):
    open_one = "(SELECT id FROM interventions_intervention WHERE external_id IS NOT NULL)"
    claim = f"INSERT INTO interventions_claim (intervention_id, by_id) SELECT {open_one}, id FROM accounts_membership"

    assert "intervention_id" in breach_of(claim)


@pytest.mark.parametrize(
    "attack, column",
    [
        ("UPDATE accounts_pilot SET username = 'same'", "username"),
        ("UPDATE accounts_pilot SET public_id = 'same'", "public_id"),
        (
            "INSERT INTO accounts_organization (slug, name, created_at) SELECT slug, name, created_at "
            "FROM accounts_organization",
            "slug",
        ),
    ],
)
def test_a_name_is_one_persons_or_one_organizations(rows, attack, column):
    assert column in breach_of(attack)


WRITTEN_ONCE = {
    "audit_entry": "The ledger is append-only",
    "guardians_guardianversion": "A guardian version",
    "interventions_decision": "A decision is final",
    "interventions_vote": "A vote is final",
}


@pytest.mark.parametrize("table", WRITTEN_ONCE)
@pytest.mark.parametrize("attack", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}", "TRUNCATE {} CASCADE"])
def test_what_was_written_stays_as_it_was_written(rows, table, attack):
    before = execute(f"SELECT FROM {table}")

    with pytest.raises(IntegrityError, match=WRITTEN_ONCE[table]), transaction.atomic():
        execute(attack.format(table))
    assert execute(f"SELECT FROM {table}") == before != 0


@pytest.mark.parametrize(
    "table", ["accounts_organization", "accounts_membership", "interventions_intervention", "work_unit"]
)
def test_no_way_round_empties_what_was_written(rows, table):
    with pytest.raises(IntegrityError), transaction.atomic():
        execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    "model", ["audit.Entry", "interventions.Decision", "interventions.Vote", "guardians.GuardianVersion"]
)
def test_nor_does_the_orm(rows, model):
    row = apps.get_model(model).objects.first()

    for attack in (row.save, row.delete, apps.get_model(model).objects.all().delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            attack()


@pytest.mark.parametrize("model", ["accounts.Pilot", "accounts.Membership", "accounts.Organization", "work.Unit"])
def test_who_and_what_the_ledger_names_cannot_be_deleted(rows, model):
    with pytest.raises(IntegrityError), transaction.atomic():
        apps.get_model(model).objects.all().delete()
