from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The queue as one list, soonest due first. Built beside the traffic: this table may be large."""

    atomic = False

    dependencies = [("interventions", "0005_the_kill_switch")]

    operations = [
        AddIndexConcurrently(
            model_name="intervention",
            index=models.Index(
                fields=["organization", "due_at", "id"],
                name="the_queue_by_due",
                condition=models.Q(status__in=["pending", "in_progress", "awaiting_requester"]),
            ),
        ),
    ]
