"""Edges: the adapters of the ports; all I/O stands here."""
