"""newsroom: a simulated press on loopback whose truth is known."""
