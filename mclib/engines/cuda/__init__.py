"""The GPU engine: one CUDA C source per kernel, the same bits as every other engine."""
