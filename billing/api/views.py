from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.errors import NoWallet
from billing.models import Wallet
from billing.queries import wallet
from kernel.domain.money import Money
from tenants.api.views import TenantAPIView


class BalanceSerializer(serializers.Serializer[Wallet]):
    """Integers are millionths of the currency; `available` is the same as `available_micros`, for reading."""

    currency = serializers.CharField()
    balance_micros = serializers.IntegerField()
    held_micros = serializers.IntegerField(help_text="Reserved for messages whose outcome is not known yet.")
    credit_limit_micros = serializers.IntegerField()
    available_micros = serializers.IntegerField(help_text="What new messages may cost.")
    available = serializers.SerializerMethodField()

    def get_available(self, of: Wallet) -> str:
        return str(Money(of.available_micros, of.currency).decimal())


class Balance(TenantAPIView):
    @extend_schema(operation_id="balance_retrieve", responses=BalanceSerializer)
    def get(self, request: Request) -> Response:
        """What the organisation has, what is reserved, and what it may still spend."""
        owned = wallet()
        if owned is None:
            raise NoWallet
        return Response(BalanceSerializer(owned).data)
