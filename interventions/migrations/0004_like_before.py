from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What was settled last at one gate. Built beside the traffic: this table may be large."""

    atomic = False

    dependencies = [("interventions", "0003_the_console")]

    operations = [
        AddIndexConcurrently(
            model_name="intervention",
            index=models.Index(
                fields=["organization", "gate", "-settled_at", "-id"],
                name="settled_at_a_gate",
                condition=models.Q(status__in=["approved", "rejected", "completed", "expired", "cancelled"]),
            ),
        ),
    ]
