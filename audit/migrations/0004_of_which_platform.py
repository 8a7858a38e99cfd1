import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Of which platform a line is. What was written before is told it by interventions/0012, which can look it up."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("audit", "0003_far_back"),
    ]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="platform",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.platform",
                verbose_name="platform",
            ),
        ),
    ]
