import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What may differ between a line as it was and as it becomes: strings in these particulars, and each of those then tells
# the pseudonym. `audit.actions` knows the same list, and a test that they are the same.
ONLY_NAMES = """
CREATE FUNCTION only_names_went(was jsonb, became jsonb, pseudonym text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM jsonb_each(was) AS w FULL JOIN jsonb_each(became) AS b USING (key)
        WHERE w.value IS DISTINCT FROM b.value AND NOT coalesce(
            key = ANY ('{address,after,before,by,delegate,email,fact,held_by,instead_of,login,member,mentioned,name,
                pilot,rule,to,to_id,username,was}')
            AND jsonb_typeof(w.value) = jsonb_typeof(b.value)
            AND CASE jsonb_typeof(w.value)
                WHEN 'string' THEN strpos(b.value #>> '{}', pseudonym) > 0
                WHEN 'array' THEN jsonb_array_length(w.value) = jsonb_array_length(b.value) AND NOT EXISTS (
                    SELECT FROM jsonb_array_elements(w.value) WITH ORDINALITY AS x (value, position)
                    JOIN jsonb_array_elements(b.value) WITH ORDINALITY AS y (value, position) USING (position)
                    WHERE x.value <> y.value AND strpos(y.value #>> '{}', pseudonym) = 0
                )
                ELSE false
            END,
            false
        )
    )
$$;
"""

# Names of a person who is erased give way to the pseudonym: the actor's name and address in their own lines, and, in the
# transaction that erases and in no other, the particulars that name somebody in any. Who, when, what and about what stays.
KEEP_THE_LEDGER = """
CREATE FUNCTION keep_the_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    names CONSTANT text[] := '{actor_name,came_from,data}';
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - names = to_jsonb(OLD) - names AND EXISTS (
        SELECT FROM audit_erasure e
        LEFT JOIN accounts_membership m ON m.pilot_id = e.pilot_id AND m.id = OLD.actor_id
        WHERE (NEW.actor_name = OLD.actor_name OR (m.id IS NOT NULL AND NEW.actor_name = e.pseudonym))
            AND (NEW.came_from = OLD.came_from OR (m.id IS NOT NULL AND NEW.came_from = ''))
            AND (
                NEW.data = OLD.data
                OR (e.at = transaction_timestamp() AND only_names_went(OLD.data, NEW.data, e.pseudonym))
            )
    ) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM accounts_organization o
        WHERE o.id = OLD.organization_id AND OLD.at < now() - make_interval(days => o.keep_ledger_days)
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$;
"""

TRIGGERS = """
CREATE OR REPLACE TRIGGER the_ledger_is_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION keep_the_ledger('The ledger is append-only.');
CREATE TRIGGER an_erasure_is_final BEFORE UPDATE OR DELETE ON audit_erasure
    FOR EACH ROW EXECUTE FUNCTION refuse_change('An erasure is final.');
CREATE TRIGGER erasures_are_never_emptied BEFORE TRUNCATE ON audit_erasure
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('An erasure is final.');
"""

AS_BEFORE = """
CREATE OR REPLACE TRIGGER the_ledger_is_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change('The ledger is append-only.');
DROP TRIGGER an_erasure_is_final ON audit_erasure;
DROP TRIGGER erasures_are_never_emptied ON audit_erasure;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_how_long_and_who_is_gone"),
        ("audit", "0004_of_which_platform"),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pseudonym", models.CharField(max_length=60, unique=True, verbose_name="pseudonym")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.contrib.postgres.functions.TransactionNow(), editable=False, verbose_name="at"
                    ),
                ),
                (
                    "pilot",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="pilot",
                    ),
                ),
            ],
            options={"verbose_name": "erasure", "verbose_name_plural": "erasures"},
        ),
        migrations.RunSQL(ONLY_NAMES, "DROP FUNCTION only_names_went(jsonb, jsonb, text)"),
        migrations.RunSQL(KEEP_THE_LEDGER, "DROP FUNCTION keep_the_ledger()"),
        migrations.RunSQL(TRIGGERS, AS_BEFORE),
    ]
