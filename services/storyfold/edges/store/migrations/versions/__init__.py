"""The revisions, numbered in the order they are run."""
