"""The edges: what the world outside speaks, translated into calls of the rooms below."""
