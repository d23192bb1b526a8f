"""What routing refuses, in words for the platform's staff."""

from __future__ import annotations

from kernel.domain.errors import DomainError


class UnknownProvider(DomainError):
    def __init__(self, kind: str, known: list[str]) -> None:
        super().__init__(
            "unknown_provider",
            f"No provider of the kind {kind!r} is installed.",
            f"Use one of {', '.join(known)}, or install the package that brings it.",
            kind=kind,
        )


class RouteNameTaken(DomainError):
    def __init__(self, name: str) -> None:
        super().__init__(
            "route_name_taken", f"Another route is called {name!r}.", "Choose a different name.", field="name"
        )


class SecretsUnreadable(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "secrets_unreadable",
            "The route's secrets were encrypted with a key this installation does not have.",
            "Add the old key behind the first one in SECRETS_KEYS, or enter the secrets again.",
        )


class RouteConfigProblem(DomainError):
    """A provider cannot work with these settings; `detail` names the setting."""

    def __init__(self, detail: str, **context: object) -> None:
        super().__init__("route_settings", detail, "Correct the route's settings in the platform console.", **context)


class PlanProblem(DomainError):
    def __init__(self, detail: str, remedy: str, **context: object) -> None:
        super().__init__("plan_invalid", detail, remedy, **context)


class ChangedMeanwhile(DomainError):
    """Somebody saved between reading and saving."""

    def __init__(self, what: str, who: str, current: int) -> None:
        super().__init__(
            "changed_meanwhile",
            f"{who or 'Somebody'} changed {what} while you were at it: it is version {current} now.",
            "Nothing of yours is lost: look at what changed, then save again to put yours in its place.",
            current=current,
        )


class NoSuchVersion(DomainError):
    def __init__(self, number: int) -> None:
        super().__init__("no_such_version", f"There is no version {number}.", "Choose one of the history.")


class UnknownLookup(DomainError):
    def __init__(self, kind: str, known: list[str]) -> None:
        super().__init__(
            "unknown_lookup",
            f"No look-up of the kind {kind!r} is installed.",
            f"Use one of {', '.join(known)}, or install the package that brings it.",
            kind=kind,
        )


class LookupConfigProblem(DomainError):
    """A look-up cannot work with these settings; `detail` names the setting."""

    def __init__(self, detail: str, **context: object) -> None:
        super().__init__(
            "lookup_settings", detail, "Correct the look-up's settings in the platform console.", **context
        )


class LookupNameTaken(DomainError):
    def __init__(self, name: str) -> None:
        super().__init__(
            "lookup_name_taken", f"Another look-up is called {name!r}.", "Choose a different name.", field="name"
        )
