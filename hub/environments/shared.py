"""What all environments use unchanged, or refine; never one environment's value."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from hub.choices import (
    Budget,
    Budgets,
    Container,
    Device,
    Idle,
    Mail,
    Network,
    OffSite,
    OpenIdConnect,
    Prices,
    Profile,
    Prometheus,
    Reports,
    SingleSignOn,
    Slack,
    Start,
)

__all__ = [
    "API_PORT",
    "BUDGETS",
    "CONTAINER",
    "IDLE",
    "NAMED_AT_MOST",
    "OFF_SITE",
    "PRETENDED_GPUS",
    "PROFILES",
    "REPORTS",
    "SIGN_ON",
    "SMALL_PROFILES",
    "START",
    "inside",
    "watched",
]

# The port that the documentation names for the platform's API.
API_PORT: Final = 9090


def inside(address: str) -> Network:
    """Ports of parts in containers, which `address` alone leads into."""
    return Network(
        address=address,
        api_port=API_PORT,
        hub_port=8081,
        proxy_api_port=None,
        admin_port=None,
        reports_port=None,
    )


# A first start on a busy machine takes some 15 s; four times that is no longer a start.
START: Final = Start(
    within=timedelta(seconds=60), answer_within=timedelta(seconds=60), at_once=8
)

# Apps that are kept, and runs of reports that come and go.
NAMED_AT_MOST: Final = 8

# A link is for whoever holds it: a site that allows none says "none".
REPORTS: Final = Reports(
    at_once=2,
    of_all=8,
    run_at_most=timedelta(hours=12),
    storage="5G",
    links_at_most=timedelta(days=30),
    versions_kept_for=None,
    # A site names its own server.
    mails=None,
    store=None,
)

# Routes lost with a restarted proxy come back within `read_every` at the latest.
IDLE: Final = Idle(
    after=timedelta(hours=1),
    warn_before=timedelta(minutes=10),
    gpu_busy=0.05,
    check_every=timedelta(minutes=1),
    read_every=timedelta(seconds=30),
)

# Each environment names its own issuer.
SIGN_ON: Final = SingleSignOn(
    provider=OpenIdConnect(issuer="https://login.example.org"),
    client_id="mchub",
    groups=("analysts", "quants"),
    admin_groups=("mchub-admins",),
    refresh_every=timedelta(minutes=5),
)

# Each site names its own bucket.
OFF_SITE: Final = OffSite(
    endpoint="https://s3.example.org", bucket="mchub-backups", region="us-east-1"
)

# `{release}` stands for the release that is deployed: `load` puts it in.
_CPU, _GPU = "mchub/kernel:{release}-cpu", "mchub/kernel:{release}-gpu"
_DAY = timedelta(days=1)

PROFILES: Final = (
    Profile(
        name="cpu-small",
        title="CPU",
        image=_CPU,
        memory="2G",
        cpus=1,
        gpu=0,
        at_most=7 * _DAY,
    ),
    Profile(
        name="cpu-large",
        title="CPU, large",
        image=_CPU,
        memory="6G",
        cpus=4,
        gpu=0,
        at_most=2 * _DAY,
    ),
    Profile(
        name="gpu-slice",
        title="GPU, a tenth of a card",
        image=_GPU,
        memory="4G",
        cpus=2,
        gpu=0.1,
        at_most=_DAY,
    ),
    Profile(
        name="gpu-large",
        title="GPU, two fifths of a card",
        image=_GPU,
        memory="6G",
        cpus=4,
        gpu=0.4,
        at_most=timedelta(hours=12),
        groups=("quants",),
    ),
)

# Two environments may share a host; each names a network of its own.
# The addresses lie outside those that Docker gives out by itself.
CONTAINER: Final = Container(
    network="mchub-users", subnet="10.205.0.0/20", egress="internet", profiles=PROFILES
)

# The same kinds of server, so small that several fit on a laptop.
SMALL_PROFILES: Final = tuple(replace(profile, memory="1G", cpus=1) for profile in PROFILES)

# Where there is no card, leases are given out all the same and nothing runs on them.
PRETENDED_GPUS: Final = (
    Device(name="GPU-00000000-0000-0000-0000-000000000001", memory="80G"),
    Device(name="GPU-00000000-0000-0000-0000-000000000002", memory="80G"),
)

BUDGETS: Final = Budgets(
    period=30 * _DAY,
    warn_at=0.8,
    grace=timedelta(minutes=15),
    everybody=Budget(name="everybody", gpu_hours=20, cpu_hours=500),
    groups=(Budget(name="quants", gpu_hours=200, cpu_hours=2_000),),
)


def watched(keep_logs: timedelta, *, alerts: tuple[str, ...]) -> Prometheus:
    """Metrics and dashboards; a site says where the channels of `alerts` lead."""
    return Prometheus(
        read_every=timedelta(seconds=15),
        keep_metrics=400 * _DAY,
        keep_logs=keep_logs,
        check_every=timedelta(minutes=10),
        alerts=alerts,
        mail=Mail(
            to="oncall@example.org",
            sender="mchub@example.org",
            server="smtp.example.org:587",
            user="mchub@example.org",
        ),
        slack=Slack(channel="#mchub"),
        prices=Prices(currency="EUR", gpu_hour=2.5, cpu_hour=0.05),
    )
