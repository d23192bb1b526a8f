"""REST resources of campaigns, mounted under /api/v1/."""

from __future__ import annotations

from django.urls import path

from campaigns.api import views

urlpatterns = [
    path("contacts", views.ContactIndex.as_view(), name="contact-list"),
    path("contacts/<uuid:pk>", views.ContactDetail.as_view(), name="contact-detail"),
    path("lists", views.ListIndex.as_view(), name="list-list"),
    path("lists/<uuid:pk>", views.ListDetail.as_view(), name="list-detail"),
    path("imports", views.ImportIndex.as_view(), name="import-list"),
    path("imports/<uuid:pk>", views.ImportDetail.as_view(), name="import-detail"),
    path("campaigns", views.CampaignIndex.as_view(), name="campaign-list"),
    path("campaigns/<uuid:pk>", views.CampaignDetail.as_view(), name="campaign-detail"),
]
