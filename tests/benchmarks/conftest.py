"""Modules of rivals that may not be installed are imported by their contenders alone."""

collect_ignore = ["jitted_jax.py", "naive_numba.py", "cuda_rivals.py"]
