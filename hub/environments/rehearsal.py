"""Rehearsal: the whole platform in containers on one's own machine, to try and to test."""

from dataclasses import replace
from datetime import timedelta

from hub import choices
from hub.environments import shared
from hub.settings import Settings

__all__ = ["REHEARSAL"]

REHEARSAL = Settings(
    name="rehearsal",
    url="http://localhost:3300",
    network=shared.inside("127.0.0.1"),
    tls=choices.NoTls(),
    front=choices.Front(
        requests_per_second=None, origins=(), headers=choices.BasicHeaders()
    ),
    login=replace(
        shared.SIGN_ON, provider=choices.OpenIdConnect(issuer="http://login.localhost:3380")
    ),
    admins=("olivia",),
    database=choices.Postgres(host="postgres", replicas=0),
    server=choices.Server(
        runs_as=choices.Container(
            network="mchub-rehearse",
            subnet="10.203.0.0/20",
            egress="none",
            profiles=shared.SMALL_PROFILES,
        ),
        limits=choices.Limits(memory="2G", cpus=2, storage="1G"),
        start=shared.START,
        at_most=32,
        named_at_most=shared.NAMED_AT_MOST,
    ),
    gpus=choices.Gpus(share=0.4, devices=shared.PRETENDED_GPUS),
    idle=replace(shared.IDLE, after=timedelta(minutes=30)),
    budgets=shared.BUDGETS,
    sharing=choices.Sharing(at_most=timedelta(days=1)),
    reports=shared.REPORTS,
    secrets=choices.SecretFiles(folder="/run/secrets", source="generated"),
    monitoring=choices.Console(),
    backup=None,
    audit=choices.Audit(keep=timedelta(days=7)),
    debug=False,
)
