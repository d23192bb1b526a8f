from __future__ import annotations

import pytest
from django import forms

from routing.forms import RouteForm, field_groups
from routing.providers.smpp.settings import SmppSettingsForm


@pytest.mark.parametrize("form", [RouteForm(), SmppSettingsForm()])
def test_every_field_of_a_form_has_its_place_in_a_named_group(form: forms.Form) -> None:
    groups = field_groups(form)
    assert sorted(field.name for group in groups for field in group.fields) == sorted(form.fields)
    assert "More" not in [group.heading for group in groups]


def test_a_form_without_groups_is_one() -> None:
    class Plain(forms.Form):
        address = forms.CharField()

    (group,) = field_groups(Plain())
    assert (group.heading, group.is_folded, group.fields[0].name) == ("", False, "address")


def open_groups(form: forms.Form) -> set[str]:
    return {group.heading for group in field_groups(form) if group.is_open}


def test_what_most_leave_alone_is_folded_until_it_differs() -> None:
    assert open_groups(SmppSettingsForm()) == set()
    assert open_groups(SmppSettingsForm(initial={"tls": True, "number_ton": 2})) == {"TLS", "Addresses and alphabet"}


def test_a_folded_group_with_a_problem_is_open() -> None:
    form = SmppSettingsForm({"dlt_entity_tag": "entity", "joining": "udh8"})
    assert not form.is_valid()
    assert open_groups(form) == {"Registration in India (DLT)"}
