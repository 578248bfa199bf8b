"""Keep users' containers to the proxy: put the rules on this host, check or remove them.

``python -m deploy.firewall apply --environment staging --bridge mchub-users
--proxy 10.203.48.4:8000 --trusted 10.203.48.2 --egress none``
"""

import argparse
import sys
from collections.abc import Sequence

from deploy.firewall.host import apply, differences, preflight, remove
from deploy.firewall.rules import FirewallError, UsersNetwork, chains

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the status to end with."""
    options = _parser().parse_args(arguments)
    try:
        return _act(options.verb, _network(options))
    except FirewallError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.firewall", description=__doc__)
    parser.add_argument("verb", choices=("apply", "check", "remove", "show"))
    parser.add_argument("--environment", required=True, metavar="NAME")
    parser.add_argument("--bridge", required=True, metavar="NAME")
    parser.add_argument("--proxy", required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--trusted", action="append", default=[], metavar="ADDRESS")
    parser.add_argument("--egress", choices=("none", "internet"), default="none")
    return parser


def _network(options: argparse.Namespace) -> UsersNetwork:
    address, _, port = options.proxy.partition(":")
    if not port.isdecimal():
        raise FirewallError("--proxy", "be `<address>:<port>`", options.proxy)
    return UsersNetwork(
        environment=options.environment,
        bridge=options.bridge,
        proxy=address,
        port=int(port),
        trusted=tuple(options.trusted),
        egress=options.egress,
    )


def _act(verb: str, network: UsersNetwork) -> int:
    match verb:
        case "show":
            for chain in chains(network):
                print(f"{chain.tool} -A {chain.parent} {chain.jump}")
                print("\n".join(f"{chain.tool} {line}" for line in chain.lines()))
        case "apply":
            apply(network)
            print(f"{network.environment}: users of {network.bridge} are kept to the proxy")
        case "remove":
            remove(network)
            print(f"{network.environment}: no rule of ours is left on this host")
        case _:
            preflight()
            found = differences(network)
            print("\n".join(found) or f"{network.environment}: every rule stands")
            return 1 if found else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
