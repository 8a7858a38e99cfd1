import django.contrib.postgres.fields
import django.core.validators
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
            name="Gate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80, verbose_name="short name")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "operator",
                    models.CharField(
                        choices=[("AND", "all must allow"), ("OR", "one must allow")],
                        default="AND",
                        max_length=3,
                        verbose_name="guardians combine",
                    ),
                ),
                (
                    "on_block",
                    models.CharField(
                        choices=[("reject", "reject"), ("ask", "ask a pilot")],
                        default="ask",
                        max_length=6,
                        verbose_name="on a block",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("approval", "approval"),
                            ("clarification", "question"),
                            ("waiver", "waiver"),
                            ("resume", "resume"),
                            ("cancel", "cancel"),
                            ("kill_switch", "kill switch"),
                        ],
                        default="approval",
                        max_length=14,
                        verbose_name="kind of question",
                    ),
                ),
                (
                    "priority",
                    models.SmallIntegerField(
                        choices=[(0, "critical"), (1, "high"), (2, "normal"), (3, "low")],
                        default=2,
                        verbose_name="priority",
                    ),
                ),
                (
                    "required_role",
                    models.CharField(default="Operator", max_length=150, verbose_name="role that may decide"),
                ),
                (
                    "required_approvals",
                    models.PositiveSmallIntegerField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(20),
                        ],
                        verbose_name="approvals needed",
                    ),
                ),
                ("requester_may_approve", models.BooleanField(default=True, verbose_name="the requester may approve")),
                ("reason_required", models.BooleanField(default=False, verbose_name="every decision needs a reason")),
                (
                    "reason_presets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=120),
                        blank=True,
                        default=list,
                        size=9,
                        verbose_name="ready-made reasons",
                    ),
                ),
                ("edits_allowed", models.BooleanField(default=False, verbose_name="pilots may edit what was proposed")),
                ("answer_schema", models.JSONField(blank=True, null=True, verbose_name="answer schema")),
                ("due_seconds", models.PositiveIntegerField(default=900, verbose_name="due after (s)")),
                ("expires_seconds", models.PositiveIntegerField(default=86400, verbose_name="expires after (s)")),
                (
                    "on_timeout",
                    models.CharField(
                        choices=[
                            ("reject", "reject"),
                            ("approve", "approve"),
                            ("cancel", "cancel"),
                            ("escalate", "escalate once, then reject"),
                        ],
                        default="reject",
                        max_length=8,
                        verbose_name="on timeout",
                    ),
                ),
                ("max_interactions", models.PositiveIntegerField(default=20, verbose_name="most interactions")),
                (
                    "heartbeat_seconds",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="heartbeat within (s)"),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created"),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="gates", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "verbose_name": "gate",
                "verbose_name_plural": "gates",
                "permissions": [("manage_gate", "Can manage gates and guardians")],
            },
        ),
        migrations.CreateModel(
            name="Guardian",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.SlugField(max_length=80, verbose_name="name")),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                (
                    "gate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="guardians", to="guardians.gate"
                    ),
                ),
            ],
            options={
                "verbose_name": "guardian",
                "verbose_name_plural": "guardians",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="GuardianVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("type", models.CharField(max_length=40, verbose_name="type")),
                ("config", models.JSONField(default=dict, verbose_name="configuration")),
                (
                    "mode",
                    models.CharField(
                        choices=[("off", "off"), ("shadow", "shadow"), ("enforce", "enforce")],
                        default="enforce",
                        max_length=7,
                        verbose_name="mode",
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField(default=100, verbose_name="enforced for (%)")),
                (
                    "on_block",
                    models.CharField(
                        blank=True,
                        choices=[("reject", "reject"), ("ask", "ask a pilot")],
                        default="",
                        max_length=6,
                        verbose_name="on a block",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created"),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                    ),
                ),
                (
                    "guardian",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="guardians.guardian"
                    ),
                ),
            ],
            options={
                "verbose_name": "guardian version",
                "verbose_name_plural": "guardian versions",
            },
        ),
        migrations.AddConstraint(
            model_name="gate",
            constraint=models.UniqueConstraint(
                fields=("organization", "slug"), name="a_gate_has_one_name_in_its_organization"
            ),
        ),
        migrations.AddConstraint(
            model_name="gate",
            constraint=models.CheckConstraint(
                condition=models.Q(("required_approvals__gte", 1), ("required_approvals__lte", 20)),
                name="a_gate_asks_one_to_twenty",
            ),
        ),
        migrations.AddConstraint(
            model_name="gate",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_seconds__gt", 0), ("expires_seconds__gt", 0)), name="a_gate_gives_some_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="guardian",
            constraint=models.UniqueConstraint(fields=("gate", "name"), name="a_guardian_has_one_name_at_its_gate"),
        ),
        migrations.AddConstraint(
            model_name="guardianversion",
            constraint=models.UniqueConstraint(fields=("guardian", "number"), name="a_guardian_version_has_one_number"),
        ),
        migrations.AddConstraint(
            model_name="guardianversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent__lte", 100)), name="a_guardian_enforces_at_most_all"
            ),
        ),
    ]
