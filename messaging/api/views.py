"""POST, read and list messages. What is answered with 2xx is committed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.web.direct import DirectPost, json_body, json_data, json_response
from kernel.web.problem import STATUS_OF_CODE, problem_document
from messaging.api.reading import Problem, read_batch, read_one
from messaging.api.serializers import (
    AcceptedSerializer,
    BatchSerializer,
    DraftSerializer,
    MessageSerializer,
    ResultsSerializer,
)
from messaging.drafts import Draft, Outcome
from messaging.models import Message
from messaging.queries import current_statuses, explanations_of
from messaging.services.combining import Combiner, Submission, decide
from messaging.services.idempotency import Asked, Remembered, asked
from messaging.statuses import Source
from tenants.api.views import TenantScope

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A repeat within 24 hours gets the first answer and sends nothing.",
)


_combiner: Final = Combiner(partial(decide, source=Source.API))


class SendingView(DirectPost, TenantScope):
    """Takes messages by POST: 2xx says that they are committed, and a repeated `Idempotency-Key` sends nothing."""

    def _asked(self, request: HttpRequest, body: bytes) -> Asked | None:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return None
        # The parsed body in one form, so that a client may order its members anew.
        return asked(key=key, body=json.dumps([request.path, json_data(body)], sort_keys=True).encode())


class MessageList(SendingView, generics.ListAPIView[Message]):
    """Messages of the organisation, newest first; POST sends one."""

    serializer_class = MessageSerializer

    def get_queryset(self) -> QuerySet[Message]:
        return Message.objects.all()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        read = {"statuses": current_statuses(page), "explanations": explanations_of(page)}
        context = {**self.get_serializer_context(), **read}
        return self.get_paginated_response(MessageSerializer(page, many=True, context=context).data)

    @extend_schema(request=DraftSerializer, responses={202: AcceptedSerializer}, parameters=[IDEMPOTENCY])
    def post(self, request: HttpRequest) -> HttpResponse:
        body = json_body(request)
        draft, key = read_one(body), self._asked(request, body)
        told = _combiner.submit(self.tenant.id, Submission([draft], _answer_one, key))
        return json_response(told.status_code, told.answer)


class MessageDetail(TenantScope, generics.RetrieveAPIView[Message]):
    """One message as it stands."""

    serializer_class = MessageSerializer

    def get_queryset(self) -> QuerySet[Message]:
        return Message.objects.all()


class MessageBatch(SendingView):
    """Send up to 5,000 messages in one transaction; each is decided for itself."""

    @extend_schema(request=BatchSerializer, responses={200: ResultsSerializer}, parameters=[IDEMPOTENCY])
    def post(self, request: HttpRequest) -> HttpResponse:
        body = json_body(request)
        read, key = read_batch(body), self._asked(request, body)
        drafts = [entry for entry in read if isinstance(entry, Draft)]
        submission = Submission(drafts, lambda outcomes: _answer_all(read, outcomes), key)
        (told,) = decide(self.tenant.id, [submission], source=Source.API)
        return json_response(told.status_code, told.answer)


def _answer_one(outcomes: Sequence[Outcome]) -> Remembered:
    (outcome,) = outcomes
    refusal = outcome.refusal
    if refusal is None:
        return Remembered(HTTPStatus.ACCEPTED, _accepted(outcome))
    status = STATUS_OF_CODE.get(refusal.code, HTTPStatus.UNPROCESSABLE_ENTITY)
    extra = {"message_id": str(outcome.id)}
    told = problem_document(status=status, code=refusal.code, detail=refusal.detail, remedy=refusal.remedy, extra=extra)
    return Remembered(status, told)


def _answer_all(read: Sequence[Draft | Problem], outcomes: Sequence[Outcome]) -> Remembered:
    decided = iter(outcomes)
    results = [_result(next(decided)) if isinstance(entry, Draft) else entry for entry in read]
    return Remembered(HTTPStatus.OK, {"results": results})


def _result(outcome: Outcome) -> dict[str, Any]:
    refusal = outcome.refusal
    if refusal is None:
        return _accepted(outcome)
    return {
        "id": outcome.id,
        "message_id": outcome.id,
        "status": outcome.status.label,
        "code": refusal.code,
        "detail": refusal.detail,
        "remedy": refusal.remedy,
    }


def _accepted(outcome: Outcome) -> dict[str, Any]:
    told = {
        "id": outcome.id,
        "status": outcome.status.label,
        "segments": outcome.segments,
        "price_micros": outcome.price_micros,
        "channel": "sms",
    }
    if outcome.send_at:
        told["send_at"] = outcome.send_at
    return {**told, "warnings": list(outcome.warnings)} if outcome.warnings else told
