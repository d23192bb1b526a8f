from __future__ import annotations

from django.urls import path

from billing import views

app_name = "billing"
urlpatterns = [
    path("", views.wallet, name="wallet"),
    path("ledger/", views.ledger, name="ledger"),
    path("rates/", views.rates, name="rates"),
    path("costs/", views.costs, name="costs"),
    path("exports/", views.export_new, name="export-new"),
    path("exports/<uuid:pk>/", views.export, name="export"),
    path("exports/<uuid:pk>/download/", views.export_download, name="export-download"),
]
