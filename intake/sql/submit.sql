-- One batch of judged units, written at once or not at all: units, the questions about those that are
-- held, their ledger lines, and the hints. A unit whose external id is already taken is left out, with
-- its question and its lines; its position is in `taken`, so that the caller can be told what is there.
-- So is a unit that a kill switch covers: its position is in `stopped`, with the stop. stops_in_force holds the
-- stops of an organization off until this has committed, so that none is pulled between the look and the writing.
--
-- units, questions: JSON arrays of objects whose keys are the column names below.
-- hints: JSON array of NOTIFY payloads, [] when another bus carries them.
WITH unit_in AS (
    SELECT * FROM json_to_recordset(%(units)s::json) AS t(
        position int, id uuid, organization_id bigint, platform_id bigint, external_id text, gate text, workflow text,
        title text, description text, attributes jsonb, proposed jsonb, content_hash text, request_hash text,
        parent_id uuid, policy jsonb, verdict jsonb, priority smallint, status text, note text,
        max_interactions int, heartbeat_seconds int, heartbeat_due_at timestamptz, expires_at timestamptz,
        callback_url text, requested_by text, dialect jsonb, submitted_by_id bigint, created_at timestamptz,
        settled_at timestamptz, actor_name text, actor_role text, came_from text
    )
),
stop_in_force AS MATERIALIZED (
    SELECT stop.id, stop.organization_id, stop.scope, stop.target
    FROM (SELECT DISTINCT organization_id FROM unit_in ORDER BY organization_id) AS concerned
    CROSS JOIN LATERAL stops_in_force(concerned.organization_id) AS stop
),
stopped AS MATERIALIZED (
    SELECT DISTINCT ON (u.position) u.position, stop.id AS stop_id
    FROM unit_in u
    JOIN stop_in_force stop ON stop.organization_id = u.organization_id AND (
        stop.scope = 'organization'
        OR (stop.scope = 'gate' AND stop.target = u.gate)
        OR (stop.scope = 'workflow' AND stop.target = u.workflow)
        OR (stop.scope = 'platform' AND EXISTS (
            SELECT FROM accounts_platform platform WHERE platform.id = u.platform_id AND platform.slug = stop.target
        ))
    )
    ORDER BY u.position, stop.id
),
new_unit AS (
    INSERT INTO work_unit (
        id, organization_id, platform_id, external_id, gate, workflow, title, description, attributes, proposed,
        content_hash, request_hash, parent_id, policy, verdict, priority, status, note, max_interactions,
        heartbeat_seconds, heartbeat_due_at, expires_at, callback_url, requested_by, dialect, submitted_by_id,
        created_at, updated_at, settled_at
    )
    SELECT
        id, organization_id, platform_id, external_id, gate, workflow, title, description, attributes, proposed,
        content_hash, request_hash, parent_id, policy, verdict, priority, status, note, max_interactions,
        heartbeat_seconds, heartbeat_due_at, expires_at, callback_url, requested_by, dialect, submitted_by_id,
        created_at, created_at, settled_at
    FROM unit_in
    WHERE NOT EXISTS (SELECT FROM stopped WHERE stopped.position = unit_in.position)
    ON CONFLICT (organization_id, platform_id, external_id) DO NOTHING
    RETURNING id
),
question_in AS (
    SELECT * FROM json_to_recordset(%(questions)s::json) AS t(
        id uuid, unit_id uuid, gate_id bigint, kind text, priority smallint, held_by text, held_because text,
        proposed jsonb, content_hash text, answer_schema jsonb, allowed_actions text[], required_role text,
        required_approvals smallint, seats jsonb, veto boolean, votes_sealed boolean, undo_seconds smallint,
        requester_may_approve boolean, passkey_required boolean, reason_required boolean, edits_allowed boolean, tags text[], links jsonb,
        due_at timestamptz, expires_at timestamptz, on_timeout text
    )
),
new_question AS (
    INSERT INTO interventions_intervention (
        id, organization_id, platform_id, unit_id, gate_id, kind, priority, status, title, description, context, proposed,
        content_hash, held_by, held_because, answer_schema, allowed_actions, required_role, required_approvals,
        seats, veto, votes_sealed, undo_seconds, requester_may_approve, passkey_required, reason_required, edits_allowed,
        tags, links,
        requester_id, requested_by, dialect, callback_url,
        created_at, updated_at, due_at, expires_at, on_timeout
    )
    SELECT
        q.id, u.organization_id, u.platform_id, u.id, q.gate_id, q.kind, q.priority, 'pending', u.title, u.description,
        u.attributes, q.proposed, q.content_hash, q.held_by, q.held_because, q.answer_schema, q.allowed_actions,
        q.required_role, q.required_approvals, q.seats, q.veto, q.votes_sealed, q.undo_seconds,
        q.requester_may_approve, q.passkey_required, q.reason_required, q.edits_allowed, q.tags, q.links,
        u.submitted_by_id, u.requested_by, u.dialect, u.callback_url, u.created_at, u.created_at, q.due_at,
        q.expires_at, q.on_timeout
    FROM question_in q
    JOIN new_unit ON new_unit.id = q.unit_id
    JOIN unit_in u ON u.id = q.unit_id
),
ledger AS (
    INSERT INTO audit_entry (
        organization_id, platform_id, actor_id, actor_name, actor_role, verb, subject_type, subject_id, data, came_from
    )
    SELECT
        u.organization_id, u.platform_id, u.submitted_by_id, u.actor_name, u.actor_role, line.verb, line.subject_type,
        line.subject_id, line.data, u.came_from
    FROM unit_in u
    JOIN new_unit ON new_unit.id = u.id
    LEFT JOIN question_in q ON q.unit_id = u.id
    CROSS JOIN LATERAL (
        SELECT
            1 AS step, 'unit.submitted' AS verb, 'unit' AS subject_type, u.id::text AS subject_id,
            jsonb_build_object(
                'gate', u.gate, 'outcome', u.verdict -> 'outcome', 'guardian', u.verdict -> 'guardian',
                'content_hash', u.content_hash
            ) AS data
        UNION ALL
        SELECT
            2, 'intervention.raised', 'intervention', q.id::text,
            jsonb_build_object('kind', q.kind, 'title', u.title, 'unit', u.id, 'guardian', q.held_by)
        WHERE q.id IS NOT NULL
    ) AS line
    ORDER BY u.position, line.step
),
told AS (
    SELECT count(pg_notify('chameleon_live', payload)) AS sent
    FROM json_array_elements_text(%(hints)s::json) AS payload
)
-- Always one row: a CTE that only reads is run no further than the result asks, and the hints must leave.
SELECT
    ARRAY(
        SELECT unit_in.position
        FROM unit_in LEFT JOIN new_unit USING (id) LEFT JOIN stopped USING (position)
        WHERE new_unit.id IS NULL AND stopped.stop_id IS NULL
        ORDER BY 1
    ) AS taken,
    (SELECT json_object_agg(position, stop_id) FROM stopped) AS stopped,
    (SELECT sent FROM told) AS hints_sent
