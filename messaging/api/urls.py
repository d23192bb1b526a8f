"""REST resources of messaging, mounted under /api/v1/."""

from __future__ import annotations

from django.urls import path

from messaging.api import inbound, views

urlpatterns = [
    path("messages", views.MessageList.as_view(), name="message-list"),
    path("messages/batch", views.MessageBatch.as_view(), name="message-batch"),
    path("messages/<uuid:pk>", views.MessageDetail.as_view(), name="message-detail"),
    path("inbound-messages", inbound.InboundList.as_view(), name="inbound-list"),
    path("inbound-messages/<uuid:pk>", inbound.InboundDetail.as_view(), name="inbound-detail"),
]
