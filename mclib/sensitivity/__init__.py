"""Sensitivity by design: runs of their own, made to tell what drives an output.

What a run of `simulate` tells of its own trials is in `mclib.results.sensitivity`; here a
model is evaluated several times in each trial, with some of its draws exchanged.
"""
