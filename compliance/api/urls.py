"""REST resources of compliance, mounted under /api/v1/."""

from __future__ import annotations

from django.urls import path

from compliance.api import advice, checking, consent, register, reviews, views
from compliance.models import Sender, Template

urlpatterns = [
    path("compliance/advice", advice.AdviceView.as_view(), name="compliance-advice"),
    path("compliance/doctor", advice.DoctorView.as_view(), name="compliance-doctor"),
    path("headers", views.HeaderList.as_view(), name="header-list"),
    path("headers/<uuid:pk>", views.HeaderDetail.as_view(), name="header-detail"),
    path("templates", views.TemplateList.as_view(), name="template-list"),
    path("templates/<uuid:pk>", views.TemplateDetail.as_view(), name="template-detail"),
    path("reviews", reviews.ReviewQueue.as_view(), name="review-list"),
    *(
        path(f"{kind}/<uuid:pk>/{name}", reviews.step_view(model, event), name=f"{kind}-{name}")
        for kind, model in (("templates", Template), ("headers", Sender))
        for name, event in reviews.STEPS.items()
    ),
    path("compliance/check", checking.CheckView.as_view(), name="compliance-check"),
    path("entities", register.EntityList.as_view(), name="entity-list"),
    path("entities/<uuid:pk>", register.EntityDetail.as_view(), name="entity-detail"),
    path("chains", register.ChainList.as_view(), name="chain-list"),
    path("chains/<uuid:pk>", register.ChainDetail.as_view(), name="chain-detail"),
    path("links", register.LinkList.as_view(), name="link-list"),
    path("links/<uuid:pk>", register.LinkDetail.as_view(), name="link-detail"),
    path("opt-outs", views.OptOutList.as_view(), name="opt-out-list"),
    path("opt-outs/<uuid:pk>", views.OptOutDetail.as_view(), name="opt-out-detail"),
    path("opt-outs/<uuid:pk>/lift", consent.OptOutLift.as_view(), name="opt-out-lift"),
    path("opt-out-links", consent.OptOutLinks.as_view(), name="opt-out-links"),
    path("consents", consent.ConsentList.as_view(), name="consent-list"),
    path("consents/<uuid:pk>", consent.ConsentDetail.as_view(), name="consent-detail"),
]
