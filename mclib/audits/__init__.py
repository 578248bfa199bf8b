"""What people get wrong in models, found by rules; each says the way out.

`findings` (what is looked at, and what is found), `rules` (about inputs, outputs and the
graph between them), `readings` (about what the function's text and the runs say), and
`auditing`, the table of all rules.
"""
