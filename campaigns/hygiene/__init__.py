"""How good a list is, and which of its numbers are dead (docs/rules.md#list-hygiene)."""
