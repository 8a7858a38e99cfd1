import django.db.models.deletion
import django.db.models.functions.datetime
import kit.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Unit",
            fields=[
                ("id", models.UUIDField(default=kit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("external_id", models.CharField(max_length=200, verbose_name="external id")),
                ("gate", models.CharField(max_length=80, verbose_name="gate")),
                ("workflow", models.CharField(blank=True, max_length=200, verbose_name="workflow")),
                ("title", models.CharField(max_length=300, verbose_name="title")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                ("attributes", models.JSONField(default=dict, verbose_name="attributes")),
                ("proposed", models.JSONField(blank=True, null=True, verbose_name="proposed")),
                ("content_hash", models.CharField(max_length=64, verbose_name="content hash")),
                ("request_hash", models.CharField(editable=False, max_length=64)),
                ("policy", models.JSONField(default=list, verbose_name="policy")),
                ("verdict", models.JSONField(default=dict, verbose_name="verdict")),
                (
                    "priority",
                    models.SmallIntegerField(
                        choices=[(0, "critical"), (1, "high"), (2, "normal"), (3, "low")],
                        default=2,
                        verbose_name="priority",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("active", "active"),
                            ("awaiting_pilot", "awaiting a pilot"),
                            ("paused", "paused"),
                            ("stalled", "stalled"),
                            ("completed", "completed"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="pending",
                        max_length=14,
                        verbose_name="status",
                    ),
                ),
                ("note", models.TextField(blank=True, db_default="", default="", verbose_name="note")),
                ("interaction_count", models.IntegerField(db_default=0, default=0, verbose_name="interactions")),
                ("max_interactions", models.IntegerField(db_default=20, default=20, verbose_name="most interactions")),
                ("heartbeat_at", models.DateTimeField(blank=True, null=True, verbose_name="last heartbeat")),
                ("heartbeat_seconds", models.IntegerField(blank=True, null=True, verbose_name="heartbeat within (s)")),
                ("heartbeat_due_at", models.DateTimeField(blank=True, null=True, verbose_name="next heartbeat due")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                (
                    "callback_url",
                    models.URLField(blank=True, db_default="", default="", max_length=500, verbose_name="callback URL"),
                ),
                (
                    "requested_by",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=200, verbose_name="requested by"
                    ),
                ),
                ("dialect", models.JSONField(blank=True, null=True, verbose_name="dialect")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="submitted"
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="changed"),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organization"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="work.unit",
                        verbose_name="parent",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.platform"
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                    ),
                ),
            ],
            options={
                "verbose_name": "unit of work",
                "verbose_name_plural": "units of work",
                "permissions": [("submit_unit", "Can submit units of work")],
                "indexes": [
                    models.Index(fields=["organization", "status", "-id"], name="units_by_status"),
                    models.Index(fields=["organization", "-id"], name="units_of_an_organization"),
                    models.Index(
                        condition=models.Q(("parent", None), _negated=True),
                        fields=["parent"],
                        name="children_of_a_unit",
                    ),
                    models.Index(
                        condition=models.Q(("status", "active")),
                        fields=["heartbeat_due_at"],
                        name="units_that_owe_a_heartbeat",
                    ),
                    models.Index(
                        condition=models.Q(("expires_at__isnull", False), ("settled_at", None)),
                        fields=["expires_at"],
                        name="units_that_expire",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "platform", "external_id"), name="a_platform_names_a_unit_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "pending",
                                    "active",
                                    "awaiting_pilot",
                                    "paused",
                                    "stalled",
                                    "completed",
                                    "failed",
                                    "cancelled",
                                ],
                            )
                        ),
                        name="a_unit_has_a_known_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__in", [0, 1, 2, 3])), name="a_unit_has_a_known_priority"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("settled_at", None), ("status__in", ["cancelled", "completed", "failed"]), _connector="XOR"
                        ),
                        name="a_settled_unit_says_when",
                    ),
                ],
            },
        ),
    ]
