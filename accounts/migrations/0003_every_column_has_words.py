import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Words for the columns, as the administration shows them. No table changes."""

    dependencies = [
        ("accounts", "0002_preferences_and_absences"),
    ]

    operations = [
        migrations.AlterField(
            model_name="absence",
            name="delegate",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="stands in",
            ),
        ),
        migrations.AlterField(
            model_name="absence",
            name="membership",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="accounts.membership", verbose_name="member"
            ),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="made by",
            ),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="membership",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="keys",
                to="accounts.membership",
                verbose_name="member",
            ),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="platform",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="keys",
                to="accounts.platform",
                verbose_name="platform",
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="memberships",
                to="accounts.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="pilot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="memberships",
                to=settings.AUTH_USER_MODEL,
                verbose_name="pilot",
            ),
        ),
        migrations.AlterField(
            model_name="platform",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="platforms",
                to="accounts.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AlterField(
            model_name="preferences",
            name="pilot",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL, verbose_name="pilot"
            ),
        ),
    ]
