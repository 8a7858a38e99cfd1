import django.db.models.deletion
from django.db import migrations, models


# Who may see only some platforms sees nothing that says of none, so what was there before is told. For the ledger this
# is the one UPDATE there ever is; it adds what its lines did not hold, and changes nothing they did.
QUESTIONS = """
UPDATE interventions_intervention question SET platform_id = unit.platform_id
FROM work_unit unit WHERE unit.id = question.unit_id
"""

LEDGER = """
ALTER TABLE audit_entry DISABLE TRIGGER the_ledger_is_append_only;
UPDATE audit_entry line SET platform_id = unit.platform_id
FROM work_unit unit WHERE line.subject_type = 'unit' AND line.subject_id = unit.id::text;
UPDATE audit_entry line SET platform_id = question.platform_id
FROM interventions_intervention question
WHERE line.subject_type = 'intervention' AND line.subject_id = question.id::text;
ALTER TABLE audit_entry ENABLE TRIGGER the_ledger_is_append_only;
"""


class Migration(migrations.Migration):
    """Of which platform a question is, and a line of the ledger."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("audit", "0004_of_which_platform"),
        ("interventions", "0011_passkeys"),
    ]

    operations = [
        migrations.AddField(
            model_name="intervention",
            name="platform",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.platform",
                verbose_name="platform",
            ),
        ),
        # Deferred checks would stand in the way of the triggers: they are done first.
        migrations.RunSQL([QUESTIONS, "SET CONSTRAINTS ALL IMMEDIATE", LEDGER], migrations.RunSQL.noop),
    ]
