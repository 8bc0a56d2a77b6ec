"""Networks with a memory that they write, on copy and recall."""
