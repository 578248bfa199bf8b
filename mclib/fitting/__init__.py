"""From data to inputs: families fitted and ranked, and how sure their parameters are."""
