from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_directories_are_asked_again"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="keep_ledger_days",
            field=models.PositiveIntegerField(
                blank=True, help_text="empty: for ever", null=True, verbose_name="the ledger is kept for (days)"
            ),
        ),
        migrations.AddField(
            model_name="organization",
            name="keep_settled_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="empty: for ever",
                null=True,
                verbose_name="content of settled work is kept for (days)",
            ),
        ),
        migrations.AddConstraint(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("keep_settled_days", None), ("keep_settled_days__range", (30, 36500)), _connector="OR"
                ),
                name="content_is_kept_for_a_month",
            ),
        ),
        migrations.AddConstraint(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("keep_ledger_days", None),
                    models.Q(
                        ("keep_ledger_days__gte", models.F("keep_settled_days")),
                        ("keep_ledger_days__lte", 36500),
                        ("keep_settled_days__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="the_ledger_outlives_what_it_tells_of",
            ),
        ),
        migrations.AddConstraint(
            model_name="pilot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("public_id__startswith", "erased:"), _negated=True),
                    models.Q(("email", ""), ("is_active", False), ("is_superuser", False)),
                    _connector="OR",
                ),
                name="who_is_erased_stays_away",
            ),
        ),
    ]
