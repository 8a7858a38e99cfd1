-- The units that already carry these external ids. LATERAL with OFFSET 0 makes the planner go through the
-- unique index once a key: on a freshly filled table without statistics a plain join reads all of it.
SELECT key.position, unit.id, unit.request_hash
FROM json_to_recordset(%(keys)s::json) AS key(
    position int, organization_id bigint, platform_id bigint, external_id text
)
CROSS JOIN LATERAL (
    SELECT id, request_hash
    FROM work_unit
    WHERE organization_id = key.organization_id
      AND platform_id = key.platform_id
      AND external_id = key.external_id
    OFFSET 0
) AS unit
