"""Values that step through time inside a trial: diffusions, jumps, series, volatility.

`process` (what every process can do), `diffusions` (prices and rates in continuous time,
stepped exactly), `square_roots` (variances that stay positive, and prices that they move),
`series` (autoregression, seasons, regimes), `volatility` (the GARCH family).

A process is a formula of its state and of draws; it is stepped by `mclib.scan`, and no
engine knows of it.
"""
