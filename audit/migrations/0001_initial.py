import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="at")),
                ("actor_name", models.CharField(max_length=200, verbose_name="who")),
                ("actor_role", models.CharField(max_length=150, verbose_name="role")),
                ("verb", models.CharField(max_length=60, verbose_name="did")),
                ("subject_type", models.CharField(max_length=40, verbose_name="kind of subject")),
                ("subject_id", models.CharField(max_length=64, verbose_name="subject")),
                (
                    "data",
                    models.JSONField(
                        db_default=models.Value({}, models.JSONField()), default=dict, verbose_name="particulars"
                    ),
                ),
                (
                    "came_from",
                    models.CharField(blank=True, db_default="", default="", max_length=45, verbose_name="from where"),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "verbose_name": "ledger entry",
                "verbose_name_plural": "ledger entries",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="entries_of_an_organization"),
                    models.Index(fields=["subject_type", "subject_id", "-id"], name="entries_about_a_subject"),
                    models.Index(fields=["organization", "actor", "-id"], name="entries_of_an_actor"),
                    models.Index(fields=["organization", "verb", "-id"], name="entries_with_a_verb"),
                ],
            },
        ),
    ]
