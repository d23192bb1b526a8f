"""Texts that people send back: whose they are, what they ask for, and where they are kept (docs/rules.md#replies)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Count

from audit.services import Actor
from compliance.consent.keywords import Reading, Wish, read_reply
from compliance.consent.statuses import STANDING, ConsentAction, ConsentSource
from compliance.identifiers import bare_header
from compliance.models import ConsentEvent, Sender
from compliance.services.consent import Proof, record_consent
from compliance.services.opt_outs import opt_out, start_again
from compliance.statuses import OptOutSource, ReviewState, SenderKind
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.ids import uuid7_floor
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import NumberRefused, normalise
from messaging.models import InboundMessage, Message, UnmatchedInbound

log: Final = logging.getLogger(__name__)

# Of several tenants with one sender, the one that wrote to the person last, within so long, is answered.
ANSWERS_FOR: Final = timedelta(days=30)
# Texts of one number to one tenant that are kept in an hour; STOP counts beyond that too, START does not.
AN_HOUR: Final = timedelta(hours=1)
MOST_AN_HOUR: Final = 60
UNMATCHED_KEPT: Final = 5_000
_LONGEST_TEXT: Final = 1_000
_LONGEST_ADDRESS: Final = 21
_COUNTRY_AND_NUMBER: Final = 11
_PERSON: Final = Actor(None, "The recipient, by SMS")
# Numbers that are only answered to: people who write there mean what was sent in another name.
_NUMBERS: Final = frozenset((SenderKind.SHORT, SenderKind.LONG))


class Heard(NamedTuple):
    """A text as it came: both addresses as the operator writes them."""

    route_id: int
    source: str
    destination: str
    text: str


class _Owner(NamedTuple):
    """A tenant's sender that a text may be about."""

    tenant_id: UUID
    header: str
    kind: str


class _Letter(NamedTuple):
    """A readable text; `recipient` None when the handset's address is no mobile number."""

    heard: Heard
    number: str
    recipient: E164 | None
    reading: Reading | None


class _Addressed(NamedTuple):
    """`sender` is what a STOP is about, None for all of the tenant's."""

    letter: _Letter
    header: str
    sender: str | None


def keep_messages(heard: Sequence[Heard], *, now: datetime) -> None:
    """Store what came and do what it asks for; whoever returns from here may acknowledge all of it.

    A repetition by the operator is stored again, and asks for nothing new.
    """
    letters = [_letter(each) for each in heard]
    theirs: dict[UUID, list[_Addressed]] = {}
    unmatched = []
    with platform_context(reason="whose are texts that people sent"):
        owners = _owners(letters)
        for letter in letters:
            found = _addressed(letter, owners, now)
            if found is None:
                unmatched.append(letter)
            else:
                theirs.setdefault(found[0], []).append(found[1])
        if unmatched:
            _keep_unmatched(unmatched, now)
    for tenant_id, members in theirs.items():
        _keep_of(tenant_id, members, now)


def _letter(heard: Heard) -> _Letter:
    digits = "".join(char for char in heard.source if char.isdigit() and char.isascii())
    # Operators write no plus; what has a country code is as long as one with a number.
    parsed = normalise(f"+{digits}" if len(digits) >= _COUNTRY_AND_NUMBER else digits)
    recipient = None if isinstance(parsed, NumberRefused) else parsed
    text = _printable(heard.text)[:_LONGEST_TEXT]
    clean = Heard(heard.route_id, _address(heard.source), _address(heard.destination), text)
    return _Letter(clean, recipient or clean.source, recipient, read_reply(text))


def _printable(text: str) -> str:
    """Without what no person typed: control characters of C0 and C1 but line ends, and halves of pairs."""
    kept = [char for char in text if char == "\n" or not ("\0" <= char < " " or "\x7f" <= char < "\xa0")]
    return "".join(kept).encode("utf-8", "ignore").decode("utf-8")


def _address(text: str) -> str:
    return _printable(text).strip()[:_LONGEST_ADDRESS]


def _names(destination: str) -> set[str]:
    """What the tenant's sender may be called that a person wrote to."""
    return {destination, destination.removeprefix("+"), bare_header(destination)}


def _owners(letters: Iterable[_Letter]) -> dict[str, list[_Owner]]:
    """Approved senders by name, of all that these texts are addressed to or name; a draft claims no one's replies."""
    wanted = {name for each in letters for name in _names(each.heard.destination)}
    wanted |= {each.reading.about for each in letters if each.reading and each.reading.about}
    found: dict[str, list[_Owner]] = {}
    rows = Sender.objects.filter(header__in=wanted, state=ReviewState.APPROVED)
    for tenant_id, header, kind in rows.values_list("tenant_id", "header", "kind"):
        found.setdefault(header, []).append(_Owner(tenant_id, header, kind))
    return found


