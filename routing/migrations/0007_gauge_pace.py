"""How fast a link allows itself to go at present, for the console."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0006_dialects")]

    operations = [
        migrations.AddField("routegauge", "rate", models.FloatField(default=0)),
        migrations.AddField("routegauge", "ceiling", models.FloatField(default=0)),
    ]
