from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The index of the history holds what the metrics count as well. Built beside the traffic, then the old one goes."""

    atomic = False

    dependencies = [("interventions", "0007_alike_content")]

    operations = [
        AddIndexConcurrently(
            model_name="intervention",
            index=models.Index(
                fields=["organization", "-settled_at", "-id"],
                include=[
                    "gate",
                    "kind",
                    "priority",
                    "resolution_source",
                    "on_timeout",
                    "created_at",
                    "due_at",
                    "status",
                ],
                name="settled_in_time",
                condition=models.Q(status__in=["approved", "rejected", "completed", "expired", "cancelled"]),
            ),
        ),
        RemoveIndexConcurrently(model_name="intervention", name="the_history"),
    ]
