from __future__ import annotations

from django.urls import path

from billing.api import views

urlpatterns = [path("balance", views.Balance.as_view(), name="balance")]
