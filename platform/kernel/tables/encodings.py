"""Which encoding a file is in, decided on all of its octets, so that no surprise waits in the last row."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from kernel.tables.errors import FileRefused

BLOCK: Final = 1024 * 1024
UTF8, UTF8_BOM, UTF16, UTF16_LE, UTF16_BE, CP1252 = "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"
LABELS: Final = {
    UTF8: "UTF-8",
    UTF8_BOM: "UTF-8 with a byte order mark",
    UTF16: "UTF-16",
    UTF16_LE: "UTF-16, little-endian",
    UTF16_BE: "UTF-16, big-endian",
    CP1252: "Windows-1252 (Western European)",
}
AS_CSV: Final = (
    "In the spreadsheet program choose “Save as” and the type “CSV UTF-8 (comma delimited)”, then upload that."
)
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SAMPLE: Final = 4096
# Octets that Windows-1252 leaves undefined; Python's codec refuses them too, and names no better guess.
_UNDEFINED: Final = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))


def detect_encoding(path: Path) -> str:
    """A Python codec that reads the whole file.

    Raises:
        FileRefused: `empty_file`, `not_csv`, `encoding_broken` or `encoding_unknown`.
    """
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        _check_not_empty(path)
    if head.startswith(_WORKBOOKS):
        raise FileRefused("not_csv", "This is an Excel workbook, not a CSV file.", AS_CSV)
    if head.startswith(b"%PDF"):
        raise FileRefused("not_csv", "This is a PDF document, not a CSV file.", AS_CSV)
    if declared := _declared(head):
        position = _first_fault(path, declared)
        if position is None:
            return declared
        raise FileRefused(
            "encoding_broken",
            f"The file begins like {LABELS[declared]}, but what stands near octet {position + 1} is not.",
            f"The file was damaged, or put together from several. {AS_CSV}",
        )
    if _first_fault(path, UTF8) is None:
        return UTF8
    undefined = _first_of(path, _UNDEFINED)
    if undefined is None:
        return CP1252
    raise FileRefused(
        "encoding_unknown",
        f"The file is neither UTF-8 nor Windows-1252: octet {undefined + 1} belongs to neither.",
        AS_CSV,
    )


def _declared(head: bytes) -> str | None:
    if head.startswith(codecs.BOM_UTF8):
        return UTF8_BOM
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return UTF16
    # Without a mark, Latin text in UTF-16 has a NUL in every second place.
    half = max(len(head) // 2, 1)
    if head[1::2].count(0) > half * 0.4:
        return UTF16_LE
    return UTF16_BE if head[0::2].count(0) > half * 0.4 else None


def _check_not_empty(path: Path) -> None:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if block.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
                return
    raise FileRefused("empty_file", "The file is empty.", "Export it again; it needs one row for each record.")


def _first_fault(path: Path, encoding: str) -> int | None:
    """About where the file stops being text in this encoding; None when all of it is."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as fault:
                return done + fault.start
            done += len(block)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return done - 1
    return None


def _first_of(path: Path, octets: bytes) -> int | None:
    done = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            places = [place for octet in octets if (place := block.find(octet)) >= 0]
            if places:
                return done + min(places)
            done += len(block)
    return None
