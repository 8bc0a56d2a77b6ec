"""One budget for every network of the zoo."""
