"""Consents and the lifting of opt-outs by programs; both keep what shows that the person asked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import generics, serializers, status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import services
from compliance.api.serializers import OptOutSerializer, number_of
from compliance.consent.statuses import ConsentAction, ConsentSource
from compliance.models import ConsentEvent, OptOut
from compliance.services.consent import Proof
from tenants.api.views import TenantScope


class ConsentSerializer(serializers.ModelSerializer[ConsentEvent]):
    """`to` is the number; `from` the sender and `topic` what it is about, empty for any. `proven`: it has evidence.

    `source` and `from` cannot be written as names here: one is the base class's, the other Python's.
    """

    to = serializers.CharField(source="recipient", max_length=40)
    vars()["from"] = serializers.CharField(source="sender", max_length=15, required=False, default="")
    action = serializers.ChoiceField(choices=ConsentAction.choices, required=False, default=ConsentAction.GIVEN)
    vars()["source"] = serializers.ChoiceField(choices=ConsentSource.choices, required=False, default=ConsentSource.API)
    ip = serializers.IPAddressField(required=False, allow_null=True, default=None)
    proven = serializers.BooleanField(source="is_proven", read_only=True)

    class Meta:
        model = ConsentEvent
        fields = (
            "id", "to", "from", "topic", "action", "source", "wording", "wording_version", "evidence", "ip",
            "user_agent", "at", "valid_until", "recorded_at", "proven",
        )  # fmt: skip
        read_only_fields = ("id", "recorded_at")

    def validate_to(self, value: str) -> str:
        return number_of(value, self.context["region"])


class ConsentList(TenantScope, generics.ListAPIView[ConsentEvent]):
    """What happened to consents, newest first. POST appends one event; it lifts no opt-out."""

    serializer_class = ConsentSerializer

    def get_queryset(self) -> QuerySet[ConsentEvent]:
        return ConsentEvent.objects.all()

    def get_serializer_context(self) -> dict[str, Any]:
        region = self.tenant.country if self.request and self.request.auth else "IN"
        return {**super().get_serializer_context(), "region": region}

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        said = dict(serializer.validated_data)
        scope = {name: said.pop(name, "") for name in ("recipient", "sender", "topic", "action")}
        event = services.record_consent(**scope, proof=Proof(**said), actor=self.principal.actor, now=timezone.now())
        return Response(self.get_serializer(event).data, status=status.HTTP_201_CREATED)


class ConsentDetail(TenantScope, generics.RetrieveAPIView[ConsentEvent]):
    """One event."""

    serializer_class = ConsentSerializer

    def get_queryset(self) -> QuerySet[ConsentEvent]:
        return ConsentEvent.objects.all()


class OptOutLinkSerializer(serializers.Serializer[Any]):
    """`to` is the number; `from` the sender and `topic` what the link stops, empty for any."""

    to = serializers.CharField(max_length=40)
    vars()["from"] = serializers.CharField(max_length=15, required=False, allow_blank=True, default="")
    topic = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    url = serializers.CharField(read_only=True)

    def validate_to(self, value: str) -> str:
        return number_of(value, self.context["region"])


class OptOutLinks(TenantScope, generics.GenericAPIView[Any]):
    """The address of a page where this person can stop these messages; the same whenever it is asked for."""

    serializer_class = OptOutLinkSerializer

    def post(self, request: Request) -> Response:
        serializer = OptOutLinkSerializer(data=request.data, context={"region": self.tenant.country})
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        scope = {"sender": said["from"] or None, "topic": said["topic"] or None}
        (url,) = services.make_links(recipients=[said["to"]], now=timezone.now(), **scope)
        return Response({**said, "url": url}, status=status.HTTP_201_CREATED)


class LiftSerializer(serializers.Serializer[Any]):
    proof = serializers.CharField(max_length=500, allow_blank=True)


class OptOutLift(TenantScope, generics.GenericAPIView[Any]):
    """Take an opt-out back because the person asked for it; `proof` says how they asked and is kept."""

    serializer_class = LiftSerializer

    def post(self, request: Request, pk: UUID) -> Response:
        get_object_or_404(OptOut, pk=pk)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        proof = serializer.validated_data["proof"]
        lifted = services.lift_opt_out(opt_out_id=pk, proof=proof, actor=self.principal.actor, now=timezone.now())
        return Response(OptOutSerializer(lifted).data)
