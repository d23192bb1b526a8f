"""The dry run for programs: every rule's verdict on a message that nobody sends."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.rules.checking import Asked, Checked, check
from kernel.domain.traffic import TrafficClass
from tenants.api.views import TenantAPIView

TEXT_MAX = 4_000
# Asked of a message that is sent, by other layers; one that passes here can still be refused for them.
NOT_JUDGED: Final = ("price", "credit", "route")


class CheckRequestSerializer(serializers.Serializer[dict[str, Any]]):
    """A message as it would be sent: `text`, or `template_id` with `variables`, or a text with its template."""

    to = serializers.CharField(max_length=64)
    text = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, max_length=TEXT_MAX)
    template_id = serializers.CharField(required=False, max_length=64, help_text="Ours, or the DLT portal's")
    variables = serializers.JSONField(required=False, help_text="Object by name, or list in the template's order")
    vars()["from"] = serializers.CharField(max_length=21)
    vars()["class"] = serializers.ChoiceField(choices=[each.label for each in TrafficClass], required=False)

    def validate_variables(self, value: Any) -> dict[str, str] | list[str]:
        texts = list(value.values()) if isinstance(value, dict) else value
        if not isinstance(texts, list) or not all(isinstance(text, (str, int)) for text in texts):
            raise serializers.ValidationError("Send an object of texts by name, or a list of texts in order.")
        return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else [str(v) for v in value]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "text" not in attrs and "template_id" not in attrs:
            raise serializers.ValidationError("Send `text`, or `template_id` with `variables`.")
        if "text" in attrs and "variables" in attrs:
            raise serializers.ValidationError("Send `text` or `variables`, not both.")
        return attrs


class VerdictSerializer(serializers.Serializer[dict[str, Any]]):
    rule = serializers.CharField()
    outcome = serializers.CharField(help_text="passed, observed, warned, refused or not_applicable")
    level = serializers.CharField()
    code = serializers.CharField()
    explanation = serializers.CharField()
    detail = serializers.CharField()
    remedy = serializers.CharField()


class NamedTemplateSerializer(serializers.Serializer[dict[str, Any]]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class CheckedSerializer(serializers.Serializer[dict[str, Any]]):
    """`code` is null when the rules let the message pass; price, credit and routes are not asked."""

    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField()
    remedy = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())
    to = serializers.CharField()
    country = serializers.CharField()
    duties = serializers.ListField(child=serializers.CharField(), help_text="What the country asks for besides")
    template = NamedTemplateSerializer(allow_null=True)
    nearest = NamedTemplateSerializer(allow_null=True)
    text = serializers.CharField()
    encoding = serializers.CharField()
    segments = serializers.IntegerField()
    dlt_entity_id = serializers.CharField(allow_null=True)
    dlt_template_id = serializers.CharField(allow_null=True)
    not_judged = serializers.ListField(
        child=serializers.CharField(), help_text="What is asked only when a message is sent: price, credit, route"
    )
    verdicts = VerdictSerializer(many=True)
    vars()["class"] = serializers.CharField(allow_null=True)


class CheckView(TenantAPIView):
    """Dry run: what every rule says about a message. Nothing is sent, held or charged."""

    @extend_schema(request=CheckRequestSerializer, responses={200: CheckedSerializer})
    def post(self, request: Request) -> Response:
        serializer = CheckRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        asked = Asked(
            said["from"],
            said["to"],
            said.get("text"),
            said.get("template_id"),
            said.get("variables"),
            TrafficClass.parse(said["class"]) if "class" in said else None,
        )
        return Response(_told(check(asked=asked, region=self.tenant.country, now=timezone.now())))


def _told(checked: Checked) -> dict[str, Any]:
    refusal, template, nearest, dlt = checked.refusal, checked.template, checked.nearest, checked.dlt
    return {
        "code": refusal.code if refusal else None,
        "detail": refusal.detail if refusal else "",
        "remedy": refusal.remedy if refusal else "",
        "warnings": list(checked.warnings),
        "to": checked.recipient,
        "country": checked.country,
        "duties": list(checked.duties),
        "class": None if checked.traffic_class is None else checked.traffic_class.label,
        "template": {"id": str(template.id), "name": template.label} if template else None,
        "nearest": {"id": str(nearest.id), "name": nearest.label} if nearest else None,
        "text": checked.text,
        "encoding": checked.encoding,
        "segments": checked.parts,
        "dlt_entity_id": dlt.entity_id if dlt else None,
        "dlt_template_id": dlt.template_id if dlt else None,
        "not_judged": list(NOT_JUDGED),
        "verdicts": [
            {
                "rule": verdict.about.key,
                "outcome": verdict.outcome.value,
                "level": verdict.level.value,
                "code": verdict.about.code,
                "explanation": verdict.about.explanation,
                "detail": verdict.detail,
                "remedy": verdict.remedy,
            }
            for verdict in checked.verdicts
        ],
    }
