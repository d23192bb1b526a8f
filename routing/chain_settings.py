"""What routes of any kind are told about chains of telemarketers in India (docs/rules.md#chains-at-the-wire)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms

_TELEMARKETER: Final = re.compile(r"[0-9]{1,19}")


class ChainSettingsForm(forms.Form):
    """For a provider's settings_form to derive from; the dispatcher reads both fields from `RouteConfig.settings`."""

    dlt_telemarketer_id = forms.CharField(
        required=False,
        max_length=19,
        label="Telemarketer at the end of the chain",
        help_text="Its id on the registration portal, of whoever hands messages to the operator here. The hash of the "
        "sender's approved chain that ends in it goes along. Left empty: none does.",
    )
    dlt_chain_required = forms.BooleanField(
        required=False,
        label="Nothing without a chain",
        help_text="Messages whose sender has no approved chain to this telemarketer go to the next route, or nowhere.",
    )

    def clean_dlt_telemarketer_id(self) -> str:
        given = str(self.cleaned_data["dlt_telemarketer_id"]).strip()
        if given and not _TELEMARKETER.fullmatch(given):
            raise forms.ValidationError("The id of a telemarketer has digits only, 19 of them at most.")
        return given

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if given.get("dlt_chain_required") and not given.get("dlt_telemarketer_id"):
            self.add_error("dlt_chain_required", "Name the telemarketer in which the chains end.")
        return given


CHAIN_FIELDS: Final = ("dlt_telemarketer_id", "dlt_chain_required")


def without_chain(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of checked settings for the link, which is told each message's hash instead."""
    return {name: value for name, value in given.items() if name not in CHAIN_FIELDS}
