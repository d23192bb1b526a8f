from __future__ import annotations

from typing import Any, TypeVar, cast

from django.db import models
from django.db.models import Exists, OuterRef, QuerySet
from rest_framework import serializers

from compliance.models import DltRegistration, OptOut, Sender, SenderRegistration, Stop, Template
from kernel.domain.errors import DomainError
from kernel.telecom.numbers import NumberRefused, parse_number

Model = TypeVar("Model", bound=models.Model)


class StoppedField(serializers.BooleanField):
    """Whether unsent messages of the record are kept back, as it was suspended; of rows from `with_stops`."""

    def __init__(self) -> None:
        super().__init__(read_only=True, help_text="Unsent messages are kept back, as this was suspended")


def with_stops(rows: QuerySet[Model]) -> QuerySet[Model]:
    """Rows that know whether a stop stands for them; costs no query more."""
    known = rows.annotate(stopped=Exists(Stop.objects.filter(object_id=OuterRef("pk"))))
    return cast("QuerySet[Model]", known)


class SenderRegistrationSerializer(serializers.ModelSerializer[SenderRegistration]):
    state = serializers.CharField(source="portal_state")

    class Meta:
        model = SenderRegistration
        fields = ("country", "registration_id", "state")
        read_only_fields = fields


class HeaderSerializer(serializers.ModelSerializer[Sender]):
    entity = serializers.StringRelatedField[Any]()
    registrations = SenderRegistrationSerializer(many=True)
    stopped = StoppedField()

    class Meta:
        model = Sender
        fields = ("id", "header", "kind", "state", "entity", "registrations", "stopped", "created_at")
        read_only_fields = fields


class TemplateRegistrationSerializer(serializers.ModelSerializer[DltRegistration]):
    template_id = serializers.CharField(source="dlt_template_id")
    state = serializers.CharField(source="portal_state")

    class Meta:
        model = DltRegistration
        fields = ("country", "template_id", "header", "state")
        read_only_fields = fields


class VariableSerializer(serializers.Serializer[dict[str, Any]]):
    name = serializers.CharField()
    type = serializers.CharField()
    max = serializers.IntegerField()


class TemplateSerializer(serializers.ModelSerializer[Template]):
    header = serializers.CharField(source="sender.header")
    traffic_class = serializers.CharField(source="traffic_class.label")
    variables = VariableSerializer(many=True)
    registrations = TemplateRegistrationSerializer(many=True)
    stopped = StoppedField()

    class Meta:
        model = Template
        fields = (
            "id",
            "name",
            "version",
            "body",
            "category",
            "is_otp",
            "traffic_class",
            "header",
            "state",
            "variables",
            "registrations",
            "stopped",
            "created_at",
        )
        read_only_fields = fields


class OptOutSerializer(serializers.ModelSerializer[OptOut]):
    """`to` is the number; `from` the sender and `topic` what it is about, null for all."""

    to = serializers.CharField(source="recipient", max_length=40)
    vars()["from"] = serializers.CharField(source="sender", max_length=15, required=False, allow_null=True)

    class Meta:
        model = OptOut
        fields = ("id", "to", "from", "topic", "source", "created_at", "lifted_at", "proof")
        read_only_fields = ("id", "source", "created_at", "lifted_at", "proof")

    def validate_to(self, value: str) -> str:
        return number_of(value, self.context["region"])


def number_of(text: str, region: str) -> str:
    """A number as people write it.

    Raises:
        DomainError: `invalid_number`; it gets the same problem everywhere, not a list of field errors.
    """
    try:
        return parse_number(text, region=region)
    except NumberRefused as refusal:
        raise DomainError("invalid_number", refusal.detail, refusal.remedy, reason=str(refusal.reason)) from refusal
