from __future__ import annotations

from django.urls import path

from messaging import decided_views, inbox, views

app_name = "messaging"
urlpatterns = [
    path("", views.message_list, name="messages"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("new/", views.message_new, name="message-new"),
    path("new/advice/", views.message_advice, name="message-advice"),
    path("<uuid:message_id>/", views.message_detail, name="message"),
    path("<uuid:message_id>/decided/", decided_views.message_decided, name="message-decided"),
]
