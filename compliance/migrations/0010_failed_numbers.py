"""Numbers that failed for good may be suppressed: an opt-out that no person asked for."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compliance", "0009_recipients")]

    operations = [
        migrations.AlterField(
            model_name="optout",
            name="source",
            field=models.CharField(
                choices=[
                    ("person", "Entered by a member"),
                    ("api", "API"),
                    ("reply", "Reply by SMS"),
                    ("link", "Opt-out page"),
                    ("import", "Imported list"),
                    ("failed", "Failed for good"),
                ],
                default="person",
                max_length=8,
            ),
        ),
    ]
