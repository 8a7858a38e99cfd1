"""Two months of questions, written set by set: deciding 200,000 one by one would take days."""

import psycopg

from benchmarks.site import GATE

PILOTS = (
    *("Ada Okafor", "Bo Lindqvist", "Chandra Rao", "Dilan Demir", "Elena Petrova", "Femi Adeyemi"),
    *("Grace Kim", "Hugo Martin", "Ines Castro", "Jonas Weber", "Kalani Akana", "Lea Fontaine"),
)
DAYS = 60


def fill(database: str, waiting: int, settled: int) -> None:
    """So many that wait and so many that ended, with units, decisions, votes, claims and about five lines each."""
    with psycopg.connect(database) as connection:
        connection.execute("SELECT setseed(0.5)")
        connection.execute("SET work_mem = '256MB'")
        # Four million references are right by the way they are made; a superuser need not have them looked up.
        connection.execute("SET LOCAL session_replication_role = replica")
        for statement in (_PEOPLE, _PLATFORMS, _GATES):
            connection.execute(statement)
        connection.execute(_ASKED, {"waiting": waiting, "settled": settled})
        for statement in (_UNITS, _QUESTIONS, _DECISIONS, _VOTES, _CLAIMS, _LINES):
            connection.execute(statement)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT gin_clean_pending_list('questions_in_words')")
        connection.execute("VACUUM ANALYZE")


_PEOPLE = f"""
WITH made AS (
    INSERT INTO accounts_pilot (
        password, is_superuser, username, email, is_staff, is_active, date_joined, name, kind, public_id
    )
    SELECT '!', false, 'pilot-' || i, '', false, true, now(), name, 'person', 'local:pilot-' || i
    FROM unnest(ARRAY[{", ".join(f"'{name}'" for name in PILOTS)}]) WITH ORDINALITY AS people (name, i) RETURNING id
)
INSERT INTO accounts_membership (created_at, pilot_id, role_id, organization_id)
SELECT now(), made.id, role.id, organization.id
FROM made, auth_group role, accounts_organization organization
WHERE role.name = 'Operator' AND organization.slug = 'default'
"""

_PLATFORMS = """
INSERT INTO accounts_platform (slug, name, health_url, capabilities, created_at, organization_id)
SELECT word, initcap(word), '', '[]', now(), organization.id
FROM accounts_organization organization, unnest(ARRAY['airflow', 'pipelines', 'agents']) word
WHERE organization.slug = 'default'
"""

# Beside those that an organization begins with, so that one gate is rare among the others.
_GATES = f"""
INSERT INTO guardians_gate (
    slug, name, description, operator, on_block, kind, priority, required_role, required_approvals,
    requester_may_approve, reason_required, reason_presets, edits_allowed, due_seconds, expires_seconds, on_timeout,
    max_interactions, organization_id
)
SELECT word, initcap(word), '', operator, on_block, kind, priority, required_role, required_approvals,
    requester_may_approve, reason_required, reason_presets, edits_allowed, due_seconds, expires_seconds, on_timeout,
    max_interactions, organization_id
FROM guardians_gate, unnest(ARRAY['refund', 'schema-change', 'vendor-payment', 'quarterly-close']) word
WHERE guardians_gate.slug = '{GATE}'
"""

