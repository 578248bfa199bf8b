"""What users' containers may reach, as chains of iptables: values, nothing is run here.

Rules are spelled as ``iptables -S`` prints them, so that what stands can be compared to
what should stand.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["Chain", "Egress", "FirewallError", "UsersNetwork", "chains", "restore_text"]

Egress = Literal["none", "internet"]
Tool = Literal["iptables", "ip6tables"]

# Nothing that a user needs is among these; the platform and its neighbours are.
CLOSED: Final = (
    ("169.254.0.0/16", "link-local, the clouds' metadata at 169.254.169.254"),
    ("10.0.0.0/8", "private"),
    ("172.16.0.0/12", "private"),
    ("192.168.0.0/16", "private"),
    ("100.64.0.0/10", "carriers' private, metadata of one cloud"),
    ("0.0.0.0/8", "this host"),
    ("127.0.0.0/8", "loopback"),
    ("192.0.0.0/24", "protocol assignments, metadata of one cloud"),
    ("198.18.0.0/15", "benchmarks"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
)
_REJECT: Final = "-j REJECT --reject-with icmp-port-unreachable"
_REJECT_6: Final = "-j REJECT --reject-with icmp6-port-unreachable"
_REPLIES: Final = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"


class FirewallError(ValueError):
    """The network, or the machine, does not allow this firewall."""

    def __init__(self, path: str, law: str, value: object, hint: str = "") -> None:
        message = f"{path}: must {law}; got {value!r}."
        super().__init__(f"{message}\nhint: {hint}" if hint else message)


@dataclass(frozen=True, kw_only=True)
class UsersNetwork:
    """The users' network of one environment.

    Parameters
    ----------
    environment : str
        Its name is part of the chains' names, so that environments don't meet.
    bridge : str
        Name of the bridge on the host (``com.docker.network.bridge.name``).
    proxy : str
        Address of the proxy on that network.
    port : int
        The only port that users reach.
    trusted : tuple of str
        Addresses on that network of the platform's own containers besides the proxy, such
        as the hub: they may open connections to users' servers.
    egress : {"none", "internet"}
        What users reach beyond the host: nothing, or all that isn't private.
    """

    environment: str
    bridge: str
    proxy: str
    port: int = 8000
    trusted: tuple[str, ...] = ()
    egress: Egress = "none"

    def __post_init__(self) -> None:
        law = "be 1 to 12 lower-case letters and digits, a letter first"
        fits = re.fullmatch(r"[a-z][a-z0-9]{0,11}", self.environment) is not None
        self._require(fits, "environment", law)
        law = "be the name of a bridge, of 1 to 15 letters, digits, hyphens"
        fits = re.fullmatch(r"[a-zA-Z][a-zA-Z0-9-]{0,14}", self.bridge) is not None
        self._require(fits, "bridge", law)
        self._require(1 <= self.port <= 65535, "port", "be between 1 and 65535")
        self._require(self.egress in ("none", "internet"), "egress", "be none or internet")
        for field, addresses in (("proxy", (self.proxy,)), ("trusted", self.trusted)):
            for address in addresses:
                self._require(_is_address(address), field, "be an IPv4 address")

    def _require(self, fits: bool, field: str, law: str) -> None:
        if not fits:
            raise FirewallError(f"firewall.{field}", law, getattr(self, field))


def _is_address(text: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(text)) == text
    except ValueError:
        return False


@dataclass(frozen=True, kw_only=True)
class Chain:
    """One chain of ours: who owns it, what leads into it, and its rules in order."""

    tool: Tool
    name: str
    parent: str
    jump: str
    rules: tuple[str, ...]

    def lines(self) -> list[str]:
        """The rules as ``iptables -S`` prints them."""
        return [f"-N {self.name}", *(f"-A {self.name} {rule}" for rule in self.rules)]


def chains(network: UsersNetwork) -> tuple[Chain, ...]:
    """The four chains of a users' network: forwarded and to the host, IPv4 and IPv6.

    Docker leads all forwarded packets through ``DOCKER-USER`` before its own rules, those
    between two containers of one bridge too where ``bridge-nf-call-iptables`` is 1.
    """
    own = f"MCHUB-{network.environment.upper()}"
    enter = f"-i {network.bridge}"

    def chain(tool: Tool, end: str, parent: str, *rules: str) -> Chain:
        name = f"{own}-{end}"
        jump = f"{enter} -j {name}"
        return Chain(tool=tool, name=name, parent=parent, jump=jump, rules=rules)

    return (
        chain("iptables", "FORWARD", "DOCKER-USER", *_forwarded(network)),
        # Replies alone: the host may ask a container, no container asks the host.
        chain("iptables", "INPUT", "INPUT", _REPLIES, _REJECT),
        # Users have IPv4; whatever IPv6 there is would be a way around all of this.
        chain("ip6tables", "FORWARD", "FORWARD", _REJECT_6),
        chain("ip6tables", "INPUT", "INPUT", _REJECT_6),
    )


def _forwarded(network: UsersNetwork) -> list[str]:
    rules = [_REPLIES]
    for address in (network.proxy, *network.trusted):
        rules.append(f"-s {address}/32 -o {network.bridge} -j ACCEPT")
        # What else the platform's containers do is not for this chain to say.
        rules.append(f"-s {address}/32 -j RETURN")
    rules.append(
        f"-d {network.proxy}/32 -o {network.bridge} -p tcp -m tcp --dport {network.port} "
        "-j ACCEPT"
    )
    rules += [f"-d {addresses} {_REJECT}" for addresses, _ in CLOSED]
    # `RETURN` leaves the last word to Docker, which knows its other networks.
    rules.append("-j RETURN" if network.egress == "internet" else _REJECT)
    return rules


def restore_text(chain: Chain) -> str:
    """What ``iptables-restore --noflush`` reads: replaces that chain at one stroke.

    There is no moment at which the chain stands half written.
    """
    rules = [f"-A {chain.name} {rule}" for rule in chain.rules]
    return "\n".join(["*filter", f":{chain.name} - [0:0]", *rules, "COMMIT", ""])
