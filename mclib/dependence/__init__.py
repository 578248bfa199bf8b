"""How inputs depend on each other: copulas as formulas between uniforms.

A copula takes the independent uniforms of some inputs and returns dependent ones, as
expressions: every engine draws by them, and none knows that there is dependence. Each
input keeps its own distribution.
"""
