"""Events: features, the window, folding, an event's life; pure."""
