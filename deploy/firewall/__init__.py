"""The firewall of the users' network, on the host: ``python -m deploy.firewall --help``.

Constraint: only the standard library, because it runs in a container of its own with
``NET_ADMIN`` on the host's network, beside nothing but iptables.
"""
