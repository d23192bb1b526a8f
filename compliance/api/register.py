"""What programs read about the register: entities, chains, links and numbers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import generics, serializers

from compliance.api.serializers import StoppedField, with_stops
from compliance.models import Chain, Entity, Link
from tenants.api.views import TenantScope

_PORTAL: tuple[str, ...] = ("state", "state_reason", "valid_from", "valid_to", "last_used_at")


class EntitySerializer(serializers.ModelSerializer[Entity]):
    stopped = StoppedField()
    state = serializers.CharField(source="portal_state")

    class Meta:
        model = Entity
        fields = (
            "id",
            "legal_name",
            "country",
            "dlt_entity_id",
            "entity_type",
            "portal",
            *_PORTAL,
            "stopped",
            "created_at",
        )
        read_only_fields = fields


class ChainSerializer(serializers.ModelSerializer[Chain]):
    """`telemarketer_ids` in the order of the way, the delivery function's last; `hash` goes along with messages."""

    entity = serializers.StringRelatedField[Any]()
    telemarketer_ids = serializers.ListField(child=serializers.CharField())
    stopped = StoppedField()
    state = serializers.CharField(source="portal_state")

    class Meta:
        model = Chain
        fields = ("id", "entity", "entity_id", "telemarketer_ids", "hash", *_PORTAL, "stopped", "created_at")
        read_only_fields = fields


class LinkSerializer(serializers.ModelSerializer[Link]):
    entity = serializers.StringRelatedField[Any]()
    state = serializers.CharField(source="portal_state")

    class Meta:
        model = Link
        fields = ("id", "entity", "entity_id", "kind", "value", "header", "registration_id", *_PORTAL, "created_at")
        read_only_fields = fields


class EntityScope(TenantScope):
    serializer_class: type[serializers.BaseSerializer[Entity]] | None = EntitySerializer

    def get_queryset(self) -> QuerySet[Entity]:
        return with_stops(Entity.objects.all())


class EntityList(EntityScope, generics.ListAPIView[Entity]):
    """Legal persons in whose name messages go out, newest first."""


class EntityDetail(EntityScope, generics.RetrieveAPIView[Entity]):
    """One entity."""


class ChainScope(TenantScope):
    serializer_class: type[serializers.BaseSerializer[Chain]] | None = ChainSerializer

    def get_queryset(self) -> QuerySet[Chain]:
        return with_stops(Chain.objects.select_related("entity"))


class ChainList(ChainScope, generics.ListAPIView[Chain]):
    """Chains of telemarketers, newest first."""


class ChainDetail(ChainScope, generics.RetrieveAPIView[Chain]):
    """One chain."""


class LinkScope(TenantScope):
    serializer_class: type[serializers.BaseSerializer[Link]] | None = LinkSerializer

    def get_queryset(self) -> QuerySet[Link]:
        return Link.objects.select_related("entity")


class LinkList(LinkScope, generics.ListAPIView[Link]):
    """Whitelisted links, numbers and addresses, newest first."""


class LinkDetail(LinkScope, generics.RetrieveAPIView[Link]):
    """One link, number or address."""