def _addressed(letter: _Letter, owners: dict[str, list[_Owner]], now: datetime) -> tuple[UUID, _Addressed] | None:
    """The tenant that a text is for, and the sender it is about."""
    to = [owner for name in _names(letter.heard.destination) for owner in owners.get(name, ())]
    about = owners.get(letter.reading.about, []) if letter.reading and letter.reading.about else []
    tenants = {owner.tenant_id for owner in to}
    named = [owner for owner in about if not tenants or owner.tenant_id in tenants]
    if len({owner.tenant_id for owner in named}) == 1:
        return named[0].tenant_id, _Addressed(letter, named[0].header, named[0].header)
    if not to:
        return None
    last = _last_sent(letter, to, now) if len(to) > 1 or to[0].kind in _NUMBERS else None
    if last is not None:
        return last[0], _Addressed(letter, last[1], last[1])
    if len(tenants) > 1:
        return None
    owner = to[0]
    return owner.tenant_id, _Addressed(letter, owner.header, None if owner.kind in _NUMBERS else owner.header)


def _last_sent(letter: _Letter, owners: Sequence[_Owner], now: datetime) -> tuple[UUID, str] | None:
    """(tenant, sender) of the latest message that this person had from one of these senders."""
    if letter.recipient is None:
        return None
    found: tuple[UUID, str] | None = (
        Message.objects.filter(
            tenant_id__in={owner.tenant_id for owner in owners},
            sender__in={owner.header for owner in owners},
            recipient=letter.recipient,
            id__gte=uuid7_floor(now - ANSWERS_FOR),
        )
        .order_by("-id")
        .values_list("tenant_id", "sender")
        .first()
    )
    return found


def _keep_unmatched(letters: Sequence[_Letter], now: datetime) -> None:
    UnmatchedInbound.objects.bulk_create(
        UnmatchedInbound(
            route_id=each.heard.route_id,
            number=each.number,
            destination=each.heard.destination,
            text=each.heard.text,
            received_at=now,
        )
        for each in letters
    )
    newest = UnmatchedInbound.objects.order_by("-pk").values_list("pk", flat=True)
    last = newest[UNMATCHED_KEPT : UNMATCHED_KEPT + 1].first()
    if last is not None:
        UnmatchedInbound.objects.filter(pk__lte=last).delete()
    log.warning("%s inbound messages belong to no sender, or to several tenants' one", len(letters))


def _keep_of(tenant_id: UUID, members: Sequence[_Addressed], now: datetime) -> None:
    with tenant_context(tenant_id):
        room = _room(members, now)
        rows = []
        for each in members:
            number = each.letter.number
            room[number] -= 1
            if each.letter.reading is None and room[number] >= 0:
                rows.append(_row(each, now))
        InboundMessage.objects.bulk_create(rows)
    heeded: set[tuple[str, Reading, str | None]] = set()
    for each in members:
        reading, recipient = each.letter.reading, each.letter.recipient
        if reading is None:
            continue
        is_crowded = room[each.letter.number] < 0
        key = (each.letter.number, reading, each.sender)
        is_new = key not in heeded
        heeded.add(key)
        # A transaction for each: two dispatchers with wishes of the same people must not wait for each other.
        with tenant_context(tenant_id):
            if not is_crowded:
                _row(each, now).save(force_insert=True)
            if recipient is not None and is_new and not (is_crowded and reading.wish is Wish.START):
                _heed(each, recipient, reading, now)


def _room(members: Sequence[_Addressed], now: datetime) -> dict[str, int]:
    """How many more texts of each number are kept in this hour."""
    numbers = {each.letter.number for each in members}
    since = uuid7_floor(now - AN_HOUR)
    found = InboundMessage.objects.filter(number__in=numbers, id__gte=since).values("number").annotate(n=Count("pk"))
    had = {row["number"]: row["n"] for row in found}
    return {number: MOST_AN_HOUR - had.get(number, 0) for number in numbers}


def _row(each: _Addressed, now: datetime) -> InboundMessage:
    letter = each.letter
    return InboundMessage(
        route_id=letter.heard.route_id,
        number=letter.number,
        destination=letter.heard.destination,
        sender=each.header,
        text=letter.heard.text,
        wish=letter.reading.wish if letter.reading and letter.recipient else "",
        received_at=now,
    )


def _heed(each: _Addressed, recipient: E164, reading: Reading, now: datetime) -> None:
    sender = None if reading.wish is Wish.STOP_ALL else each.sender
    words = f"Reply to {each.letter.heard.destination}: {each.letter.heard.text}"
    if reading.wish is not Wish.START:
        opt_out(recipient=recipient, sender=sender, source=OptOutSource.REPLY, evidence=words, actor=_PERSON, now=now)
    elif not start_again(recipient=recipient, sender=sender, words=words, actor=_PERSON, now=now):
        _note_consent(recipient, sender or "", words, now)


def _note_consent(recipient: E164, sender: str, words: str, now: datetime) -> None:
    """START of somebody who had not opted out: consent, in the person's own words; said again it changes nothing."""
    last = ConsentEvent.objects.filter(recipient=recipient, sender=sender, topic="").order_by("-id").first()
    if last is not None and last.action in STANDING and (last.valid_until is None or last.valid_until > now):
        return
    proof = Proof(ConsentSource.KEYWORD, now, evidence=words)
    record_consent(recipient=recipient, action=ConsentAction.GIVEN, proof=proof, actor=_PERSON, now=now, sender=sender)
