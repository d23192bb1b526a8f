from __future__ import annotations

from typing import Any, Final

from rest_framework import serializers

from campaigns.importing.rows import VALUE_LENGTH
from campaigns.models import NAME_LENGTH, Campaign, Contact, ContactList, Import
from messaging.statuses import Term

MAX_AT_ONCE: Final = 1_000
MAX_ATTRIBUTES: Final = 50


class ContactSerializer(serializers.ModelSerializer[Contact]):
    class Meta:
        model = Contact
        fields = ["id", "phone", "name", "attributes", "created_at"]
        read_only_fields = fields


class NewContactSerializer(serializers.Serializer[Any]):
    phone = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=NAME_LENGTH, required=False, default="", allow_blank=True)
    attributes = serializers.DictField(
        child=serializers.CharField(max_length=VALUE_LENGTH, allow_blank=True), required=False, default=dict
    )

    def validate_attributes(self, value: dict[str, str]) -> dict[str, str]:
        if len(value) > MAX_ATTRIBUTES or any(not 0 < len(key) <= 60 for key in value):
            raise serializers.ValidationError(f"At most {MAX_ATTRIBUTES} attributes, each named with 1 to 60 letters.")
        return value


class NewContactsSerializer(serializers.Serializer[Any]):
    """`list` puts them on a list; numbers without country code are read as the organisation's country's."""

    contacts = serializers.ListField(child=NewContactSerializer(), min_length=1, max_length=MAX_AT_ONCE)
    list = serializers.UUIDField(required=False, allow_null=True, default=None)


class ContactResultSerializer(serializers.Serializer[Any]):
    """In the order of the request: the id, or a problem."""

    id = serializers.UUIDField(required=False)
    phone = serializers.CharField(required=False)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)
    remedy = serializers.CharField(required=False)


class ContactResultsSerializer(serializers.Serializer[Any]):
    results = ContactResultSerializer(many=True)


class ListSerializer(serializers.ModelSerializer[ContactList]):
    class Meta:
        model = ContactList
        fields = ["id", "name", "size", "columns", "created_at"]
        read_only_fields = ["id", "size", "columns", "created_at"]


class ProblemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    remedy = serializers.CharField()


class ImportSerializer(serializers.ModelSerializer[Import]):
    """`position` counts records of the file that are done with; `reasons` the rejected rows by code."""

    list_id = serializers.UUIDField(source="contact_list_id", allow_null=True)
    list = serializers.CharField(source="list_name")
    problem = ProblemSerializer(allow_null=True)
    reasons = serializers.DictField(child=serializers.IntegerField())

    class Meta:
        model = Import
        fields = [
            "id",
            "list_id",
            "list",
            "filename",
            "sha256",
            "size_octets",
            "state",
            "region",
            "position",
            "added",
            "already_listed",
            "repeated",
            "rejected",
            "reasons",
            "problem",
            "created_at",
            "confirmed_at",
            "finished_at",
        ]
        read_only_fields = fields


class TermsSerializer(serializers.Serializer[Any]):
    """People by outcome; the sum is the target."""

    vars().update({term.value: serializers.IntegerField() for term in Term})


class FiguresSerializer(serializers.Serializer[Any]):
    target = serializers.IntegerField()
    terms = TermsSerializer()
    charged_micros = serializers.IntegerField()


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    """`figures` is null before the campaign began; in lists it is some seconds old, one campaign's is of the moment."""

    sender = serializers.CharField(source="template.sender.header", default=None, allow_null=True)
    stopped = ProblemSerializer(allow_null=True)
    figures = FiguresSerializer(allow_null=True)

    class Meta:
        model = Campaign
        fields = [
            "id",
            "name",
            "state",
            "template_id",
            "sender",
            "send_at",
            "not_after",
            "zone",
            "stopped",
            "figures",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields
