"""Files that people bring: understood, imported exactly once, and every row that is left out explained."""

from __future__ import annotations

import csv
import io
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from campaigns.errors import MappingProblem, NotFound, OutOfOrder, SameFile
from campaigns.importing import files, job
from campaigns.importing.files import absolute
from campaigns.models import Contact, ContactList, Import, Membership
from campaigns.services import imports
from campaigns.tests.builders import MAYA, NOW, Cast, make_cast, number
from campaigns.tests.files import HEADER, again, confirm, csv_of, take_in, upload, work
from kernel.db.tenancy import tenant_context
from kernel.tables.errors import FileRefused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def counts(done: Import) -> tuple[int, int, int, int]:
    return done.added, done.already_listed, done.repeated, done.rejected


def test_a_file_becomes_a_list_of_people_with_attributes(cast: Cast) -> None:
    done = take_in(cast.tenant_id, csv_of(3))
    assert (done.state, counts(done)) == ("imported", (3, 0, 0, 0))
    with tenant_context(cast.tenant_id):
        people = ContactList.objects.get()
        assert (people.name, people.size, people.columns) == ("Customers", 3, ["Order"])
        contact = Contact.objects.get(phone=number(2))
        assert (contact.name, contact.attributes) == ("Person 2", {"Order": "A2"})


def test_the_preview_says_what_was_understood(cast: Cast) -> None:
    rows = f"{number(1)};Zoë;1\n{number(1)};Ann;2\n+447700900123;Bob;3\n080 2345 6789;Cy;4"
    found = upload(cast.tenant_id, f"Customer name;Phone;Order\n{rows}".encode("cp1252"))
    assert found.state == "mapping"
    found = upload(cast.tenant_id, f"Phone;Customer name;Order\n{rows}".encode("cp1252"))
    assert (found.encoding, found.delimiter, found.mapping) == ("cp1252", ";", ["phone", "name", "keep"])
    numbers = found.survey["numbers"]
    assert numbers["countries"] == {"IN": 2, "GB": 1}
    assert (numbers["rows"], numbers["repeated"], numbers["reasons"]) == (4, 1, {"FIXED_LINE": 1})
    assert found.survey["preview"][0] == [number(1), "Zoë", "1"]


