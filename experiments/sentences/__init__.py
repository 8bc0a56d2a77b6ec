"""Answers in whole sentences about the simulated world."""
