"""Projects: networks of activities, and registers of risks, as models.

`networks` (activities, what they wait for, the critical path method), `project` (a network
as a model, and what a run of it says), `risks` (a register of risks as a model).
"""
