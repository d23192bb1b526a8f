"""REST resources of messaging, mounted under /api/v1/."""

from __future__ import annotations

from django.urls import path

from messaging.api import views

urlpatterns = [
    path("messages", views.MessageList.as_view(), name="message-list"),
    path("messages/batch", views.MessageBatch.as_view(), name="message-batch"),
    path("messages/<uuid:pk>", views.MessageDetail.as_view(), name="message-detail"),
]
