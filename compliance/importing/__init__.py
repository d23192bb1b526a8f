"""From a registration portal's export to the register and back: recognised, judged row by row, compared, applied."""
