import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Words for the columns, as the administration shows them. No table changes."""

    dependencies = [
        ("accounts", "0003_every_column_has_words"),
        ("guardians", "0003_quorums_and_undo"),
    ]

    operations = [
        migrations.AlterField(
            model_name="gate",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="gates",
                to="accounts.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AlterField(
            model_name="guardian",
            name="gate",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="guardians",
                to="guardians.gate",
                verbose_name="gate",
            ),
        ),
        migrations.AlterField(
            model_name="guardianversion",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="made by",
            ),
        ),
        migrations.AlterField(
            model_name="guardianversion",
            name="guardian",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="versions",
                to="guardians.guardian",
                verbose_name="guardian",
            ),
        ),
    ]
