"""GPUs: which there are, who holds which fraction of one, and who waits.

`shares` calculates and touches nothing; `leases` and `queue` keep two tables, and a change
is one transaction; `reconciling` compares the tables with Docker and with the hub.
"""

from hub.gpus.devices import find_devices
from hub.gpus.leases import Leases
from hub.gpus.shares import Asked, Capacity, Lease, Place, Waiting, n_parts

__all__ = [
    "Asked",
    "Capacity",
    "Lease",
    "Leases",
    "Place",
    "Waiting",
    "find_devices",
    "n_parts",
]
