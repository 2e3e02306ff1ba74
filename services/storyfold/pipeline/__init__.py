"""Pipeline: the stages as sequences of port calls and pure decisions."""
