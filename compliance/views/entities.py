from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from compliance import services
from compliance.forms import EntityForm, add_refusal
from compliance.identifiers import IdKind, parse_dlt_id
from compliance.models import Entity
from compliance.statuses import EntityType, Portal
from compliance.views.decisions import abilities
from compliance.views.stops import tell_remarks, tell_stopped
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def entity_list(request: TenantRequest) -> HttpResponse:
    page = keyset_page(Entity.objects.prefetch_related("senders"), request)
    return render_page(request, "compliance/entity_list.html", {"page": page, **abilities(request)})


@tenant_page(Permission.MANAGE_COMPLIANCE)
def entity_new(request: TenantRequest) -> HttpResponse:
    return _entity_form(request, None)


@tenant_page(Permission.MANAGE_COMPLIANCE)
def entity_edit(request: TenantRequest, pk: UUID) -> HttpResponse:
    return _entity_form(request, get_object_or_404(Entity, pk=pk))


def _entity_form(request: TenantRequest, entity: Entity | None) -> HttpResponse:
    initial = {name: getattr(entity, name) for name in EntityForm.base_fields} if entity else None
    form = EntityForm(request.POST if request.method == "POST" else None, initial=initial)
    if entity:
        form.fields["country"].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            _save(request, form, entity)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("compliance:entities") if entity is None else redirect("compliance:entity", pk=entity.pk)
    context = {"form": form, "entity": entity}
    return render_page(request, "compliance/entity_form.html", context, status=422 if form.errors else 200)


def _save(request: TenantRequest, form: EntityForm, entity: Entity | None) -> None:
    said = form.cleaned_data
    actor, now, told = actor_of(request), timezone.now(), form.told()
    kind, portal = EntityType(said["entity_type"]), Portal(said["portal"]) if said["portal"] else None
    if entity is None:
        services.create_entity(
            legal_name=said["legal_name"],
            country=said["country"],
            dlt_entity_id=said["dlt_entity_id"],
            told=told,
            entity_type=kind,
            portal=portal,
            actor=actor,
            now=now,
        )
    else:
        changed = services.change_entity(
            entity_id=entity.pk,
            legal_name=said["legal_name"],
            dlt_entity_id=said["dlt_entity_id"],
            told=told,
            entity_type=kind,
            portal=portal,
            actor=actor,
            now=now,
        )
        tell_remarks(request, changed)
    messages.success(request, f"Saved {said['legal_name']}.")
    if entity is not None:
        tell_stopped(request, entity.pk)
    if said["dlt_entity_id"].strip():
        for warning in parse_dlt_id(said["dlt_entity_id"], IdKind.ENTITY).warnings:
            messages.warning(request, warning)
