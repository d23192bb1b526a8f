"""Shapes of the messages resource; rules are the services' business."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.domain.traffic import TrafficClass
from messaging.drafts import Draft
from messaging.models import Message
from messaging.queries import current_status, explanation_of

BATCH_MAX: Final = 5_000
CLASSES: Final = [member.label for member in TrafficClass]
TEXT_MAX: Final = 153 * 10  # characters of the longest text that may be sent, in any alphabet


class DraftSerializer(serializers.Serializer[Draft]):
    """A message to send: `text`, or `template_id` with `variables`."""

    to = serializers.CharField(max_length=64, help_text="E.164, or national in your organisation's country")
    # `from` is a word of Python.
    text = serializers.CharField(
        required=False, allow_blank=True, trim_whitespace=False, max_length=TEXT_MAX, help_text="The ready text"
    )
    template_id = serializers.CharField(required=False, max_length=64, help_text="Ours, or the DLT portal's")
    variables = serializers.JSONField(required=False, help_text="Object by name, or list in the template's order")
    reference = serializers.CharField(required=False, max_length=100)
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=10)
    send_at = serializers.DateTimeField(required=False, help_text="Not before; an instant that is over means now")
    valid_until = serializers.DateTimeField(required=False, help_text="Useless from then on")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        fields["from"] = serializers.CharField(max_length=21, help_text="An approved sender ID")
        fields["class"] = serializers.ChoiceField(choices=CLASSES, required=False)
        return fields

    def validate_variables(self, value: Any) -> Mapping[str, str] | list[str]:
        texts = list(value.values()) if isinstance(value, dict) else value
        if not isinstance(texts, list) or not all(isinstance(text, (str, int)) for text in texts):
            raise serializers.ValidationError("Send an object of texts by name, or a list of texts in order.")
        return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else [str(v) for v in value]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("text" in attrs) == ("template_id" in attrs and "variables" in attrs) and "text" in attrs:
            raise serializers.ValidationError("Send `text`, or `template_id` with `variables`, not both.")
        if "text" not in attrs and "template_id" not in attrs:
            raise serializers.ValidationError("Send `text`, or `template_id` with `variables`.")
        return attrs


def draft_of(values: Mapping[str, Any]) -> Draft:
    """The draft that validated values describe."""
    return Draft(
        recipient=values["to"],
        sender=values["from"],
        text=values.get("text"),
        template_id=values.get("template_id"),
        variables=values.get("variables"),
        traffic_class=TrafficClass.parse(values["class"]) if "class" in values else None,
        reference=values.get("reference"),
        tags=tuple(values.get("tags", ())),
        send_at=values.get("send_at"),
        not_after=values.get("valid_until"),
    )


class BatchSerializer(serializers.Serializer[dict[str, Any]]):
    """Up to 5,000 messages; each is decided for itself."""

    messages = serializers.ListField(child=serializers.JSONField(allow_null=True), min_length=1, max_length=BATCH_MAX)


class AcceptedSerializer(serializers.Serializer[dict[str, Any]]):
    """What became of one message at the door."""

    id = serializers.UUIDField()
    status = serializers.CharField()
    segments = serializers.IntegerField()
    price_micros = serializers.IntegerField(help_text="Millionths of your currency, for the whole message")
    channel = serializers.CharField()
    send_at = serializers.DateTimeField(required=False, help_text="When it goes out, of a message that waits")
    warnings = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Codes of rules that object without refusing"
    )


class ResultsSerializer(serializers.Serializer[dict[str, Any]]):
    """One entry per message, in order: accepted, or a problem with `message_id`."""

    results = serializers.ListField(child=serializers.JSONField())


class ErrorSerializer(serializers.Serializer[dict[str, Any]]):
    code = serializers.CharField()
    detail = serializers.CharField()
    remedy = serializers.CharField()


class MessageSerializer(serializers.ModelSerializer[Message]):
    """One message as it stands."""

    to = serializers.CharField(source="recipient")
    status = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    traffic_class = serializers.SerializerMethodField()
    accepted_at = serializers.SerializerMethodField()
    valid_until = serializers.DateTimeField(source="not_after")

    class Meta:
        model = Message
        fields = [
            "id", "to", "status", "error", "traffic_class", "template_id", "campaign_id", "segments", "price_micros",
            "reference", "tags", "accepted_at", "send_at", "valid_until", "final_at",
        ]  # fmt: skip

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        fields["from"] = serializers.CharField(source="sender")
        return fields

    def get_status(self, message: Message) -> str:
        known = self.context.get("statuses")
        return str((known[message.pk] if known else current_status(message)).label)

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, message: Message) -> dict[str, str] | None:
        known = self.context.get("explanations")
        entry = explanation_of(message) if known is None else known.get(message.pk)
        return {"code": entry.code, "detail": entry.sentence, "remedy": entry.remedy} if entry else None

    def get_traffic_class(self, message: Message) -> str:
        return TrafficClass(message.traffic_class).label

    def get_accepted_at(self, message: Message) -> datetime:
        return message.accepted_at
