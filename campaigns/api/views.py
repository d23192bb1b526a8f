"""What programs read of contacts, lists, imports and campaigns, and how they add contacts."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.serializers import (
    CampaignSerializer,
    ContactResultsSerializer,
    ContactSerializer,
    ImportSerializer,
    ListSerializer,
    NewContactsSerializer,
)
from campaigns.models import Campaign, Contact, ContactList, Import, Run
from campaigns.services.contacts import Person, create_contacts, create_list
from campaigns.services.control import latest_progress
from kernel.domain.clock import utc_now
from kernel.telecom.numbers import NumberRefused, normalise
from kernel.web.problem import problem_members
from tenants.api.views import TenantScope


class ContactIndex(TenantScope, generics.ListAPIView[Contact]):
    """Contacts, newest first. POST adds up to 1,000, or brings those that exist up to date."""

    serializer_class = ContactSerializer

    def get_queryset(self) -> QuerySet[Contact]:
        return Contact.objects.all()

    @extend_schema(request=NewContactsSerializer, responses={200: ContactResultsSerializer})
    def post(self, request: Request) -> Response:
        serializer = NewContactsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        numbers = [normalise(row["phone"], self.tenant.country) for row in said["contacts"]]
        people = [
            Person(number, row["name"], row["attributes"])
            for number, row in zip(numbers, said["contacts"], strict=True)
            if not isinstance(number, NumberRefused)
        ]
        ids = create_contacts(people=people, list_id=said["list"], now=utc_now())
        results: list[dict[str, Any]] = [
            problem_members(n) if isinstance(n, NumberRefused) else {"id": ids[n], "phone": n} for n in numbers
        ]
        return Response({"results": results})


class ContactDetail(TenantScope, generics.RetrieveAPIView[Contact]):
    """One contact."""

    serializer_class = ContactSerializer

    def get_queryset(self) -> QuerySet[Contact]:
        return Contact.objects.all()


class ListIndex(TenantScope, generics.ListAPIView[ContactList]):
    """Contact lists, newest first. POST makes an empty one."""

    serializer_class = ListSerializer

    def get_queryset(self) -> QuerySet[ContactList]:
        return ContactList.objects.all()

    @extend_schema(request=ListSerializer, responses={201: ListSerializer})
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = create_list(name=serializer.validated_data["name"], actor=self.principal.actor, now=utc_now())
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)


class ListDetail(TenantScope, generics.RetrieveAPIView[ContactList]):
    """One contact list."""

    serializer_class = ListSerializer

    def get_queryset(self) -> QuerySet[ContactList]:
        return ContactList.objects.all()


class ImportIndex(TenantScope, generics.ListAPIView[Import]):
    """Imports of files, newest first."""

    serializer_class = ImportSerializer

    def get_queryset(self) -> QuerySet[Import]:
        return Import.objects.defer("survey", "samples")


class ImportDetail(TenantScope, generics.RetrieveAPIView[Import]):
    """One import, with how far it is."""

    serializer_class = ImportSerializer

    def get_queryset(self) -> QuerySet[Import]:
        return Import.objects.defer("survey", "samples")


class CampaignIndex(TenantScope, generics.ListAPIView[Campaign]):
    """Campaigns, newest first, with their figures of some seconds ago."""

    serializer_class = CampaignSerializer

    def get_queryset(self) -> QuerySet[Campaign]:
        last_run = Run.objects.filter(campaign=OuterRef("pk")).order_by("-number").values("progress")[:1]
        return Campaign.objects.select_related("template__sender").annotate(figures=Subquery(last_run))


class CampaignDetail(TenantScope, generics.RetrieveAPIView[Campaign]):
    """One campaign, with its figures of this moment."""

    serializer_class = CampaignSerializer

    def get_queryset(self) -> QuerySet[Campaign]:
        return Campaign.objects.select_related("template__sender")

    def get_object(self) -> Campaign:
        campaign: Any = super().get_object()
        progress = latest_progress(campaign)
        campaign.figures = progress.as_json() if progress else None
        found: Campaign = campaign
        return found
