"""Sign-in through a provider: who somebody is, whether they may enter, when access ends.

`people` and `verdicts` decide, and ask nobody; `discovery`, `tokens` and `github` ask the
provider; `identities` remembers; `leaving` ends what somebody had; `authenticator` is what
JupyterHub loads.
"""
