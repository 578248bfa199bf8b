"""What executes a graph: `reference` (NumPy, the judge), `llvm` (CPU), `cuda` (GPU)."""
