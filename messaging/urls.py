from __future__ import annotations

from django.urls import path

from messaging import views

app_name = "messaging"
urlpatterns = [
    path("", views.message_list, name="messages"),
    path("new/", views.message_new, name="message-new"),
    path("new/advice/", views.message_advice, name="message-advice"),
    path("<uuid:message_id>/", views.message_detail, name="message"),
]
