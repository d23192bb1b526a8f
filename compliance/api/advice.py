"""Advice on a text, and the template doctor, for programs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.advice import advise
from compliance.services.doctor import consult
from compliance.statuses import Category
from tenants.api.views import TenantAPIView

MOST_SAMPLES = 20
MOST_CHARACTERS = 4_000


class AdviceRequestSerializer(serializers.Serializer[dict[str, Any]]):
    """`text` is ready or a body with its tags; `is_template` asks the portals' rules as well."""

    text = serializers.CharField(max_length=MOST_CHARACTERS, trim_whitespace=False)
    category = serializers.ChoiceField(choices=Category.choices, default=Category.SERVICE)
    price_micros = serializers.IntegerField(min_value=0, required=False, help_text="Of one part; for money saved.")
    is_template = serializers.BooleanField(default=False)


class ForeignSerializer(serializers.Serializer[dict[str, Any]]):
    character = serializers.CharField()
    code_point = serializers.CharField()
    positions = serializers.ListField(child=serializers.IntegerField())
    replacement = serializers.CharField(allow_null=True)


class BetterSerializer(serializers.Serializer[dict[str, Any]]):
    text = serializers.CharField()
    parts = serializers.IntegerField()
    saved_parts = serializers.IntegerField()
    saved_micros = serializers.IntegerField(allow_null=True)


class FindingSerializer(serializers.Serializer[dict[str, Any]]):
    code = serializers.CharField()
    severity = serializers.CharField()
    sentence = serializers.CharField()
    remedy = serializers.CharField()
    start = serializers.IntegerField(allow_null=True)
    end = serializers.IntegerField(allow_null=True)


class AdviceSerializer(serializers.Serializer[dict[str, Any]]):
    """Positions count characters of `text`, which is composed (NFC) and has lines ended by LF."""

    text = serializers.CharField()
    encoding = serializers.CharField()
    units = serializers.IntegerField()
    parts = serializers.IntegerField()
    room = serializers.IntegerField()
    worst_parts = serializers.IntegerField(allow_null=True)
    price_micros = serializers.IntegerField(allow_null=True)
    spam_score = serializers.IntegerField()
    foreign = ForeignSerializer(many=True)
    better = BetterSerializer(allow_null=True)
    without_accents = BetterSerializer(allow_null=True)
    findings = FindingSerializer(many=True)


class DoctorRequestSerializer(serializers.Serializer[dict[str, Any]]):
    """`from` is the sender whose templates are searched; `samples` are more texts of the same kind."""

    text = serializers.CharField(max_length=MOST_CHARACTERS, trim_whitespace=False)
    vars()["from"] = serializers.CharField(max_length=15, required=False)
    samples = serializers.ListField(
        child=serializers.CharField(max_length=MOST_CHARACTERS, trim_whitespace=False),
        required=False,
        max_length=MOST_SAMPLES,
    )


class DoctorSerializer(serializers.Serializer[dict[str, Any]]):
    """`nearest` is the template it resembles most; `position` the first difference, from 0; both null without one."""

    nearest = serializers.CharField(allow_null=True)
    nearest_id = serializers.UUIDField(allow_null=True)
    position = serializers.IntegerField(allow_null=True)
    expected = serializers.CharField(allow_null=True)
    hint = serializers.CharField(allow_null=True)
    proposed = serializers.CharField()
    is_exact = serializers.BooleanField()


class AdviceView(TenantAPIView):
    @extend_schema(operation_id="compliance_advice", request=AdviceRequestSerializer, responses=AdviceSerializer)
    def post(self, request: Request) -> Response:
        """What a text costs and what would make it better; nothing is sent or kept."""
        asked = AdviceRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        advice = advise(
            said["text"],
            category=said["category"],
            price_micros=said.get("price_micros"),
            is_template=said["is_template"],
        )
        return Response(advice.as_json())


class DoctorView(TenantAPIView):
    @extend_schema(operation_id="compliance_doctor", request=DoctorRequestSerializer, responses=DoctorSerializer)
    def post(self, request: Request) -> Response:
        """Why a text matches no template, and a template that would take it; nothing is sent or kept."""
        asked = DoctorRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        nearest, found = consult(text=said["text"], header=said.get("from", ""), samples=said.get("samples", ()))
        mismatch = found.mismatch
        return Response(
            {
                "nearest": nearest.label if nearest else None,
                "nearest_id": nearest.id if nearest else None,
                "position": mismatch.position if mismatch else None,
                "expected": mismatch.expected if mismatch else None,
                "hint": mismatch.hint if mismatch else None,
                "proposed": found.proposed,
                "is_exact": found.is_exact,
            }
        )
