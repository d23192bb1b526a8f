"""From a file of unknown making to contacts: read within bounds, understood, checked, written in chunks."""
