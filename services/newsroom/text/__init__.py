"""How the press writes: the template grammar, the phrase banks, invented places, and the writers."""
