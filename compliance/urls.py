"""Pages of compliance, mounted at the root."""

from __future__ import annotations

from django.urls import path

from compliance.views import doctor, entities, imports, opt_outs, queue, senders, templates

app_name = "compliance"
urlpatterns = [
    path("review/", queue.review_queue, name="queue"),
    path("review/attention/", queue.attention, name="attention"),
    path("review/decide/", queue.review_bulk, name="queue-decide"),
    path("review/senders/<uuid:pk>/", queue.review_sender, name="review-sender"),
    path("review/templates/<uuid:pk>/", queue.review_template, name="review-template"),
    path("entities/", entities.entity_list, name="entities"),
    path("entities/new/", entities.entity_new, name="entity-new"),
    path("entities/<uuid:pk>/edit/", entities.entity_edit, name="entity-edit"),
    path("senders/", senders.sender_list, name="senders"),
    path("senders/new/", senders.sender_new, name="sender-new"),
    path("senders/<uuid:pk>/", senders.sender_detail, name="sender"),
    path("senders/<uuid:pk>/edit/", senders.sender_edit, name="sender-edit"),
    path("senders/<uuid:pk>/submit/", senders.sender_submit, name="sender-submit"),
    path("senders/<uuid:pk>/withdraw/", queue.sender_withdraw, name="sender-withdraw"),
    path("senders/<uuid:pk>/decide/", senders.sender_decide, name="sender-decide"),
    path("senders/<uuid:pk>/register/", senders.sender_register, name="sender-register"),
    path("templates/", templates.template_list, name="templates"),
    path("templates/new/", templates.template_new, name="template-new"),
    path("templates/doctor/", doctor.template_doctor, name="template-doctor"),
    path("templates/lint/", templates.template_lint, name="template-lint"),
    path("templates/<uuid:pk>/", templates.template_detail, name="template"),
    path("templates/<uuid:pk>/edit/", templates.template_edit, name="template-edit"),
    path("templates/<uuid:pk>/submit/", templates.template_submit, name="template-submit"),
    path("templates/<uuid:pk>/withdraw/", queue.template_withdraw, name="template-withdraw"),
    path("templates/<uuid:pk>/decide/", templates.template_decide, name="template-decide"),
    path("templates/<uuid:pk>/register/", templates.template_register, name="template-register"),
    path("templates/<uuid:pk>/test/", templates.template_test, name="template-test"),
    path("register/imports/", imports.import_list, name="imports"),
    path("register/imports/new/", imports.import_new, name="import-new"),
    path("register/imports/<uuid:pk>/", imports.import_detail, name="import"),
    path("register/imports/<uuid:pk>/live/", imports.import_live, name="import-live"),
    path("register/imports/<uuid:pk>/columns/", imports.import_columns, name="import-columns"),
    path("register/imports/<uuid:pk>/sheet/", imports.import_sheet, name="import-sheet"),
    path(
        "register/imports/<uuid:pk>/rows/<uuid:row_id>/confirm/", imports.import_confirm_row, name="import-confirm-row"
    ),
    path("register/imports/<uuid:pk>/apply/", imports.import_apply, name="import-apply"),
    path("register/imports/<uuid:pk>/cancel/", imports.import_cancel, name="import-cancel"),
    path("register/export/<slug:kind>/<slug:suffix>/", imports.register_export, name="register-export"),
    path("opt-outs/", opt_outs.opt_out_list, name="opt-outs"),
    path("opt-outs/new/", opt_outs.opt_out_new, name="opt-out-new"),
    path("opt-outs/<uuid:pk>/lift/", opt_outs.opt_out_lift, name="opt-out-lift"),
]
