"""Numbers from trials: moments, order statistics, intervals.

In the order in which data passes: `blocks` (where a trial lies), `moments` (the record of a
lane, and how records merge), `records` (the same over arrays of values), `non_finite` (what
is done about values that aren't finite numbers), `accumulator` (records of many blocks),
`summary` and `jackknife` (what follows from them, with standard errors), `keys`, `requests`
and `order_statistics` (exact quantiles, by passes over regenerated draws), `tails`,
`histogram`, `intervals`.

Every module here takes numbers and returns numbers; none of them knows what a model is.
"""
