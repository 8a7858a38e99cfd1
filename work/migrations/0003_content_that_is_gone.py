from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("work", "0002_every_column_has_words")]

    operations = [
        migrations.AddField(
            model_name="unit",
            name="emptied_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="content removed"),
        ),
    ]
