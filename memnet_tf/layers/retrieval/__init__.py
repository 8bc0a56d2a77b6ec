"""Retrieval: the few slots of a large memory that are worth reading."""
