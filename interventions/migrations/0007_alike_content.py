from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What was decided last on the same content at one gate. Built beside the traffic: this table may be large."""

    atomic = False

    dependencies = [("interventions", "0006_one_list")]

    operations = [
        AddIndexConcurrently(
            model_name="intervention",
            index=models.Index(
                fields=["organization", "gate", "content_hash", "-settled_at"],
                name="settled_on_alike_content",
                condition=models.Q(status__in=["approved", "rejected"], resolution_source__in=["human", "quorum"]),
            ),
        ),
    ]
