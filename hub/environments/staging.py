"""Staging: where a release is tried before people depend on it."""

from dataclasses import replace
from datetime import timedelta

from hub import choices
from hub.environments import shared
from hub.settings import Settings

__all__ = ["STAGING"]

STAGING = Settings(
    name="staging",
    url="https://localhost:8443",
    network=shared.inside("0.0.0.0"),
    tls=choices.SelfSigned(),
    front=choices.Front(
        requests_per_second=50,
        redirect_port=8080,
        origins=("https://localhost:8443",),
        headers=choices.FullHeaders(hsts=timedelta(days=30), hsts_preload=False),
    ),
    login=replace(
        shared.SIGN_ON,
        provider=choices.OpenIdConnect(issuer="https://login.staging.example.org"),
    ),
    admins=("ops",),
    database=choices.Postgres(host="postgres", replicas=0),
    server=choices.Server(
        runs_as=replace(shared.CONTAINER, network="mchub-staging", subnet="10.204.0.0/20"),
        limits=choices.Limits(memory="6G", cpus=4, storage="20G"),
        start=shared.START,
        at_most=32,
        named_at_most=shared.NAMED_AT_MOST,
    ),
    gpus=choices.Gpus(share=0.6),
    idle=shared.IDLE,
    budgets=shared.BUDGETS,
    sharing=choices.Sharing(at_most=timedelta(days=7)),
    reports=shared.REPORTS,
    secrets=choices.SecretFiles(folder="/run/secrets", source="staging.env"),
    monitoring=shared.watched(timedelta(days=7), alerts=()),
    backup=choices.Backup(every=timedelta(days=1), keep=timedelta(days=7)),
    audit=choices.Audit(keep=timedelta(days=90)),
    debug=False,
)
