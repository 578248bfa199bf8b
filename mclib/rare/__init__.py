"""Rare events: trials that are drawn where they matter, and weighed.

Weights come from uniforms that are moved, not from densities, so that every distribution,
copula and kind of model will do.
"""