# One row for each question with all that is thrown for it; every other statement reads from here.
_ASKED = f"""
CREATE TEMPORARY TABLE asked ON COMMIT DROP AS
WITH
people AS (
    SELECT array_agg(m.id ORDER BY m.id) AS ids, array_agg(p.name ORDER BY m.id) AS names
    FROM accounts_membership m JOIN accounts_pilot p ON p.id = m.pilot_id WHERE p.username LIKE 'pilot-%%'
),
programs AS (
    SELECT m.id AS requester_id, p.name AS requester, m.organization_id
    FROM accounts_membership m JOIN accounts_pilot p ON p.id = m.pilot_id WHERE p.kind = 'agent' ORDER BY m.id LIMIT 1
),
gates AS (SELECT array_agg(id ORDER BY id) AS ids, array_agg(slug ORDER BY id) AS slugs FROM guardians_gate),
platforms AS (SELECT array_agg(id ORDER BY id) AS ids FROM accounts_platform),
thrown AS MATERIALIZED (
    SELECT i, i > %(settled)s AS is_open, random() AS a, random() AS b, random() AS c,
        exp(5.2 + 1.3 * sqrt(-2 * ln(greatest(random(), 1e-9))) * cos(2 * pi() * random())) AS took,
        CASE WHEN i > %(settled)s THEN now() - random() * interval '3 hours'
            ELSE now() - interval '4 hours' - random() * interval '{DAYS} days' END AS created_at
    FROM generate_series(1, %(settled)s + %(waiting)s) i
),
fated AS (
    SELECT *,
        CASE WHEN a < 0.8 THEN 'approval' WHEN a < 0.88 THEN 'clarification' WHEN a < 0.94 THEN 'waiver'
            WHEN a < 0.98 THEN 'resume' ELSE 'cancel' END AS kind,
        CASE WHEN NOT is_open AND b < 0.04 THEN 'expired' WHEN NOT is_open AND b < 0.07 THEN 'cancelled'
            WHEN is_open AND b < 0.1 THEN 'in_progress' WHEN is_open AND b < 0.14 THEN 'awaiting_requester'
            WHEN is_open THEN 'pending' WHEN a >= 0.8 AND a < 0.88 THEN 'completed'
            WHEN b < 0.3 THEN 'rejected' ELSE 'approved' END AS status
    FROM thrown
)
SELECT fated.*, organization_id, requester_id, requester,
    -- ids in the order of time, as UUIDv7 are
    (lpad(to_hex((extract(epoch FROM created_at) * 1000)::bigint), 12, '0') || '7' || left(md5('q' || i), 3)
        || '8' || right(md5('q' || i), 15))::uuid AS id,
    (lpad(to_hex((extract(epoch FROM created_at) * 1000)::bigint), 12, '0') || '7' || left(md5('u' || i), 3)
        || '8' || right(md5('u' || i), 15))::uuid AS unit_id,
    least((4 * c * c)::int, 3) AS priority,
    CASE WHEN c < 0.004 THEN 'quarterly-close' ELSE gates.slugs[1 + i %% (cardinality(gates.slugs) - 1)] END AS gate,
    CASE WHEN c < 0.004 THEN gates.ids[cardinality(gates.ids)] ELSE gates.ids[1 + i %% (cardinality(gates.ids) - 1)] END
        AS gate_id,
    platforms.ids[1 + i %% cardinality(platforms.ids)] AS platform_id,
    people.ids[1 + (cardinality(people.ids) * b * b)::int %% cardinality(people.ids)] AS by_id,
    people.names[1 + (cardinality(people.ids) * b * b)::int %% cardinality(people.ids)] AS by_name,
    people.ids[1 + i %% cardinality(people.ids)] AS second_id,
    i %% 20 = 0 AND (is_open OR status IN ('approved', 'rejected')) AS of_two,
    encode(sha256((i %% 60000)::text::bytea), 'hex') AS content_hash,
    least(created_at + least(took, 14000) * 0.3 * interval '1 second', now()) AS seen_at,
    CASE WHEN is_open THEN now() - interval '30 minutes' + a * c * interval '6 hours'
        ELSE created_at + interval '15 minutes' END AS due_at,
    CASE WHEN is_open THEN now() + interval '2 days' ELSE created_at + interval '4 hours' END AS expires_at,
    CASE WHEN is_open THEN NULL WHEN status = 'expired' THEN created_at + interval '4 hours'
        ELSE created_at + least(took, 14000) * interval '1 second' END AS settled_at,
    CASE WHEN is_open THEN '' WHEN status = 'expired' THEN 'timeout_default' WHEN status = 'cancelled' THEN
        'cancelled_by_caller' WHEN i %% 20 = 0 AND status <> 'completed' THEN 'quorum' ELSE 'human' END AS source,
    format((ARRAY['Refund %%s.00 to customer %%s', 'Deploy build %%s of shop-%%s', 'Pay invoice %%s of vendor %%s',
        'Drop column %%s of table %%s', 'Raise the limit to %%s for account %%s'])[1 + i %% 5], i %% 9000, i %% 7919)
        AS title,
    jsonb_build_object(
        'amount', i %% 9000, 'customer', jsonb_build_object('id', 'C-' || i, 'name', 'Customer ' || i %% 7919,
            'country', (ARRAY['DE', 'FR', 'ES', 'US'])[1 + i %% 4], 'since', 1990 + i %% 35),
        'order', 'order-' || i, 'reason', 'The parcel arrived damaged and the customer asked for the money back.',
        'items', jsonb_build_array(
            jsonb_build_object('sku', 'sku-' || i %% 500, 'price', i %% 100, 'count', 1 + i %% 3),
            jsonb_build_object('sku', 'sku-' || i %% 311, 'price', i %% 70, 'count', 1)),
        'risk', jsonb_build_object('score', round(a::numeric, 3), 'model', 'risk-v3',
            'signals', jsonb_build_array('velocity', 'device'))
    ) AS context
FROM fated, people, programs, gates, platforms
"""

_UNITS = """
INSERT INTO work_unit (
    id, external_id, gate, workflow, title, description, attributes, proposed, content_hash, request_hash, policy,
    verdict, priority, status, created_at, updated_at, settled_at, organization_id, platform_id, submitted_by_id
)
SELECT unit_id, 'page-' || i, gate, 'workflow-' || i % 9, title, '', context, NULL, content_hash, content_hash, '[]',
    '{"outcome": "held", "guardian": "limit", "reason": "The amount is above 1,000.", "verdicts": []}', priority,
    CASE WHEN is_open THEN 'awaiting_pilot' WHEN status = 'cancelled' THEN 'cancelled'
        WHEN status IN ('rejected', 'expired') THEN 'failed' ELSE 'completed' END,
    created_at, coalesce(settled_at, created_at), settled_at, organization_id, platform_id, requester_id
FROM asked ORDER BY created_at
"""

