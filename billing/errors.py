from __future__ import annotations

from kernel.domain.errors import DomainError
from kernel.domain.money import format_money


class InsufficientCredit(DomainError):
    """The wallet cannot cover what was asked; nothing was written. `missing_micros` says by how much."""

    def __init__(self, *, needed_micros: int, available_micros: int, currency: str) -> None:
        missing = needed_micros - available_micros
        super().__init__(
            "insufficient_credit",
            f"This costs {format_money(needed_micros, currency)} and {format_money(available_micros, currency)} is "
            f"available: {format_money(missing, currency)} is missing.",
            f"Top up at least {format_money(missing, currency)}, or send fewer messages, then send again.",
            needed_micros=needed_micros,
            available_micros=available_micros,
            missing_micros=missing,
            currency=currency,
        )


class NoWallet(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "no_wallet",
            "This organisation has no wallet yet, so nothing can be sent.",
            "Ask the platform's operator to open one with a rate card.",
        )


class WalletExists(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "wallet_exists", "This organisation has a wallet already.", "Use the wallet there is; it may be topped up."
        )


class CurrencyDiffers(DomainError):
    def __init__(self, *, wallet: str, card: str) -> None:
        super().__init__(
            "currency_differs",
            f"The wallet is kept in {wallet}, the rate card in {card}.",
            f"Choose a rate card in {wallet}.",
        )


class KeyReused(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "idempotency_mismatch",
            "This idempotency key belongs to another top-up, of another amount.",
            "Use a new key for a new top-up; repeat the key only with the same amount.",
        )


class InvalidAmount(DomainError):
    def __init__(self) -> None:
        super().__init__("invalid_amount", "A top-up adds money to the balance.", "Give an amount above zero.")
