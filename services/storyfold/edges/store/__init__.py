"""The store port over SQL: tables, one leaf of queries a concern, one adapter module a database."""
