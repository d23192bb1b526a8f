"""Asking somebody who knows whether a number lives and who serves it now (docs/adding-a-lookup.md)."""
