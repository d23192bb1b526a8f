"""Refusals of this room, each with what to do about it."""

from __future__ import annotations

from kernel.domain.errors import DomainError


class LastOwner(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "last_owner",
            "This is the only owner: without one nobody could manage members or money.",
            "Make somebody else an owner first.",
        )


class AlreadyMember(DomainError):
    def __init__(self, email: str) -> None:
        super().__init__(
            "already_member", f"{email} is a member already.", "Change the role in the list of members instead."
        )


class InvitationUnusable(DomainError):
    """`code` says why: invitation_unknown, invitation_expired, invitation_used or invitation_withdrawn."""

    DETAILS = {
        "invitation_unknown": "This link is incomplete, or a newer invitation has replaced it.",
        "invitation_expired": "This invitation has expired.",
        "invitation_used": "This invitation has been used already.",
        "invitation_withdrawn": "This invitation has been withdrawn.",
    }
    REMEDIES = {
        "invitation_unknown": "Open the link of the newest invitation mail, or ask for another one.",
        "invitation_used": "Sign in with your e-mail address and password.",
    }

    def __init__(self, code: str) -> None:
        remedy = self.REMEDIES.get(code, "Ask an owner of the organisation to invite you again.")
        super().__init__(code, self.DETAILS[code], remedy)


class AccountNeeded(DomainError):
    def __init__(self, email: str) -> None:
        super().__init__(
            "sign_in_needed",
            f"There is an account for {email} already.",
            f"Sign in as {email}, then open the link of the invitation again.",
        )


class EmailTaken(DomainError):
    def __init__(self, email: str) -> None:
        super().__init__(
            "email_taken", f"There is a user with the address {email} already.", "Use that user, or another address."
        )


class SlugTaken(DomainError):
    def __init__(self, slug: str) -> None:
        super().__init__("slug_taken", f"The short name {slug} belongs to another organisation.", "Choose another one.")
