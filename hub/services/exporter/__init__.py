"""The exporter: what only the platform knows, as metrics for Prometheus.

Tables, Docker, the hub and the driver of the GPUs are each read in a thread of their own,
so that a scrape never waits and one source that hangs hides no other.
"""

from hub.services.exporter.serving import serve

__all__ = ["serve"]
