"""Frozen values that every layer speaks; imports nothing of storyfold."""
