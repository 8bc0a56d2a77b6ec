"""The speed of training MemN2N, in four implementations."""
