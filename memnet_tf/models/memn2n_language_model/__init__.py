"""MemN2N as a language model (Sukhbaatar et al. 2015, 1503.08895)."""
