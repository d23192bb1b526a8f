"""REST resources of compliance, mounted under /api/v1/."""

from __future__ import annotations

from django.urls import path

from compliance.api import advice, checking, views

urlpatterns = [
    path("compliance/advice", advice.AdviceView.as_view(), name="compliance-advice"),
    path("compliance/doctor", advice.DoctorView.as_view(), name="compliance-doctor"),
    path("headers", views.HeaderList.as_view(), name="header-list"),
    path("headers/<uuid:pk>", views.HeaderDetail.as_view(), name="header-detail"),
    path("templates", views.TemplateList.as_view(), name="template-list"),
    path("templates/<uuid:pk>", views.TemplateDetail.as_view(), name="template-detail"),
    path("compliance/check", checking.CheckView.as_view(), name="compliance-check"),
    path("opt-outs", views.OptOutList.as_view(), name="opt-out-list"),
    path("opt-outs/<uuid:pk>", views.OptOutDetail.as_view(), name="opt-out-detail"),
]
