import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
import kit.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("guardians", "0001_initial"),
        ("work", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Intervention",
            fields=[
                ("id", models.UUIDField(default=kit.ids.uuid7, editable=False, primary_key=True, serialize=False)),
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
                        max_length=14,
                        verbose_name="kind",
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
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "waiting"),
                            ("in_progress", "claimed"),
                            ("awaiting_requester", "asked back"),
                            ("approved", "approved"),
                            ("rejected", "rejected"),
                            ("completed", "completed"),
                            ("expired", "expired"),
                            ("cancelled", "cancelled"),
                        ],
                        default="pending",
                        max_length=18,
                        verbose_name="status",
                    ),
                ),
                ("title", models.CharField(max_length=300, verbose_name="title")),
                ("description", models.TextField(blank=True, db_default="", default="", verbose_name="description")),
                ("context", models.JSONField(default=dict, verbose_name="context")),
                ("proposed", models.JSONField(blank=True, null=True, verbose_name="proposed")),
                ("content_hash", models.CharField(max_length=64, verbose_name="content hash")),
                (
                    "request_hash",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
                ),
                (
                    "held_by",
                    models.CharField(blank=True, db_default="", default="", max_length=120, verbose_name="held by"),
                ),
                ("held_because", models.TextField(blank=True, db_default="", default="", verbose_name="held because")),
                ("answer_schema", models.JSONField(blank=True, null=True, verbose_name="answer schema")),
                (
                    "allowed_actions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("approve", "Approve"),
                                ("reject", "Reject"),
                                ("waive", "Waive"),
                                ("resume", "Resume"),
                                ("answer", "Answer"),
                                ("cancel", "Cancel"),
                            ],
                            max_length=10,
                        ),
                        size=None,
                        verbose_name="allowed actions",
                    ),
                ),
                (
                    "required_role",
                    models.CharField(default="Operator", max_length=150, verbose_name="role that may decide"),
                ),
                ("required_approvals", models.PositiveSmallIntegerField(default=1, verbose_name="approvals needed")),
                ("requester_may_approve", models.BooleanField(default=True, verbose_name="the requester may approve")),
                ("reason_required", models.BooleanField(default=False, verbose_name="every decision needs a reason")),
                ("edits_allowed", models.BooleanField(default=False, verbose_name="pilots may edit what was proposed")),
                (
                    "requested_by",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=200, verbose_name="requested by"
                    ),
                ),
                ("external_id", models.CharField(blank=True, max_length=200, null=True, verbose_name="external id")),
                ("dialect", models.JSONField(blank=True, null=True, verbose_name="dialect")),
                (
                    "callback_url",
                    models.URLField(blank=True, db_default="", default="", max_length=500, verbose_name="callback URL"),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="asked"),
                ),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="changed"),
                ),
                ("first_seen_at", models.DateTimeField(blank=True, null=True, verbose_name="first seen")),
                ("due_at", models.DateTimeField(verbose_name="due")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
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
                ("escalated_at", models.DateTimeField(blank=True, null=True, verbose_name="escalated")),
                ("paused_at", models.DateTimeField(blank=True, null=True, verbose_name="paused")),
                ("caller_polled_at", models.DateTimeField(blank=True, null=True, verbose_name="caller last seen")),
                ("caller_waits_until", models.DateTimeField(blank=True, null=True, verbose_name="caller waits until")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                (
                    "resolution_source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("human", "a pilot"),
                            ("quorum", "a quorum of pilots"),
                            ("guardian", "a guardian"),
                            ("timeout_default", "timeout"),
                            ("cancelled_by_caller", "the caller, who cancelled"),
                            ("caller_gone", "nobody: the caller is gone"),
                            ("superseded", "a newer request"),
                            ("kill_switch", "the kill switch"),
                        ],
                        db_default="",
                        default="",
                        max_length=20,
                        verbose_name="settled by",
                    ),
                ),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.F("title"),
                            models.F("description"),
                            models.F("context"),
                            template="setweight(to_tsvector('simple', \"title\"), 'A') || setweight(to_tsvector('simple', \"description\"), 'B') || jsonb_to_tsvector('simple', \"context\", '[\"string\", \"numeric\"]')",
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "assigned_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "gate",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="guardians.gate",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organization"
                    ),
                ),
                (
                    "requester",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="interventions",
                        to="work.unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "intervention",
                "verbose_name_plural": "interventions",
                "permissions": [
                    ("raise_intervention", "Can raise interventions"),
                    ("decide_intervention", "Can decide interventions"),
                    ("waive_intervention", "Can waive violations"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.URLField(max_length=500)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("status_code", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "intervention",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to="interventions.intervention"),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("approved", "approved"),
                            ("rejected", "rejected"),
                            ("waived", "waived"),
                            ("resumed", "resumed"),
                            ("answered", "answered"),
                            ("cancelled", "cancelled"),
                            ("expired", "expired"),
                        ],
                        max_length=10,
                        verbose_name="verdict",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("human", "a pilot"),
                            ("quorum", "a quorum of pilots"),
                            ("guardian", "a guardian"),
                            ("timeout_default", "timeout"),
                            ("cancelled_by_caller", "the caller, who cancelled"),
                            ("caller_gone", "nobody: the caller is gone"),
                            ("superseded", "a newer request"),
                            ("kill_switch", "the kill switch"),
                        ],
                        max_length=20,
                        verbose_name="settled by",
                    ),
                ),
                ("effect", models.CharField(blank=True, max_length=14, verbose_name="effect on the unit")),
                ("role", models.CharField(max_length=150, verbose_name="role")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                ("answer", models.JSONField(blank=True, null=True, verbose_name="answer")),
                ("edited", models.JSONField(blank=True, null=True, verbose_name="edited")),
                ("content_hash", models.CharField(max_length=64, verbose_name="content hash")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="at")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                    ),
                ),
                (
                    "intervention",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to="interventions.intervention"),
                ),
            ],
            options={
                "verbose_name": "decision",
                "verbose_name_plural": "decisions",
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("comment", "comment"), ("question", "asked back"), ("reply", "reply")],
                        default="comment",
                        max_length=8,
                    ),
                ),
                ("body", models.TextField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                    ),
                ),
                (
                    "intervention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="interventions.intervention",
                    ),
                ),
            ],
            options={
                "verbose_name": "comment",
                "verbose_name_plural": "comments",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                    ),
                ),
                (
                    "intervention",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to="interventions.intervention"),
                ),
            ],
            options={
                "verbose_name": "claim",
                "verbose_name_plural": "claims",
            },
        ),
        migrations.CreateModel(
            name="Vote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("approve", "Approve"),
                            ("reject", "Reject"),
                            ("waive", "Waive"),
                            ("resume", "Resume"),
                            ("answer", "Answer"),
                            ("cancel", "Cancel"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                    ),
                ),
                (
                    "intervention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="votes",
                        to="interventions.intervention",
                    ),
                ),
            ],
            options={
                "verbose_name": "vote",
                "verbose_name_plural": "votes",
                "ordering": ["pk"],
            },
        ),
        migrations.AddIndex(
            model_name="intervention",
            index=models.Index(
                condition=models.Q(("status__in", ["pending", "in_progress", "awaiting_requester"])),
                fields=["organization", "priority", "due_at", "id"],
                name="the_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="intervention",
            index=models.Index(
                condition=models.Q(("status__in", ["pending", "in_progress", "awaiting_requester"])),
                fields=["expires_at"],
                name="questions_that_expire",
            ),
        ),
        migrations.AddIndex(
            model_name="intervention",
            index=models.Index(
                condition=models.Q(("status__in", ["approved", "rejected", "completed", "expired", "cancelled"])),
                fields=["organization", "-settled_at", "-id"],
                name="the_history",
            ),
        ),
        migrations.AddIndex(
            model_name="intervention",
            index=models.Index(fields=["organization", "status", "priority"], name="by_status_and_priority"),
        ),
        migrations.AddIndex(
            model_name="intervention",
            index=models.Index(fields=["organization", "updated_at"], name="changed_since"),
        ),
        migrations.AddIndex(
            model_name="intervention",
            index=models.Index(
                fields=["organization", "created_at"],
                include=("id", "status", "kind", "priority", "settled_at", "resolution_source"),
                name="asked_in_time",
            ),
        ),
        migrations.AddIndex(
            model_name="intervention",
            index=models.Index(fields=["unit"], name="questions_about_a_unit"),
        ),
        migrations.AddIndex(
            model_name="intervention",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search"], name="questions_in_words"),
        ),
        migrations.AddConstraint(
            model_name="intervention",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "pending",
                            "in_progress",
                            "awaiting_requester",
                            "approved",
                            "rejected",
                            "completed",
                            "expired",
                            "cancelled",
                        ],
                    )
                ),
                name="an_intervention_has_a_known_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="intervention",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("settled_at", None),
                    ("status__in", ["approved", "rejected", "completed", "expired", "cancelled"]),
                    _connector="XOR",
                ),
                name="a_settled_intervention_says_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="intervention",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("resolution_source", ""),
                    ("status__in", ["approved", "rejected", "completed", "expired", "cancelled"]),
                    _connector="XOR",
                ),
                name="a_settled_intervention_says_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="intervention",
            constraint=models.CheckConstraint(
                condition=models.Q(("paused_at", None), ("status", "awaiting_requester"), _connector="XOR"),
                name="only_a_question_asked_back_is_paused",
            ),
        ),
        migrations.AddConstraint(
            model_name="intervention",
            constraint=models.UniqueConstraint(
                fields=("organization", "requester", "external_id"), name="a_requester_names_an_intervention_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict", "waived"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="a_waiver_needs_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("source", "timeout_default"), models.Q(("verdict", "expired"), _negated=True), _connector="OR"
                ),
                name="only_the_clock_expires",
            ),
        ),
        migrations.AddConstraint(
            model_name="vote",
            constraint=models.UniqueConstraint(fields=("intervention", "by"), name="a_pilot_votes_once"),
        ),
    ]
