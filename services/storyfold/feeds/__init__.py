"""Feeds: parsing, entry identity, scheduling, lists of feeds; pure."""
