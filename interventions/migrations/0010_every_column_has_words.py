import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """Words for the columns, as the administration shows them. No table changes."""

    dependencies = [
        ("accounts", "0003_every_column_has_words"),
        ("guardians", "0004_every_column_has_words"),
        ("interventions", "0009_waiting_in_order"),
        ("work", "0002_every_column_has_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="acknowledgement",
            name="caller",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="caller",
            ),
        ),
        migrations.AlterField(
            model_name="acknowledgement",
            name="stop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="acknowledgements",
                to="interventions.stop",
                verbose_name="kill switch",
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="at"),
        ),
        migrations.AlterField(
            model_name="claim",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="by",
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="intervention",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="interventions.intervention", verbose_name="question"
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="at"),
        ),
        migrations.AlterField(
            model_name="comment",
            name="body",
            field=models.TextField(verbose_name="words"),
        ),
        migrations.AlterField(
            model_name="comment",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="by",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="intervention",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="comments",
                to="interventions.intervention",
                verbose_name="question",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="mentions",
            field=models.ManyToManyField(
                blank=True, related_name="+", to="accounts.membership", verbose_name="mentions"
            ),
        ),
        migrations.AlterField(
            model_name="decision",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="by",
            ),
        ),
        migrations.AlterField(
            model_name="decision",
            name="intervention",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="interventions.intervention", verbose_name="question"
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="tries"),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="delivered_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="told"),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="error",
            field=models.CharField(blank=True, max_length=300, verbose_name="error"),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="intervention",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="interventions.intervention", verbose_name="question"
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="status_code",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="status of the answer"),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="tried_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="last try"),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="url",
            field=models.URLField(max_length=500, verbose_name="address"),
        ),
        migrations.AlterField(
            model_name="hold",
            name="act",
            field=models.CharField(
                choices=[
                    ("approve", "Approve"),
                    ("reject", "Reject"),
                    ("waive", "Waive"),
                    ("resume", "Resume"),
                    ("answer", "Answer"),
                    ("cancel", "Cancel"),
                ],
                max_length=10,
                verbose_name="act",
            ),
        ),
        migrations.AlterField(
            model_name="hold",
            name="at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="at"),
        ),
        migrations.AlterField(
            model_name="hold",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="by",
            ),
        ),
        migrations.AlterField(
            model_name="hold",
            name="edited",
            field=models.JSONField(blank=True, null=True, verbose_name="edited"),
        ),
        migrations.AlterField(
            model_name="hold",
            name="intervention",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="interventions.intervention", verbose_name="question"
            ),
        ),
        migrations.AlterField(
            model_name="hold",
            name="reason",
            field=models.TextField(blank=True, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="hold",
            name="until",
            field=models.DateTimeField(verbose_name="until"),
        ),
        migrations.AlterField(
            model_name="intervention",
            name="assigned_to",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="assigned to",
            ),
        ),
        migrations.AlterField(
            model_name="intervention",
            name="gate",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="guardians.gate",
                verbose_name="gate",
            ),
        ),
        migrations.AlterField(
            model_name="intervention",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AlterField(
            model_name="intervention",
            name="requester",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="requester",
            ),
        ),
        migrations.AlterField(
            model_name="intervention",
            name="unit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="interventions",
                to="work.unit",
                verbose_name="unit",
            ),
        ),
        migrations.AlterField(
            model_name="look",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.membership",
                verbose_name="by",
            ),
        ),
        migrations.AlterField(
            model_name="look",
            name="intervention",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="looks",
                to="interventions.intervention",
                verbose_name="question",
            ),
        ),
        migrations.AlterField(
            model_name="look",
            name="seen_at",
            field=models.DateTimeField(verbose_name="last seen"),
        ),
        migrations.AlterField(
            model_name="savedview",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="saved_views",
                to="accounts.membership",
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="stop",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="by",
            ),
        ),
        migrations.AlterField(
            model_name="stop",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AlterField(
            model_name="stop",
            name="rearm_asked_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="re-arming asked for"),
        ),
        migrations.AlterField(
            model_name="stop",
            name="rearm_asked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="re-arming asked for by",
            ),
        ),
        migrations.AlterField(
            model_name="stop",
            name="rearm_reason",
            field=models.TextField(blank=True, default="", verbose_name="reason to re-arm"),
        ),
        migrations.AlterField(
            model_name="stop",
            name="rearmed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="re-armed by",
            ),
        ),
        migrations.AlterField(
            model_name="vote",
            name="act",
            field=models.CharField(
                choices=[
                    ("approve", "Approve"),
                    ("reject", "Reject"),
                    ("waive", "Waive"),
                    ("resume", "Resume"),
                    ("answer", "Answer"),
                    ("cancel", "Cancel"),
                ],
                max_length=10,
                verbose_name="act",
            ),
        ),
        migrations.AlterField(
            model_name="vote",
            name="at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="at"),
        ),
        migrations.AlterField(
            model_name="vote",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
                verbose_name="by",
            ),
        ),
        migrations.AlterField(
            model_name="vote",
            name="intervention",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="votes",
                to="interventions.intervention",
                verbose_name="question",
            ),
        ),
        migrations.AlterField(
            model_name="vote",
            name="reason",
            field=models.TextField(blank=True, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="vote",
            name="seat",
            field=models.CharField(blank=True, db_default="", default="", max_length=150, verbose_name="seat"),
        ),
    ]
