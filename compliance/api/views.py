"""What programs read about senders and templates, and how they record opt-outs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import services
from compliance.api.serializers import HeaderSerializer, OptOutSerializer, TemplateSerializer, with_stops
from compliance.models import OptOut, Sender, Template
from compliance.statuses import OptOutSource
from tenants.api.views import TenantScope


class HeaderList(TenantScope, generics.ListAPIView[Sender]):
    """Senders with their review and registrations, newest first."""

    serializer_class = HeaderSerializer

    def get_queryset(self) -> QuerySet[Sender]:
        return with_stops(Sender.objects.select_related("entity").prefetch_related("registrations"))


class HeaderDetail(TenantScope, generics.RetrieveAPIView[Sender]):
    """One sender."""

    serializer_class = HeaderSerializer

    def get_queryset(self) -> QuerySet[Sender]:
        return with_stops(Sender.objects.select_related("entity").prefetch_related("registrations"))


class TemplateList(TenantScope, generics.ListAPIView[Template]):
    """Every version of every template, newest first; those in state `approved` can be sent."""

    serializer_class = TemplateSerializer

    def get_queryset(self) -> QuerySet[Template]:
        return with_stops(Template.objects.select_related("sender").prefetch_related("registrations"))


class TemplateDetail(TenantScope, generics.RetrieveAPIView[Template]):
    """One version of a template."""

    serializer_class = TemplateSerializer

    def get_queryset(self) -> QuerySet[Template]:
        return with_stops(Template.objects.select_related("sender").prefetch_related("registrations"))


class OptOutList(TenantScope, generics.ListAPIView[OptOut]):
    """Opt-outs, newest first. POST records one; repeating it changes nothing and answers the standing one."""

    serializer_class = OptOutSerializer

    def get_queryset(self) -> QuerySet[OptOut]:
        return OptOut.objects.all()

    def get_serializer_context(self) -> dict[str, Any]:
        region = self.tenant.country if self.request and self.request.auth else "IN"
        return {**super().get_serializer_context(), "region": region}

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        standing = services.opt_out(
            recipient=serializer.validated_data["recipient"],
            sender=serializer.validated_data.get("sender"),
            topic=serializer.validated_data.get("topic"),
            source=OptOutSource.API,
            actor=self.principal.actor,
            now=timezone.now(),
        )
        return Response(self.get_serializer(standing).data, status=status.HTTP_201_CREATED)


class OptOutDetail(TenantScope, generics.RetrieveAPIView[OptOut]):
    """One opt-out."""

    serializer_class = OptOutSerializer

    def get_queryset(self) -> QuerySet[OptOut]:
        return OptOut.objects.all()
