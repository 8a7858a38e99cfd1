from django.db import migrations

# Shared by every table that is written once: the trigger's argument is the sentence.
FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$;
"""

TRIGGERS = """
CREATE TRIGGER the_ledger_is_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change('The ledger is append-only.');
CREATE TRIGGER the_ledger_is_never_emptied BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('The ledger is append-only.');
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION refuse_change()"),
        migrations.RunSQL(
            TRIGGERS,
            "DROP TRIGGER the_ledger_is_append_only ON audit_entry;"
            "DROP TRIGGER the_ledger_is_never_emptied ON audit_entry;",
        ),
    ]
