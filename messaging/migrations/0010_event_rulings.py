"""Which ruling messages were accepted or blocked on; beside the log, which is kept as long as they are."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0009_inbound")]

    operations = [
        migrations.AddField(
            "messageevent",
            "ruling_id",
            models.UUIDField(help_text="Of compliance, where they were accepted or blocked on one", null=True),
        )
    ]
