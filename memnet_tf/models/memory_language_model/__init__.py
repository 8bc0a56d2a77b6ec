"""Continuous caches and nearest neighbours (1612.04426, 1911.00172)."""
