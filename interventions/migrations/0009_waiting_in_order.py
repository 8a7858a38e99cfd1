from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The index of the queue holds what every page counts of it as well, and all questions have one in that order.

    Built beside the traffic, then the old one goes.
    """

    atomic = False

    dependencies = [("interventions", "0008_settled_in_time")]

    operations = [
        AddIndexConcurrently(
            model_name="intervention",
            index=models.Index(
                fields=["organization", "priority", "due_at", "id"],
                include=["status", "assigned_to", "assigned_role", "created_at", "tags"],
                name="waiting_in_order",
                condition=models.Q(status__in=["pending", "in_progress", "awaiting_requester"]),
            ),
        ),
        AddIndexConcurrently(
            model_name="intervention",
            index=models.Index(fields=["organization", "priority", "due_at", "id"], name="all_in_order"),
        ),
        RemoveIndexConcurrently(model_name="intervention", name="the_queue"),
    ]
