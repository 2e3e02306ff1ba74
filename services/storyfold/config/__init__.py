"""Config: settings from TOML and the environment."""
