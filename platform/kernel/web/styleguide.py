"""The living style page: every component with sample data, for development and for the browser tests of the look."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kernel.web.templatetags.ui import LOOKS

NOW = datetime(2026, 11, 23, 6, 12, tzinfo=UTC)
HINDI = (
    "नमस्ते Riya, your Diwali early access is open until 9 pm. Use code DIYA20. Reply STOP to 56161 to opt out. - Aarohi"
)


class SampleFilter(forms.Form):
    state = forms.ChoiceField(choices=[("", "Any state"), ("sending", "Sending")], required=False)
    since = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), required=False)
    q = forms.CharField(label="Name contains", required=False)


class SampleCompose(forms.Form):
    sender = forms.ChoiceField(choices=[("a", "AAROHI · promotional")], label="Sender ID")
    name = forms.CharField(label="Campaign name", help_text="Only your organisation sees it.", max_length=60)
    send_at = forms.DateTimeField(label="Send", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    speed = forms.ChoiceField(
        choices=[("fast", "As fast as the route allows"), ("even", "Evenly until the evening")],
        widget=forms.RadioSelect,
    )
    tested = forms.BooleanField(label="I sent myself a test")


class SampleUpload(forms.Form):
    file = forms.FileField()


class SampleMapping(forms.Form):
    meaning = forms.ChoiceField(
        choices=[("phone", "Phone number"), ("name", "Name"), ("", "Leave out")], required=False
    )


def outcome_terms() -> list[dict[str, Any]]:
    """The seven terms of the conservation bar for a sample of 4,12,350 recipients."""
    parts = [
        ("delivered", "Delivered", 366_991, "ok"),
        ("failed", "Failed", 12_370, "bad"),
        ("expired", "Expired", 4_124, "bad-soft"),
        ("unknown", "Unknown", 2_062, "wait-soft"),
        ("blocked", "Blocked", 8_247, "mute"),
        ("cancelled", "Cancelled", 2_062, "mute-soft"),
        ("waiting", "Waiting", 16_494, "wait"),
    ]
    total, x, terms = sum(part[2] for part in parts), 0.0, []
    for key, label, count, tone in parts:
        width = 100 * count / total
        shown = {"count": count, "percent": f"{width:.1f} %", "x": x, "width": width, "url": f"?outcome={key}"}
        terms.append({"key": key, "label": label, "tone": tone, **shown})
        x += width
    return terms


def traffic() -> dict[str, Any]:
    """A day's course with its two peaks, in the shape charts.js reads."""
    hours = [number / 2 for number in range(48)]
    sent = [
        round(9400 * math.exp(-(((h - 11) / 3) ** 2)) + 7000 * math.exp(-(((h - 19) / 2.2) ** 2)) + 250) for h in hours
    ]
    failed = [round(value * 0.04) + 40 for value in sent]
    series = [
        {"label": "Delivered", "tone": "ok", "values": sent},
        {"label": "Failed", "tone": "bad", "values": failed},
    ]
    return {"labels": [f"{int(h):02}:{'30' if h % 1 else '00'}" for h in hours], "unit": "messages", "series": series}


def by_operator() -> dict[str, Any]:
    tones = {"Delivered": "ok", "Waiting": "wait", "Failed": "bad", "Blocked": "mute"}
    values = {
        "Delivered": [181, 241, 96, 31, 14],
        "Waiting": [11, 13, 9, 6, 1],
        "Failed": [5, 5, 6, 5, 1],
        "Blocked": [3, 4, 1, 1, 1],
    }
    series = [{"label": label, "tone": tones[label], "values": row} for label, row in values.items()]
    return {"labels": ["Airtel", "Jio", "Vi", "BSNL", "Intl"], "unit": "thousand", "series": series}


def lists() -> dict[str, Any]:
    """Rows, steps and events for everything that repeats."""
    names = [
        ("Diwali early access", "sending", 412_350, 61_240_500_000),
        ("KYC reminder, wave 3", "scheduled", 88_210, 0),
    ]
    names += [
        ("Win-back, north", "finished", 204_118, 30_617_700_000),
        ("Branch closed 26 Jan", "failed", 3_110, 466_500_000),
    ]
    uptime = [{"tone": {17: "bad", 40: "wait", 63: "wait"}.get(n, "ok"), "title": f"{n}:00"} for n in range(72)]
    events = [
        ("Accepted", "Price fixed at ₹0.15, held", "ok", "check", 65),
        ("Submitted", "Route airtel-promo-1, window 200", "info", "send", 64),
        ("Delivered", "Receipt DELIVRD after 2.1 s", "ok", "circle-check", 61),
    ]
    return {
        "rows": [
            {"name": name, "state": state, "target": target, "micros": micros, "at": NOW - timedelta(hours=3 * number)}
            for number, (name, state, target, micros) in enumerate(names)
        ],
        "cells": uptime,
        "events": [
            {"label": label, "detail": detail, "tone": tone, "icon": icon, "at": NOW - timedelta(minutes=minutes)}
            for label, detail, tone, icon, minutes in events
        ],
        "steps": [
            {"label": "Audience", "state": "done", "url": "#"},
            {"label": "Message", "state": "current", "url": None},
            {"label": "Schedule", "state": "todo", "url": None},
            {"label": "Check and send", "state": "todo", "url": None},
        ],
        "heat": [
            {"day": day, "cells": ["" if h < 9 or h > 20 else min(6, 3 + (h * h + d * 5) % 4) for h in range(24)]}
            for d, day in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
        ],
    }


def sample_context() -> dict[str, Any]:
    """Everything styleguide.html shows."""
    points = " ".join(f"{n * 5},{14 - 9 * math.sin(n / 2.6) + (n * 37 % 7) - 3:.1f}" for n in range(21))
    return {
        **lists(),
        "looks": sorted(LOOKS),
        "points": points,
        "terms": outcome_terms(),
        "total": 412_350,
        "traffic": traffic(),
        "operators": by_operator(),
        "hindi": HINDI,
        "registered": "Dear {#var#}, your order {#alphanumeric#} is on its way. - Aarohi",
        "now": NOW,
        "filters": SampleFilter({"state": "sending"}),
        "chips": [{"label": "State: sending", "url": "?"}],
        "compose": SampleCompose({"name": "", "sender": "a", "speed": "fast"}),
        "upload": SampleUpload(),
        "columns": [
            {"header": "Mobile", "samples": ["+91 98••• ••210", "+91 97••• ••118"], "field": mapping("m")},
            {"header": "First name", "samples": ["Riya", "Arjun"], "field": mapping("v"), "problem": "Chosen twice."},
        ],
        "curl": 'curl -X POST https://dakiya.example/api/v1/messages \\\n  -H "Authorization: Token dk_live_…" \\\n'
        '  -d \'{"to": "+91…", "from": "AAROHI", "text": "Hello"}\'',
    }


def mapping(prefix: str) -> forms.BoundField:
    return SampleMapping(prefix=prefix)["meaning"]


def styleguide(request: HttpRequest) -> HttpResponse:
    """Mounted in development only."""
    return render(request, "styleguide.html", sample_context())
