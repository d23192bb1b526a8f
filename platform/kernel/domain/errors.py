"""The one family of errors that are meant for a person: what is wrong, why, and what to do about it."""

from __future__ import annotations


class DomainError(Exception):
    """A refusal that the caller can act on; the edges map it to HTTP, SMPP and SMTP answers.

    Args:
        code: public and documented, lower case with underscores; see `kernel.domain.catalogue`.
        detail: one sentence in plain words, safe to show to the tenant: no personal data of a recipient.
        remedy: what the caller can do, one sentence.
        context: values for machines (field, limit, position); never secrets.
    """

    def __init__(self, code: str, detail: str, remedy: str, **context: object) -> None:
        super().__init__(code, detail, remedy)
        self.code = code
        self.detail = detail
        self.remedy = remedy
        self.context = context

    def __str__(self) -> str:
        return self.detail
