"""The tags of our look: what people read, and that nothing a user wrote becomes markup."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, engines
from django.test import RequestFactory
from django.utils import timezone

from kernel.telecom import alphabet
from kernel.web.templatetags import ui

ROOT = Path(__file__).resolve().parents[4]
NOW = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)  # 12:00 in India


class Sample(forms.Form):
    name = forms.CharField(help_text="Only you see it.")
    agreed = forms.BooleanField()
    kind = forms.ChoiceField(choices=[("a", "A")])
    speed = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect)


def rendered(template: str, **context: object) -> str:
    return engines["django"].from_string("{% load ui %}" + template).render(context).strip()


def drawn_icons() -> set[str]:
    return set(re.findall(r'<symbol id="([a-z0-9-]+)"', (ROOT / "static/icons.svg").read_text()))


def test_an_icon_without_a_label_is_hidden_from_screen_readers() -> None:
    html = ui.icon("send")
    assert "#send" in html
    assert 'aria-hidden="true"' in html


def test_an_icon_with_a_label_is_announced_by_it() -> None:
    assert 'role="img" aria-label="Telephone &amp; more"' in ui.icon("phone", "Telephone & more")


def test_every_state_has_an_icon_that_exists_and_a_tone_that_is_styled() -> None:
    tones = set(re.findall(r"\.dk-tone-([a-z]+)", (ROOT / "static/css/components.css").read_text()))
    assert {shown.icon for shown in ui.LOOKS.values()} - drawn_icons() == set()
    assert {shown.tone for shown in ui.LOOKS.values()} - tones == set()


def test_one_word_of_two_machines_is_shown_by_its_kind() -> None:
    assert "Submitted" in ui.pill("submitted")
    assert "In review" in ui.pill("submitted", "template")


def test_an_unlisted_state_is_shown_in_grey_under_its_own_name() -> None:
    html = ui.pill("half_<b>")
    assert "dk-tone-mute" in html
    assert "Half &lt;b&gt;" in html


def test_a_pill_takes_another_label() -> None:
    assert rendered('{% pill "delivered" "" "All there" %}').endswith("All there</span>")


def test_the_pill_component_is_the_pill_tag() -> None:
    html = rendered('{% include "components/pill.html" with state="delivered" only %}')
    assert html == ui.pill("delivered")


@pytest.mark.parametrize(
    ("micros", "shown"), [(112_410_500_000, "₹1,12,410.50"), (0, "₹0.00"), (None, "–"), (-2_500_000, "-₹2.50")]
)
def test_money_is_written_the_indian_way(micros: int | None, shown: str) -> None:
    assert ui.money(micros) == shown


def test_the_money_component_defaults_to_rupees() -> None:
    assert "₹0.15" in rendered('{% include "components/money.html" with micros=150000 only %}')


@pytest.mark.parametrize(
    ("value", "shown"), [(412_350, "4,12,350"), (0, "0"), (None, "–"), (12_345_678, "1,23,45,678")]
)
def test_counts_are_grouped_the_indian_way(value: int | None, shown: str) -> None:
    assert ui.count(value) == shown


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [
        (0.968, "96.8 %"),
        (0.58, "58 %"),
        (1, "100 %"),
        (0.99999, "99.9 %"),
        (0, "0 %"),
        (0.00001, "< 0.1 %"),
        (Decimal("0.125"), "12.5 %"),
        (None, "–"),
    ],
)
def test_a_percentage_never_rounds_to_everything_or_nothing(fraction: float | Decimal | None, shown: str) -> None:
    assert ui.percent(fraction).replace(ui.NBSP, " ") == shown


@pytest.mark.parametrize(
    ("earlier_by", "shown"),
    [
        (timedelta(seconds=10), "just now"),
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=-30), "in a moment"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(minutes=-5), "in 5 min"),
        (timedelta(hours=2), "Today 10:00"),
        (timedelta(hours=13), "Yesterday 23:00"),
        (timedelta(hours=-24), "Tomorrow 12:00"),
        (timedelta(days=30), "24 Oct, 12:00"),
        (timedelta(days=400), "19 Oct 2025"),
    ],
)
def test_a_time_is_said_as_people_say_it(earlier_by: timedelta, shown: str) -> None:
    with timezone.override(ZoneInfo("Asia/Kolkata")):
        assert f">{shown}</time>" in ui.ago(NOW - earlier_by, NOW)


def test_a_time_carries_the_instant_and_names_its_zone() -> None:
    with timezone.override(ZoneInfo("Asia/Kolkata")):
        html = ui.ago(NOW, NOW)
    assert 'datetime="2026-11-23T06:30:00+00:00"' in html
    assert 'title="Monday 23 November 2026, 12:00:00 Asia/Kolkata"' in html


def test_no_time_is_a_dash() -> None:
    assert ui.ago(None) == "–"


def test_a_number_is_masked_and_none_is_a_dash() -> None:
    assert ui.mask("+919876543210") == "+91 98••• ••210"
    assert ui.mask("") == "–"


@pytest.mark.parametrize(("name", "shown"), [("Aarohi Bank", "AB"), ("kirana", "K"), ("", ""), ("priya.n@x.in", "PN")])
def test_initials_are_two_at_most(name: str, shown: str) -> None:
    assert ui.initials(name) == shown


def test_a_query_keeps_filters_changes_one_and_forgets_the_cursor() -> None:
    request = RequestFactory().get("/?state=sent&tag=a&tag=b&after=xyz")
    assert ui.query(Context({"request": request}), state="failed") == "?state=failed&tag=a&tag=b"


def test_a_query_drops_parameters_and_takes_lists_and_cursors() -> None:
    request = RequestFactory().get("/?state=sent&q=x")
    context = Context({"request": request})
    assert ui.query(context, state=None, q="", after="k", tag=["a", "b"]) == "?after=k&tag=a&tag=b"


def test_a_query_without_a_request_starts_empty() -> None:
    assert ui.query(Context({}), q="a b") == "?q=a+b"


def test_controls_are_styled_by_kind_and_take_data_attributes() -> None:
    form = Sample()
    assert 'class="form-control"' in ui.control(form["name"])
    assert 'class="form-select"' in ui.control(form["kind"])
    assert 'class="form-check-input"' in ui.control(form["agreed"])
    assert 'data-compose-value="1"' in ui.control(form["name"], data_compose_value="1")


def test_a_field_with_an_error_is_tied_to_its_hint_and_its_error() -> None:
    html = rendered('{% include "components/form_field.html" with field=field only %}', field=Sample({})["name"])
    described = re.search(r'aria-describedby="([^"]+)"', html)
    assert described is not None
    assert [part for part in described[1].split() if f'id="{part}"' not in html] == []
    assert 'aria-invalid="true"' in html


def test_radio_buttons_stand_in_a_fieldset_with_a_legend() -> None:
    html = rendered('{% include "components/form_field.html" with field=field only %}', field=Sample()["speed"])
    assert "<legend>Speed</legend>" in html
    assert html.count('type="radio"') == 1


def test_the_error_summary_leads_to_each_field() -> None:
    html = rendered('{% include "components/form_errors.html" with form=form only %}', form=Sample({"kind": "a"}))
    assert "Please correct 3 things" in html
    assert '<a href="#id_name">Name</a>' in html


def test_a_form_without_errors_has_no_summary() -> None:
    good = Sample({"name": "x", "agreed": "on", "kind": "a", "speed": "a"})
    assert rendered('{% include "components/form_errors.html" with form=form only %}', form=good) == ""


def test_what_a_user_wrote_is_never_markup_in_a_component() -> None:
    html = rendered(
        '{% include "components/error_card.html" with title=t cause=t remedy=t code=t only %}', t="<img src=x>"
    )
    assert "<img" not in html


def test_the_browser_counts_with_the_alphabet_of_the_server() -> None:
    table = json.loads((ROOT / "static/js/gsm7.json").read_text())
    assert all(len(alphabet.encode_gsm(character)) == 1 for character in table["basic"])
    assert all(len(alphabet.encode_gsm(character)) == 2 for character in table["extension"])
    every = {chr(point) for point in range(0x3000) if alphabet.is_gsm(chr(point))}
    assert set(table["basic"]) | set(table["extension"]) == every
