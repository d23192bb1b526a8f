"""A tenant's share of a route on which others wait too: the platform's to give, no tenant may write it."""

from __future__ import annotations

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_hide_people_from_tenants")]

    operations = [
        migrations.AddField(
            "tenant",
            "send_weight",
            models.PositiveSmallIntegerField(
                db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1)]
            ),
        ),
        migrations.AddConstraint(
            "tenant",
            models.CheckConstraint(condition=models.Q(send_weight__gte=1), name="tenants_tenant_send_weight"),
        ),
    ]
