"""Chaos: storyfold's roles apart on two machines, with everything around them failing at random."""
