"""Hosts: robots.txt and politeness slots, as pure decisions."""
