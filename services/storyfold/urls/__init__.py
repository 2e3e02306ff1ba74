"""URLs: canonical form, registrable domain, what may be fetched."""
