"""Pages of contacts, lists, imports and campaigns, mounted at the root."""

from __future__ import annotations

from django.urls import path

from campaigns.views import compose, consent, contacts, failures, hygiene, imports, running

app_name = "campaigns"
urlpatterns = [
    path("contacts/", contacts.contact_list, name="contacts"),
    path("contacts/<uuid:pk>/", contacts.contact_detail, name="contact"),
    path("contacts/<uuid:pk>/consent/", consent.contact_consent, name="contact-consent"),
    path("lists/", contacts.list_list, name="lists"),
    path("lists/<uuid:pk>/", contacts.list_detail, name="list"),
    path("lists/<uuid:pk>/hygiene/", hygiene.list_hygiene, name="list-hygiene"),
    path("lists/<uuid:pk>/hygiene/live/", hygiene.list_hygiene_live, name="list-hygiene-live"),
    path("lists/<uuid:pk>/examine/", hygiene.list_examine, name="list-examine"),
    path("lists/<uuid:pk>/look-up/", hygiene.list_look_up, name="list-look-up"),
    path("lists/<uuid:pk>/look-up/stop/", hygiene.list_look_up_stop, name="list-look-up-stop"),
    path("failed-numbers/", failures.failure_list, name="failures"),
    path("failed-numbers/settle/", failures.failure_settle, name="failure-settle"),
    path("failed-numbers/removals/<uuid:pk>/undo/", failures.removal_undo, name="removal-undo"),
    path("imports/", imports.import_list, name="imports"),
    path("imports/new/", imports.import_new, name="import-new"),
    path("imports/<uuid:pk>/", imports.import_detail, name="import"),
    path("imports/<uuid:pk>/live/", imports.import_live, name="import-live"),
    path("imports/<uuid:pk>/confirm/", imports.import_confirm, name="import-confirm"),
    path("imports/<uuid:pk>/read-again/", imports.import_read_again, name="import-read-again"),
    path("imports/<uuid:pk>/cancel/", imports.import_cancel, name="import-cancel"),
    path("imports/<uuid:pk>/rejects/", imports.import_rejects, name="import-rejects"),
    path("campaigns/", running.campaign_list, name="campaigns"),
    path("campaigns/new/", compose.campaign_new, name="campaign-new"),
    path("campaigns/<uuid:pk>/", running.campaign_detail, name="campaign"),
    path("campaigns/<uuid:pk>/audience/", compose.campaign_audience, name="campaign-audience"),
    path("campaigns/<uuid:pk>/message/", compose.campaign_message, name="campaign-message"),
    path("campaigns/<uuid:pk>/preview/", compose.campaign_preview, name="campaign-preview"),
    path("campaigns/<uuid:pk>/schedule/", compose.campaign_schedule, name="campaign-schedule"),
    path("campaigns/<uuid:pk>/check/", compose.campaign_check, name="campaign-check"),
    path("campaigns/<uuid:pk>/cost/", compose.campaign_cost, name="campaign-cost"),
    path("campaigns/<uuid:pk>/launch/", compose.campaign_launch, name="campaign-launch"),
    path("campaigns/<uuid:pk>/live/", running.campaign_live, name="campaign-live"),
    path("campaigns/<uuid:pk>/messages/", running.campaign_messages, name="campaign-messages"),
    path("campaigns/<uuid:pk>/why/", running.campaign_why, name="campaign-why"),
    path("campaigns/<uuid:pk>/<slug:verb>/", running.campaign_act, name="campaign-act"),
]
