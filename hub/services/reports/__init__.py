"""The reports service: notebooks as pages that are versioned, shared, and run again.

It runs nothing itself: a job is a named server of its owner, started through the hub.
"""
