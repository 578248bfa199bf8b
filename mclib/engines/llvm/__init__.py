"""The CPU engine: LLVM IR as explicit vectors, the same bits on every processor."""
