import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Words for the columns, as the administration shows them. No table changes."""

    dependencies = [
        ("accounts", "0003_every_column_has_words"),
        ("work", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="unit",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AlterField(
            model_name="unit",
            name="platform",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.platform",
                verbose_name="platform",
            ),
        ),
        migrations.AlterField(
            model_name="unit",
            name="submitted_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="submitted by",
            ),
        ),
    ]
