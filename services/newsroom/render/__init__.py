"""How the press looks: feeds and article pages as text."""
