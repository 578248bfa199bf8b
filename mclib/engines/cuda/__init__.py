"""The GPU engine: one CUDA C source per plan, the same bits as every other engine."""
