"""storyfold: feeds in, events out."""
