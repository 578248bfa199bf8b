"""What a formula may do that no model can."""


class Refusal(Exception):
    """What stands in the way of tracing a formula; the message says it without the cell."""