_QUESTIONS = """
INSERT INTO interventions_intervention (
    id, organization_id, unit_id, gate_id, kind, priority, status, title, description, context, proposed, content_hash,
    held_by, held_because, allowed_actions, required_role, required_approvals, requester_may_approve, reason_required,
    edits_allowed, requester_id, requested_by, tags, created_at, updated_at, first_seen_at, due_at, expires_at,
    on_timeout, paused_at, settled_at, resolution_source
)
SELECT id, organization_id, unit_id, gate_id, kind, priority, status, title,
    'Asked by the nightly run. **Please check** the amount against the order before it goes out.', context,
    jsonb_build_object('call', 'refund', 'amount', i % 9000, 'order', 'order-' || i), content_hash, 'limit',
    'The amount is above 1,000.',
    CASE kind WHEN 'clarification' THEN '{answer,cancel}' WHEN 'waiver' THEN '{waive,reject,cancel}'
        WHEN 'resume' THEN '{resume,reject,cancel}' ELSE '{approve,reject,waive,cancel}' END::varchar(10)[],
    'Operator', 1 + of_two::int, true, false, false, requester_id,
    CASE WHEN i % 3 = 0 THEN 'support-agent' ELSE '' END,
    CASE WHEN i % 4 = 0 THEN ARRAY['eu', 'customer'] WHEN i % 101 = 0 THEN ARRAY['vip'] ELSE '{}' END,
    created_at, coalesce(settled_at, created_at),
    CASE WHEN status NOT IN ('pending', 'expired') THEN seen_at END, due_at, expires_at, 'reject',
    CASE WHEN status = 'awaiting_requester' THEN now() - interval '10 minutes' END, settled_at, source
FROM asked ORDER BY created_at
"""

_DECISIONS = """
INSERT INTO interventions_decision (
    intervention_id, verdict, source, effect, by_id, role, reason, answer, content_hash, at
)
SELECT id,
    CASE WHEN status = 'completed' THEN 'answered' WHEN status = 'approved' AND kind = 'waiver' THEN 'waived'
        WHEN status = 'approved' AND kind = 'resume' THEN 'resumed' ELSE status END,
    source, CASE WHEN status IN ('approved', 'completed') THEN 'active' ELSE 'failed' END,
    CASE WHEN source IN ('human', 'quorum') THEN by_id ELSE requester_id END, 'Operator',
    CASE WHEN status = 'rejected' OR kind = 'waiver' THEN 'The order does not match what the customer wrote.'
        ELSE '' END,
    CASE WHEN status = 'completed' THEN '"Use the second address."'::jsonb END, content_hash, settled_at
FROM asked WHERE NOT is_open ORDER BY settled_at
"""

_VOTES = """
INSERT INTO interventions_vote (intervention_id, act, reason, at, by_id, seat)
SELECT id, CASE WHEN status = 'rejected' THEN 'reject' ELSE 'approve' END, '', settled_at, by_id, 'Operator'
FROM asked WHERE source IN ('human', 'quorum') AND status <> 'completed'
UNION ALL
SELECT id, 'approve', '', seen_at, second_id, 'Operator' FROM asked WHERE source = 'quorum' AND second_id <> by_id
"""

_CLAIMS = """
INSERT INTO interventions_claim (intervention_id, by_id, at)
SELECT id, by_id, now() + interval '1 day' FROM asked WHERE status = 'in_progress'  -- so that none lapses meanwhile
"""

_LINES = """
INSERT INTO audit_entry (
    organization_id, actor_id, actor_name, actor_role, verb, subject_type, subject_id, data, at, came_from
)
SELECT asked.organization_id, line.actor_id, line.actor_name, 'Operator', line.verb, line.subject_type, line.subject_id,
    line.data, line.at, '10.0.0.' || i % 250
FROM asked, LATERAL (VALUES
    (requester_id, requester, 'unit.submitted', 'unit', unit_id::text, jsonb_build_object('gate', gate), created_at),
    (requester_id, requester, 'intervention.raised', 'intervention', id::text,
        jsonb_build_object('kind', kind, 'title', title, 'guardian', 'limit'), created_at),
    (by_id, by_name, 'intervention.seen', 'intervention', id::text, '{}',
        CASE WHEN status <> 'expired' THEN seen_at END),
    (by_id, by_name, 'intervention.claimed', 'intervention', id::text, '{}',
        CASE WHEN status = 'in_progress' OR (i % 2 = 0 AND NOT is_open) THEN seen_at END),
    (by_id, by_name, 'intervention.voted', 'intervention', id::text, '{"act": "approve"}',
        CASE WHEN source IN ('human', 'quorum') THEN settled_at END),
    (by_id, by_name, CASE WHEN status = 'expired' THEN 'intervention.expired' ELSE 'intervention.decided' END,
        'intervention', id::text, jsonb_build_object('verdict', status, 'reason', CASE WHEN status = 'rejected' THEN
        'The order does not match what the customer wrote.' ELSE '' END), settled_at)
) AS line (actor_id, actor_name, verb, subject_type, subject_id, data, at)
WHERE line.at IS NOT NULL ORDER BY line.at
"""
