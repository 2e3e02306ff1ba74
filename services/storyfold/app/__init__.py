"""App: the composition root, the only place that knows both sides."""
