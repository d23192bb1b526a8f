"""One text against the 5,000 approved templates of one sender: how long until its template is found, or named nearest.

    make bench-template-match       TEMPLATES=5000 TEXTS=20000 SEED=1 by default

No database and no processes: the shelf of templates as the rules keep it in memory. Families are like those of real
registers: hundreds that begin alike, many that begin or end with a variable, permutations of the same sentences,
copies that differ in one word, in Indian scripts too, and short ones made to be tried for every text. Misses are texts
with one fixed character changed; their time includes the nearest template and the first difference. `p99_cpu_us` is
the thread's own time, without what a busy machine adds.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations, product
from typing import Any, Final
from uuid import UUID

TEMPLATES: Final = int(os.environ.get("TEMPLATES", "5000"))
TEXTS: Final = int(os.environ.get("TEXTS", "20000"))
SEED: Final = int(os.environ.get("SEED", "1"))
REACH_US: Final = 200
VALUES: Final = {
    "var": ("Asha", "Mohammed Irfan", "A1", "SBI Card ending 4821", "रवि कुमार", "12,499.50", "25-Nov-26 10:15"),
    "numeric": ("7", "482913", "110042"),
    "alphanumeric": ("ORD 77812", "XX4821"),
    "url": ("https://acme.in/o?c=Z9x", "acme.in/t/88"),
}
VERBS: Final = ("confirmed", "packed", "shipped", "delayed", "delivered", "returned", "cancelled", "refunded", "billed")
GOODS: Final = ("order", "ticket", "policy", "loan", "parcel", "card", "recharge", "booking", "claim", "invoice")
PLACES: Final = ("Pune", "Delhi", "Kochi", "Surat", "Indore", "Nagpur", "Mumbai", "Jaipur", "Patna", "Ranchi", "Agra")
HINDI: Final = ("ऑर्डर", "टिकट", "पॉलिसी", "बिल", "पार्सल", "कार्ड", "बुकिंग", "दावा", "किस्त", "खाता")
SENTENCES: Final = (
    " Track it in the app. ",
    " Do not share this with anyone. ",
    " Call us for help. ",
    " Keep this message for your records. ",
    " Terms apply. ",
    " Thank you for shopping with us. ",
)


def families() -> Sequence[Callable[[], Iterator[str]]]:
    return (alike, opened, shuffled, one_word, hindi, terse)


def alike() -> Iterator[str]:
    for number, (goods, verb, place) in enumerate(product(GOODS, VERBS, PLACES)):
        yield f"Dear {{#var#}}, your {goods} {{#alphanumeric#}} was {verb} at {place} on {{#var#}}. Rule {number} -ACME"


def opened() -> Iterator[str]:
    for goods, verb, place in product(GOODS, VERBS, PLACES):
        yield f"{{#var#}} for {goods} at {place} {verb}: {{#numeric#}} is due, see {{#url#}} or ask {{#var#}}"


def shuffled() -> Iterator[str]:
    for order in permutations(SENTENCES):
        yield "Hello {#var#}." + "{#numeric#}".join(order).strip() + " -ACME"


def one_word() -> Iterator[str]:
    for number in range(1_000):
        place, goods = PLACES[number % 11], GOODS[number % 10]
        yield (
            f"{{#numeric#}} is the OTP for your {goods} at branch {number:03} in {place}. Valid for {{#numeric#}} "
            "minutes. Do not share it with anyone, ACME never calls to ask for it. -ACME"
        )


def hindi() -> Iterator[str]:
    for number, (goods, place) in enumerate(product(HINDI, PLACES)):
        for part in range(8):
            yield f"प्रिय {{#var#}}, आपका {goods} {{#alphanumeric#}} {place} शाखा {number}-{part} में तैयार है। -ACME"


def terse() -> Iterator[str]:
    for first, second in product("abcdefghijklmnopqrst", repeat=2):
        yield f"{{#var#}} {first}{second} {{#var#}}"


def bodies() -> list[str]:
    """The first templates of the families in turn, so that every size has all kinds."""
    running = [family() for family in families()]
    found: list[str] = []
    while running and len(found) < TEMPLATES:
        for family in list(running):
            body = next(family, None)
            if body is None:
                running.remove(family)
            else:
                found.append(body)
    copies = (f"{body} Ref {number}" for number, body in enumerate(list(found) * (TEMPLATES // len(found) + 1)))
    while len(found) < TEMPLATES:
        found.append(next(copies))
    return found[:TEMPLATES]


def make_shelf() -> Any:
    from compliance.rules.content import Shelf
    from compliance.rules.facts import TemplateFacts
    from compliance.tags import variables_of

    facts = [
        TemplateFacts(
            id=UUID(int=number),
            label=f"T{number}",
            body=body,
            category="S",
            is_otp=False,
            state="approved",
            header="ACMEIN",
            variables=variables_of(body),
            registrations={},
        )
        for number, body in enumerate(bodies(), 1)
    ]
    return Shelf(sorted(facts, key=lambda each: (-each.compiled.fixed, each.id)))


def texts(shelf: Any, chance: random.Random) -> Iterator[tuple[str, str]]:
    """A text of a template, and the same with one fixed character changed."""
    for _ in range(TEXTS):
        compiled = chance.choice(shelf.templates).compiled
        values = [chance.choice(VALUES[variable.type.value]) for variable in compiled.variables]
        piece = chance.choice([number for number, piece in enumerate(compiled.pieces) if piece])
        place = chance.randrange(len(compiled.pieces[piece]))
        spoilt = list(compiled.pieces)
        spoilt[piece] = spoilt[piece][:place] + "#" + spoilt[piece][place + 1 :]
        yield compiled.render(values), _joined(spoilt, values)


def _joined(pieces: Sequence[str], values: Sequence[str]) -> str:
    return pieces[0] + "".join(value + piece for value, piece in zip(values, pieces[1:], strict=True))


def timed(work: Callable[[str], object], given: Sequence[str], clock: Callable[[], int]) -> list[float]:
    """Microseconds of each call, sorted."""
    taken = []
    for text in given:
        began = clock()
        work(text)
        taken.append((clock() - began) / 1000)
    return sorted(taken)


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    began = time.perf_counter()
    shelf = make_shelf()
    compiled_s = time.perf_counter() - began
    tracemalloc.start()
    began = time.perf_counter()
    shelf.find("warm"), shelf.nearest("warm")
    indexed_s = time.perf_counter() - began
    memory = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    pairs = list(texts(shelf, random.Random(SEED)))
    hits = [text for text, _ in pairs if shelf.find(text) is not None]
    misses = [text for _, text in pairs if shelf.find(text) is None]
    gc.collect()
    gc.freeze()
    wall, own = time.perf_counter_ns, time.thread_time_ns
    found, busy = timed(shelf.find, hits, wall), timed(shelf.find, hits, own)
    missed = timed(lambda text: shelf.nearest(text).compiled.mismatch(text), misses, wall)
    p99_us = found[int(len(found) * 0.99)]
    result = {
        "bench": "template-match",
        "p99_us": p99_us,
        "p99_cpu_us": busy[int(len(busy) * 0.99)],
        "p50_us": found[len(found) // 2],
        "max_us": found[-1],
        "p99_miss_us": missed[int(len(missed) * 0.99)],
        "p50_miss_us": missed[len(missed) // 2],
        "templates": len(shelf.templates),
        "hits": len(hits),
        "misses": len(misses),
        "compiled_s": round(compiled_s, 2),
        "indexed_s": round(indexed_s, 2),
        "index_mb": round(memory[0] / 1e6, 1),
        "index_peak_mb": round(memory[1] / 1e6, 1),
        "python": platform.python_version(),
    }
    print(json.dumps(result))
    is_within = len(hits) == len(pairs) and (len(shelf.templates) > 5000 or p99_us < REACH_US)
    sys.exit(0 if is_within else 1)


if __name__ == "__main__":
    main()
