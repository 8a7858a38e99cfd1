from django.db import migrations

# A submit and a decision read the stops through this function: it holds them off until the transaction ends, and,
# being volatile, it looks only once it has that lock. A statement that began before a stop was committed, and had
# to wait for it, would otherwise still see the world without it.
CREATE = """
CREATE FUNCTION stops_in_force(organization bigint) RETURNS SETOF interventions_stop
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1398034256, organization::int);
    RETURN QUERY
        SELECT stop.* FROM interventions_stop AS stop
        WHERE stop.organization_id = organization AND stop.rearmed_at IS NULL
        ORDER BY stop.at, stop.id;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("interventions", "0004_like_before")]

    operations = [
        migrations.AlterModelOptions(
            name="stop",
            options={
                "permissions": [("pull_kill_switch", "Can pull and re-arm the kill switch")],
                "verbose_name": "kill switch",
                "verbose_name_plural": "kill switches",
            },
        ),
        migrations.RunSQL(CREATE, "DROP FUNCTION stops_in_force(bigint)"),
    ]
