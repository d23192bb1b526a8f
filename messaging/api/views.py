"""POST, read and list messages. What is answered with 2xx is committed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.domain.clock import utc_now
from kernel.web.problem import MEDIA_TYPE, STATUS_OF_CODE, problem
from messaging.api.serializers import (
    AcceptedSerializer,
    BatchSerializer,
    DraftSerializer,
    MessageSerializer,
    ResultsSerializer,
    draft_of,
)
from messaging.drafts import Draft, Outcome
from messaging.models import Message
from messaging.queries import current_statuses
from messaging.services.accept import accept
from messaging.services.idempotency import earlier_answer, remember
from messaging.statuses import Source
from tenants.api.views import TenantAPIView, TenantScope

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A repeat within 24 hours gets the first answer and sends nothing.",
)


class Idempotent(TenantScope):
    """Answers a repeated `Idempotency-Key` from memory."""

    def once(self, request: Request, work: Callable[[], Response]) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return work()
        # DRF has read the stream; what it parsed, written in one form, stands for the body.
        body = json.dumps([request.path, request.data], sort_keys=True).encode()
        if earlier := earlier_answer(key=key, body=body):
            content_type = MEDIA_TYPE if earlier.status_code >= HTTPStatus.BAD_REQUEST else None
            return Response(earlier.answer, status=earlier.status_code, content_type=content_type)
        response = work()
        remember(key=key, body=body, status_code=response.status_code, answer=_plain(response.data), now=utc_now())
        return response


class MessageList(Idempotent, generics.ListAPIView[Message]):
    """Messages of the organisation, newest first; POST sends one."""

    serializer_class = MessageSerializer

    def get_queryset(self) -> QuerySet[Message]:
        return Message.objects.all()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        context = {**self.get_serializer_context(), "statuses": current_statuses(page)}
        return self.get_paginated_response(MessageSerializer(page, many=True, context=context).data)

    @extend_schema(request=DraftSerializer, responses={202: AcceptedSerializer}, parameters=[IDEMPOTENCY])
    def post(self, request: Request) -> Response:
        return self.once(request, lambda: self._send(request))

    def _send(self, request: Request) -> Response:
        serializer = DraftSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        draft = draft_of(serializer.validated_data)
        (outcome,) = accept(drafts=[draft], source=Source.API, now=utc_now())
        refusal = outcome.refusal
        if refusal is None:
            return Response(_accepted(outcome), status=HTTPStatus.ACCEPTED)
        status = STATUS_OF_CODE.get(refusal.code, HTTPStatus.UNPROCESSABLE_ENTITY)
        return problem(
            status=status,
            code=refusal.code,
            detail=refusal.detail,
            remedy=refusal.remedy,
            extra={"message_id": str(outcome.id)},
        )


class MessageDetail(TenantScope, generics.RetrieveAPIView[Message]):
    """One message as it stands."""

    serializer_class = MessageSerializer

    def get_queryset(self) -> QuerySet[Message]:
        return Message.objects.all()


class MessageBatch(Idempotent, TenantAPIView):
    """Send up to 5,000 messages in one transaction; each is decided for itself."""

    @extend_schema(request=BatchSerializer, responses={200: ResultsSerializer}, parameters=[IDEMPOTENCY])
    def post(self, request: Request) -> Response:
        return self.once(request, lambda: self._send(request))

    def _send(self, request: Request) -> Response:
        serializer = BatchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        read = [_read(item) for item in serializer.validated_data["messages"]]
        drafts = [draft for draft in read if isinstance(draft, Draft)]
        outcomes: Sequence[Outcome] = accept(drafts=drafts, source=Source.API, now=utc_now())
        decided = iter(outcomes)
        results = [_result(next(decided)) if isinstance(entry, Draft) else entry for entry in read]
        return Response({"results": results})


def _read(item: Any) -> Draft | dict[str, Any]:
    """A draft, or the problem that stands in its place in the results."""
    serializer = DraftSerializer(data=item)
    if serializer.is_valid():
        return draft_of(serializer.validated_data)
    return {
        "code": "invalid_request",
        "detail": "Some fields of this message cannot be used.",
        "remedy": "Correct the fields named in `errors` and send this message again.",
        "errors": serializer.errors,
    }


def _result(outcome: Outcome) -> dict[str, Any]:
    if outcome.refusal is None:
        return _accepted(outcome)
    refusal = outcome.refusal
    return {
        "id": str(outcome.id),
        "message_id": str(outcome.id),
        "status": outcome.status.label,
        "code": refusal.code,
        "detail": refusal.detail,
        "remedy": refusal.remedy,
    }


def _accepted(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": str(outcome.id),
        "status": outcome.status.label,
        "segments": outcome.segments,
        "price_micros": outcome.price_micros,
        "channel": "sms",
    }


def _plain(data: Any) -> Any:
    """What JSON makes of it: DRF's error details are str subclasses, ids are UUIDs."""
    return json.loads(json.dumps(data, default=str))
