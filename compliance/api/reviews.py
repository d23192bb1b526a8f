"""Reviews by programs: what waits, and decisions in the name of whoever made the token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import services
from compliance.api.serializers import HeaderSerializer, TemplateSerializer, with_stops
from compliance.awaiting import Narrowing, Place, Waiting, queue_page
from compliance.models import Review, Sender, Template
from compliance.statuses import ReviewEvent
from tenants.api.views import TenantAPIView
from tenants.queries import MemberOfToken, member_of_token
from tenants.roles import ABILITY, GRANTS, Permission, Role

Item = Sender | Template


class WaitingSerializer(serializers.Serializer[Waiting]):
    """`seen_at` goes back with a decision, so that nothing is decided that was submitted anew since."""

    kind = serializers.CharField()
    id = serializers.UUIDField(source="item.pk")
    name = serializers.CharField(source="item")
    header = serializers.CharField()
    text = serializers.CharField(source="excerpt")
    error_count = serializers.IntegerField(source="item.error_count")
    advice_count = serializers.IntegerField(source="item.advice_count")
    submitted_by = serializers.CharField(source="submitter")
    approved_by = serializers.ListField(source="approvals", child=serializers.CharField())
    seen_at = serializers.DateTimeField(source="place.submitted_at")


class QueueSerializer(serializers.Serializer[Any]):
    """The oldest first; `next` is the `after` of the page behind, null on the last one."""

    results = WaitingSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class DecisionSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)
    seen_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class MemberScope(TenantAPIView):
    """For what a person answers for: the token acts as the member who made it, with that member's permissions now."""

    permission: ClassVar[Permission] = Permission.REVIEW_COMPLIANCE

    def member(self) -> MemberOfToken:
        """Raises PermissionDenied: nobody made the token, they left, or their role does not allow this."""
        found = member_of_token(self.principal.token_id)
        if found is None or self.permission not in GRANTS[Role(found.role)]:
            raise PermissionDenied(
                f"The token acts for whoever made it, and that has to be a member who may {ABILITY[self.permission]}."
            )
        return found


class ReviewQueue(MemberScope):
    """What waits for reviewers: senders and templates in one list."""

    @extend_schema(responses=QueueSerializer)
    def get(self, request: Request) -> Response:
        self.member()
        asked = request.query_params
        kind = asked.get("kind", "")
        narrowing = Narrowing(kind if kind in Review.Of.values else "", asked.get("header", ""))
        page = queue_page(narrowing, after=Place.parse(asked.get("after", "")))
        behind = str(page.rows[-1].place) if page.has_newer else None
        return Response(QueueSerializer({"results": page.rows, "next": behind}).data)


class Step(MemberScope):
    """One step of the review of one item, which is answered as it is then."""

    model: ClassVar[type[Item]] = Template
    event: ClassVar[ReviewEvent] = ReviewEvent.APPROVE

    @extend_schema(request=DecisionSerializer, responses=TemplateSerializer)
    def post(self, request: Request, pk: str) -> Response:
        member = self.member()
        asked = DecisionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        item = cast("Item", get_object_or_404(self.model, pk=pk))
        self._carry_out(item, member, **asked.validated_data)
        if isinstance(item, Sender):
            return Response(HeaderSerializer(with_stops(Sender.objects.all()).get(pk=pk)).data)
        return Response(TemplateSerializer(with_stops(Template.objects.all()).get(pk=pk)).data)

    def _carry_out(self, item: Item, member: MemberOfToken, *, note: str, seen_at: Any) -> None:
        who: dict[str, Any] = {"item": item, "actor": member.actor, "now": timezone.now(), "note": note}
        match self.event:
            case ReviewEvent.SUBMIT:
                services.submit(**who)
            case ReviewEvent.APPROVE:
                services.approve(**who, seen_at=seen_at, may_approve_own=member.role == Role.OWNER)
            case ReviewEvent.REJECT:
                services.reject(**who, seen_at=seen_at)
            case _:
                services.ask_changes(**who, seen_at=seen_at)


STEPS: dict[str, ReviewEvent] = {
    "submit": ReviewEvent.SUBMIT,
    "approve": ReviewEvent.APPROVE,
    "reject": ReviewEvent.REJECT,
    "ask-changes": ReviewEvent.ASK_CHANGES,
}


def step_view(model: type[Item], event: ReviewEvent) -> Callable[..., Any]:
    """The view of one step for one kind of item."""
    permission = Permission.MANAGE_COMPLIANCE if event is ReviewEvent.SUBMIT else Permission.REVIEW_COMPLIANCE
    return Step.as_view(model=model, event=event, permission=permission)
