"""Decisions: models and parameters compared, swept, sought and chosen, on common draws.

`scenarios` (several models as one program), `comparing` and `sweeping` (tables of what they
give and how they differ), `seeking` (the parameter at which a statistic is met),
`optimizing` (the best parameters), `information` (what it is worth to know more).

Trees of decisions and chances: `branches` (what a tree may be), `rolling` (its best
strategy), `profiles` and `solutions` (what that says), `drawings` (how it looks), `trees`
(the face).
"""
