"""What people want: how they say so (keywords, links, registers), and who hears it."""
