"""Typed reading of the environment: every setting that may differ between installations comes through here.

A name `X` may be given as `X` or, for secrets mounted as files, as `X_FILE` holding a path. A value that cannot be
read stops the process with a sentence that names the variable, instead of a default nobody chose.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

TRUE: Final = frozenset({"1", "true", "yes", "on"})
FALSE: Final = frozenset({"0", "false", "no", "off", ""})


class EnvironmentProblem(RuntimeError):
    """A setting is missing or unreadable; the message names it and says what to write there."""


def load(path: Path) -> None:
    """Make the lines `NAME=value` of a file defaults of the environment; without the file nothing happens."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals:
            os.environ.setdefault(name.strip(), value.strip())


def text(name: str, default: str | None = None) -> str:
    """The value of `name`, of the file `name_FILE` points at, or `default`; without any of them, a problem."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as problem:
            raise EnvironmentProblem(
                f"{name}_FILE points at {file}, which cannot be read: {problem.strerror}"
            ) from problem
    value = os.environ.get(name)
    if value is not None:
        return value
    if default is None:
        raise EnvironmentProblem(f"{name} is not set: write it into the environment, or its path into {name}_FILE")
    return default


def boolean(name: str, *, default: bool) -> bool:
    value = text(name, "1" if default else "0").strip().lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise EnvironmentProblem(f"{name} is {value!r}: write 1 or 0")


def integer(name: str, default: int) -> int:
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise EnvironmentProblem(f"{name} is {value!r}: write a whole number") from None


def words(name: str, default: str | None = "") -> list[str]:
    """Comma-separated values, blanks around them dropped; without a default at least one has to be there."""
    found = [word for word in (part.strip() for part in text(name, default).split(",")) if word]
    if default is None and not found:
        raise EnvironmentProblem(f"{name} is empty: write at least one value")
    return found


def database(url: str) -> dict[str, object]:
    """Django's connection settings for a `postgresql://user:password@host:port/name` URL.

    A host that begins with a slash (percent-encoded in the URL) is the directory of a unix socket.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or len(parts.path) < 2:
        raise EnvironmentProblem("a database URL looks like postgresql://user:password@host:5432/name")
    # Not parts.hostname, which is in lower case: the directory of a socket may have capitals.
    host = parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}")
    return {
        "ENGINE": "kernel.db.backend",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host.strip("[]")),
        "PORT": str(parts.port or ""),
    }
