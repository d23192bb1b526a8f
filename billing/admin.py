"""Rate cards are the platform's. Past prices stay as they were: a rate that has begun can be ended, not deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from billing.models import Rate, RateCard


@admin.register(RateCard)
class RateCardAdmin(admin.ModelAdmin[RateCard]):
    list_display = ("name", "currency", "version", "updated_at")
    search_fields = ("name",)
    readonly_fields = ("version",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Wallets refer to cards, and admin may not look at wallets.
        return False


@admin.register(Rate)
class RateAdmin(admin.ModelAdmin[Rate]):
    list_display = (
        "label",
        "card",
        "prefix",
        "traffic_class",
        "price_micros",
        "scrub_micros",
        "valid_from",
        "valid_to",
    )
    list_filter = ("card", "traffic_class")
    list_select_related = ("card",)
    search_fields = ("prefix", "label")
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return isinstance(obj, Rate) and obj.valid_from > timezone.now()

    def get_readonly_fields(self, request: HttpRequest, obj: Rate | None = None) -> tuple[str, ...]:
        """Of a rate that has begun only its end and its name may change."""
        if obj is None or obj.valid_from > timezone.now():
            return ()
        return ("card", "prefix", "traffic_class", "price_micros", "scrub_micros", "valid_from")

    def save_model(self, request: HttpRequest, obj: Rate, form: ModelForm[Rate], change: bool) -> None:
        super().save_model(request, obj, form, change)
        _count_version(obj)

    def delete_model(self, request: HttpRequest, obj: Rate) -> None:
        super().delete_model(request, obj)
        _count_version(obj)


def _count_version(rate: Rate) -> None:
    RateCard.objects.filter(pk=rate.card_id).update(version=F("version") + 1, updated_at=timezone.now())
