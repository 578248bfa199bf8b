"""The answers of a run: estimates with their standard errors, tables, pictures, files.

`formatting` and `estimate` (one number and how sure it is), `provenance` (what is needed to
get the same numbers again), `run` (what a result needs from whatever ran), `answers` (what
was asked of a run, each question once), `quantiles` and `histograms`, `output` (everything
about one output), `windows` and `trial` (trials themselves), `tables`, `pictures` and
`display`, `storing`, and `result`, which is all of it.

Nothing here knows an engine, a model or a graph.
"""
