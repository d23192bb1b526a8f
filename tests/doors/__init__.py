"""Nothing that compliance refused reaches an operator, whichever door it came through."""
