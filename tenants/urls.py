"""Pages under /settings/."""

from __future__ import annotations

from django.urls import path

from tenants.views import members, notifications, organisation, person, tokens, trail

app_name = "tenants"
urlpatterns = [
    path("profile/", person.profile, name="profile"),
    path("switch/<uuid:pk>/", person.switch, name="switch"),
    path("join/<str:token>/", person.join, name="join"),
    path("members/", members.member_list, name="members"),
    path("members/invite/", members.invite, name="invite"),
    path("members/<uuid:pk>/role/", members.role, name="member-role"),
    path("members/<uuid:pk>/remove/", members.remove, name="member-remove"),
    path("invitations/<uuid:pk>/again/", members.invite_again, name="invite-again"),
    path("invitations/<uuid:pk>/withdraw/", members.withdraw, name="invite-withdraw"),
    path("tokens/", tokens.token_list, name="tokens"),
    path("tokens/<uuid:pk>/revoke/", tokens.revoke, name="token-revoke"),
    path("organisation/", organisation.organisation, name="organisation"),
    path("notifications/", notifications.notification_list, name="notifications"),
    path("notifications/read/", notifications.read_all, name="notifications-read"),
    path("notifications/<uuid:pk>/open/", notifications.open_one, name="notification-open"),
    path("audit/", trail.audit_trail, name="audit"),
    path("audit/exports/", trail.export_new, name="audit-export-new"),
    path("audit/exports/<uuid:pk>/", trail.export, name="audit-export"),
    path("audit/exports/<uuid:pk>/download/", trail.export_download, name="audit-export-download"),
]
