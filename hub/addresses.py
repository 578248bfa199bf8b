"""Where in the environment's own addresses its parts lie, and whose address a request has.

An environment with containers has 65,536 addresses: the users' network begins them, the
networks between the parts end them.
"""

import ipaddress
from collections.abc import Collection, Sequence
from typing import Final

__all__ = ["client_address", "front_address", "platform_addresses"]

_FRONT: Final = 3


def platform_addresses(subnet: str) -> dict[str, object]:
    """Networks and fixed addresses by the variable that tells them to compose.

    Parameters
    ----------
    subnet : str
        The users' network: the platform at its first addresses, containers in the rest.

    Examples
    --------
    >>> addresses = platform_addresses("10.203.0.0/20")
    >>> str(addresses["MC_CONTROL_SUBNET"]), str(addresses["MC_EDGE_SUBNET"])
    ('10.203.255.0/24', '10.203.254.0/24')
    """
    users = ipaddress.ip_network(subnet)
    *_, upper_half = users.subnets()
    watch, database, edge, control = _networks_of_parts(subnet)
    *_, watch_range = watch.subnets()
    *_, database_range = database.subnets()
    *_, control_range = control.subnets()
    *_, edge_range = edge.subnets()
    return {
        "MC_DATABASE_SUBNET": database,
        "MC_DATABASE_RANGE": database_range,
        "MC_POSTGRES_ADDRESS": database[2],
        "MC_POSTGRES_1_ADDRESS": database[3],
        "MC_POSTGRES_2_ADDRESS": database[4],
        "MC_WATCH_SUBNET": watch,
        "MC_WATCH_RANGE": watch_range,
        "MC_LOGS_ADDRESS": watch[2],
        # For an operator on this host alone, so that environments have theirs apart.
        "MC_PROMETHEUS_PORT": 9000 + users.network_address.packed[1],
        "MC_GRAFANA_PORT": 3000 + users.network_address.packed[1],
        "MC_CONTROL_SUBNET": control,
        "MC_CONTROL_RANGE": control_range,
        "MC_HUB_BLUE_ADDRESS": control[2],
        "MC_HUB_GREEN_ADDRESS": control[3],
        "MC_PROXY_ADDRESS": control[4],
        "MC_EDGE_SUBNET": edge,
        "MC_EDGE_RANGE": edge_range,
        "MC_FRONT_ADDRESS": edge[_FRONT],
        "MC_USER_SUBNET": users,
        "MC_USER_GATEWAY": users[1],
        "MC_HUB_BLUE_ON_USER_NETWORK": users[2],
        "MC_HUB_GREEN_ON_USER_NETWORK": users[3],
        "MC_PROXY_ON_USER_NETWORK": users[4],
        "MC_USER_RANGE": upper_half,
    }


def front_address(subnet: str) -> str:
    """Address of the front as the proxy sees it.

    Examples
    --------
    >>> front_address("10.203.0.0/20")
    '10.203.254.3'
    """
    _, _, edge, _ = _networks_of_parts(subnet)
    return str(edge[_FRONT])


def _networks_of_parts(
    subnet: str,
) -> Sequence[ipaddress.IPv4Network]:
    whole = ipaddress.IPv4Network(subnet).supernet(new_prefix=16)
    return list(whole.subnets(new_prefix=24))[-4:]


def client_address(peer: str, forwarded: str, fronts: Collection[str] = ()) -> str:
    """Address that a request came from.

    Parameters
    ----------
    peer : str
        Who is connected. What a proxy says counts only if that is a proxy: hub and proxy
        are on one machine, or on a network that no user's server reaches.
    forwarded : str
        The header `X-Forwarded-For`. Each proxy adds who asked it behind what it was sent,
        so the last part is the proxy's own word.
    fronts : collection of str
        Addresses of fronts: who asked one of them stands before it.

    Examples
    --------
    >>> client_address("10.1.0.2", "198.51.100.7, 203.0.113.9")
    '203.0.113.9'
    >>> client_address("10.1.0.2", "203.0.113.9, 10.2.0.3", {"10.2.0.3"})
    '203.0.113.9'
    >>> client_address("9.9.9.9", "198.51.100.7")
    '9.9.9.9'
    """
    if not (_is_address(peer) and ipaddress.ip_address(peer).is_private):
        return peer
    told = [part.strip() for part in forwarded.split(",") if part.strip()]
    while len(told) > 1 and told[-1] in fronts:
        told.pop()
    return told[-1] if told and _is_address(told[-1]) else peer


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
