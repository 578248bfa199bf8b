"""Development: the whole platform on one's own machine, without Docker, in one command."""

from dataclasses import replace
from datetime import timedelta

from hub import choices
from hub.environments import shared
from hub.settings import Settings

__all__ = ["DEVELOPMENT"]

DEVELOPMENT = Settings(
    name="development",
    url="http://localhost:3000",
    network=choices.Network(
        address="127.0.0.1",
        api_port=shared.API_PORT,
        hub_port=None,
        proxy_api_port=None,
        admin_port=None,
        reports_port=None,
    ),
    tls=choices.NoTls(),
    front=choices.Front(
        requests_per_second=None, origins=("*",), headers=choices.BasicHeaders()
    ),
    login=choices.Password(),
    admins=("admin",),
    database=choices.Sqlite(file="jupyterhub.sqlite"),
    server=choices.Server(
        runs_as=choices.LocalProcess(),
        limits=choices.Limits(memory="4G", cpus=2, storage="5G"),
        start=shared.START,
        at_most=16,
        named_at_most=shared.NAMED_AT_MOST,
    ),
    gpus=choices.Gpus(share=0.4),
    idle=replace(shared.IDLE, after=timedelta(hours=12)),
    budgets=None,
    sharing=None,
    reports=shared.REPORTS,
    secrets=choices.GeneratedSecrets(),
    monitoring=choices.Console(),
    backup=None,
    audit=None,
    debug=True,
)
