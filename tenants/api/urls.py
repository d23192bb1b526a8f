from __future__ import annotations

from django.urls import path

from tenants.api import views

urlpatterns = [
    path("tokens", views.TokenList.as_view(), name="token-list"),
    path("tokens/<uuid:pk>", views.TokenDetail.as_view(), name="token-detail"),
]