@pytest.mark.parametrize(
    ("encoding", "detected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_every_usual_encoding_is_read(cast: Cast, encoding: str, detected: str) -> None:
    done = take_in(cast.tenant_id, f"Mobile,Name\n{number(1)},Zoë Müller\n".encode(encoding))
    assert (done.encoding, done.added) == (detected, 1)
    with tenant_context(cast.tenant_id):
        assert Contact.objects.get().name == "Zoë Müller"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_delimiter_is_found(cast: Cast, delimiter: str) -> None:
    text = "\n".join(delimiter.join(cells) for cells in (["Mobile", "Name"], [number(1), "A"], [number(2), "B"]))
    done = take_in(cast.tenant_id, text.encode())
    assert (done.delimiter, done.added) == (delimiter, 2)


def test_a_file_of_numbers_alone_needs_no_header(cast: Cast) -> None:
    done = take_in(cast.tenant_id, f"{number(1)}\n{number(2)}\n".encode())
    assert (done.has_header, done.columns, done.added) == (False, ["Column 1"], 2)


BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty_file"),
    "blank": (b"\xef\xbb\xbf \r\n\r\n", "empty_file"),
    "header alone": (HEADER.encode(), "no_rows"),
    "workbook": (b"PK\x03\x04 whatever", "not_csv"),
    "pdf": (b"%PDF-1.7 whatever", "not_csv"),
    "nul byte": (f"{HEADER}\n{number(1)},A\0B,x\n".encode(), "nul_byte"),
    "neither encoding": (f"{HEADER}\n{number(1)},".encode() + b"\xff\x81,x\n", "encoding_unknown"),
    "broken utf-8": (b"\xef\xbb\xbf" + f"{HEADER}\n{number(1)},".encode() + b"\xff,x\n", "encoding_broken"),
    "open quote": (f'{HEADER}\n{number(1)},"never closed,x\n'.encode(), "quote_not_closed"),
    "200 columns": (",".join(f"c{n}" for n in range(200)).encode() + b"\n" + b"1," * 199 + b"1", "too_many_columns"),
    "rounded numbers": (f"{HEADER}\n9.19877E+11,A,x\n{number(1)},B,y\n".encode(), "precision_lost"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_with_its_remedy_and_nothing_is_written(cast: Cast, name: str) -> None:
    content, code = BAD_FILES[name]
    refused = upload(cast.tenant_id, content)
    problem = refused.problem or {}
    assert (refused.state, problem.get("code")) == ("refused", code)
    assert len(problem["detail"]) > 15
    assert len(problem["remedy"]) > 20
    with tenant_context(cast.tenant_id):
        assert not Contact.objects.exists()
        assert not ContactList.objects.exists()


def test_a_line_of_50_megabytes_is_refused_without_reading_it_into_memory(cast: Cast) -> None:
    refused = upload(cast.tenant_id, (b"9" * 1_000_000 for _ in range(50)))
    assert (refused.problem or {})["code"] == "record_too_long"
    assert refused.size_octets == 50_000_000


def test_a_file_that_is_too_large_leaves_nothing_behind(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "store", replace(files.UPLOADS, max_octets=1000).store)
    with pytest.raises(FileRefused, match="larger"):
        upload(cast.tenant_id, (b"x" * 400 for _ in range(3)))
    assert [path for path in absolute("imports").rglob("*") if path.is_file()] == []


def test_without_a_column_of_numbers_it_asks_for_one(cast: Cast) -> None:
    found = upload(cast.tenant_id, b"City,Colour\nPune,red\n")
    assert (found.state, found.mapping) == ("mapping", ["keep", "keep"])
    with pytest.raises(MappingProblem, match="phone numbers"):
        confirm(found)
    refused = work(cast.tenant_id, confirm(found, mapping=["phone", "keep"]).id)
    assert (refused.problem or {})["code"] == "no_usable_number"
    with tenant_context(cast.tenant_id):
        assert not ContactList.objects.exists()


def test_two_columns_cannot_both_be_the_number(cast: Cast) -> None:
    found = upload(cast.tenant_id, csv_of(1))
    with pytest.raises(MappingProblem, match="Two columns"):
        confirm(found, mapping=["phone", "phone", "keep"])


def test_every_row_is_counted_once_and_bad_ones_are_explained(cast: Cast) -> None:
    take_in(cast.tenant_id, csv_of(2))
    rows = [
        f"{number(0)},Old,1",
        f"{number(0)},Old again,1",
        f"{number(5)},New,2",
        f"{number(5)},New again,3",
        "080 2345 6789,Landline,4",
        ",No number,5",
        f"{number(6)},Too,many,cells,here",
        f'{number(7)},"bro"ken,6',
        "6591234567,Singapore,7",
        "",
        ",,",
    ]
    with tenant_context(cast.tenant_id):
        people = ContactList.objects.get()
    done = take_in(cast.tenant_id, "\n".join([HEADER, *rows]).encode(), list_id=people.id)
    assert counts(done) == (1, 1, 2, 5)
    assert done.reasons == {"FIXED_LINE": 2, "EMPTY": 1, "too_many_cells": 1, "quotes_broken": 1}
    with absolute(done.rejects_path).open(encoding="utf-8-sig", newline="") as file:
        rejects = list(csv.reader(file))
    assert rejects[0][:4] == ["row", "code", "reason", "what to do"]
    assert [row[0] for row in rejects[1:]] == ["6", "7", "8", "9", "10"]
    assert "Did you mean +6591234567?" in rejects[5][3]
    assert rejects[1][4:] == ["080 2345 6789", "Landline", "4"]


def test_cells_of_the_rejects_file_are_no_formulas(cast: Cast) -> None:
    done = take_in(cast.tenant_id, f"{HEADER}\n=cmd|' /C calc'!A0,@x,-1\n{number(1)},A,1\n".encode())
    text = absolute(done.rejects_path).read_text(encoding="utf-8-sig")
    row = list(csv.reader(io.StringIO(text)))[1]
    assert [cell[0] for cell in row[4:]] == ["'", "'", "'"]


def test_the_same_file_is_told_before_anything_is_written(cast: Cast) -> None:
    take_in(cast.tenant_id, csv_of(2))
    second = upload(cast.tenant_id, csv_of(2), name="Other")
    with pytest.raises(SameFile, match="Customers"):
        confirm(second)
    with tenant_context(cast.tenant_id):
        assert ContactList.objects.count() == 1
    done = work(cast.tenant_id, confirm(second, is_repeat_meant=True).id)
    assert (done.added, done.list_name) == (2, "Other")


def test_a_killed_worker_s_import_goes_on_where_its_last_commit_was(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "STRETCH", 4)
    bad = b"\nnonsense,X,1"
    found = upload(cast.tenant_id, csv_of(6) + bad + csv_of(6, start=3)[len(HEADER) :] + bad)
    confirm(found)
    stretches = job._stretches

    def dying(*arguments: Any) -> Any:
        for index, stretch in enumerate(stretches(*arguments)):
            if index == 2:
                raise KeyboardInterrupt
            yield stretch

    with monkeypatch.context() as patch:
        patch.setattr(job, "_stretches", dying)
        with pytest.raises(KeyboardInterrupt):
            work(cast.tenant_id, found.id)
    # Rejects that were written but never committed are cut off.
    with absolute(again(cast.tenant_id, found.id).rejects_path).open("ab") as file:
        file.write(b"half a row of a dead worker")
    assert again(cast.tenant_id, found.id).position == 9
    done = work(cast.tenant_id, found.id)
    assert (done.state, counts(done)) == ("imported", (9, 0, 3, 2))
    text = absolute(done.rejects_path).read_text(encoding="utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(text))] == ["row", "8", "15"]
    with tenant_context(cast.tenant_id):
        assert Membership.objects.count() == ContactList.objects.get().size == 9


def test_two_workers_on_one_file_write_each_row_once(cast: Cast) -> None:
    found = confirm(upload(cast.tenant_id, csv_of(3)))
    work(cast.tenant_id, found.id)
    with tenant_context(cast.tenant_id):
        reached = imports.Progress(4, 10)
        arguments: dict[str, Any] = {"people": [], "rejects": [], "reached": reached, "now": NOW}
        assert not imports.write_stretch(import_id=found.id, expected_position=0, **arguments)
        assert not imports.finish(import_id=found.id, now=NOW)


def test_an_import_that_lost_its_worker_is_found_once(cast: Cast) -> None:
    found = confirm(upload(cast.tenant_id, csv_of(3)))
    assert imports.forgotten(now=NOW) == []
    later = NOW + timedelta(seconds=61)
    assert imports.forgotten(now=later) == [(cast.tenant_id, found.id)]
    assert imports.forgotten(now=later) == []


def test_a_wrong_guess_is_read_again_as_somebody_says(cast: Cast) -> None:
    found = upload(cast.tenant_id, f"{number(1)}|A;B\n{number(2)}|C;D\n".encode())
    with tenant_context(cast.tenant_id):
        imports.read_again(import_id=found.id, region="IN", encoding="cp1252", delimiter="|", has_header=False, now=NOW)
    read = work(cast.tenant_id, found.id)
    assert (read.encoding, read.delimiter, read.mapping) == ("cp1252", "|", ["phone", "keep"])


def test_a_deleted_file_ends_its_import_with_words(cast: Cast) -> None:
    found = confirm(upload(cast.tenant_id, csv_of(3)))
    absolute(found.path).unlink()
    assert (work(cast.tenant_id, found.id).problem or {})["code"] == "file_deleted"


def test_files_and_shown_cells_are_forgotten_after_seven_days(cast: Cast) -> None:
    done = take_in(cast.tenant_id, csv_of(1) + b"\nnonsense,x,y")
    assert imports.forget_old(now=NOW + timedelta(days=6)) == 0
    assert len(again(cast.tenant_id, done.id).samples) == 1
    assert imports.forget_old(now=NOW + timedelta(days=8)) == 2
    left = again(cast.tenant_id, done.id)
    assert (absolute(done.path).exists(), left.path, left.samples, left.survey) == (False, "", [], {})
    assert (left.added, left.rejected, left.reasons) == (1, 1, {"HAS_LETTERS": 1})


def test_a_cancelled_import_stays_cancelled(cast: Cast) -> None:
    found = upload(cast.tenant_id, csv_of(1))
    with tenant_context(cast.tenant_id):
        imports.cancel(import_id=found.id, now=NOW)
    with pytest.raises(OutOfOrder):
        confirm(found)


def test_another_tenant_cannot_touch_an_import_or_fill_a_foreign_list(cast: Cast) -> None:
    done = take_in(cast.tenant_id, csv_of(1))
    with tenant_context(uuid4()):
        with pytest.raises(NotFound):
            imports.cancel(import_id=done.id, now=NOW)
        assert done.contact_list_id is not None
        target = imports.Target(list_id=done.contact_list_id)
        with pytest.raises(NotFound):
            imports.receive_file(chunks=[b"x"], filename="x", target=target, region="IN", actor=MAYA, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_hundred_thousand_rows_take_little_memory() -> None:
    cast = make_cast()
    found = confirm(upload(cast.tenant_id, csv_of(100_000)))
    tracemalloc.start()
    done = work(cast.tenant_id, found.id)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.added == 100_000
    assert peak < 40 * 1024 * 1024
