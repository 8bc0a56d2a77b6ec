"""Training speed of every network of the zoo."""
