"""Texts that people sent to the organisation's senders."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import generics, serializers

from messaging.models import InboundMessage
from tenants.api.views import TenantScope


class InboundSerializer(serializers.ModelSerializer[InboundMessage]):
    """`to` is what the person wrote to, `sender` which of your senders it is taken to be about.

    `wish` is what was read in the text and done: stop, stop_all or start, or nothing.
    """

    to = serializers.CharField(source="destination")

    class Meta:
        model = InboundMessage
        fields = ("id", "to", "sender", "text", "wish", "received_at")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        # `from` is a word of Python.
        fields["from"] = serializers.CharField(source="number")
        return fields


class InboundList(TenantScope, generics.ListAPIView[InboundMessage]):
    """What people sent, newest first; kept for 90 days."""

    serializer_class = InboundSerializer

    def get_queryset(self) -> QuerySet[InboundMessage]:
        return InboundMessage.objects.all()


class InboundDetail(TenantScope, generics.RetrieveAPIView[InboundMessage]):
    """One text."""

    serializer_class = InboundSerializer

    def get_queryset(self) -> QuerySet[InboundMessage]:
        return InboundMessage.objects.all()
