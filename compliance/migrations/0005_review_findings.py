"""How much was found about a submission, so that the reviewers' queue can be narrowed by it."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0004_wishes"),
        ("tenants", "0004_notifications"),
    ]

    operations = [
        migrations.AddField(model, field, models.PositiveSmallIntegerField(db_default=0, default=0))
        for model in ("sender", "template")
        for field in ("error_count", "advice_count")
    ]
