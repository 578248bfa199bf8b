"""The CPU engine: LLVM IR as explicit vectors of 32 lanes, the same bits on every processor."""
