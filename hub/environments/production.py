"""Production: what people depend on; nothing runs here that staging has not run."""

from dataclasses import replace
from datetime import timedelta

from hub import choices
from hub.environments import shared
from hub.settings import Settings

__all__ = ["PRODUCTION"]

PRODUCTION = Settings(
    name="production",
    url="https://mc.example.org",
    network=shared.inside("0.0.0.0"),
    tls=choices.Acme(contact="ops@example.org", warn_before=timedelta(days=21)),
    front=choices.Front(
        requests_per_second=100,
        redirect_port=80,
        origins=(),
        headers=choices.FullHeaders(hsts=timedelta(days=730), hsts_preload=True),
    ),
    login=replace(
        shared.SIGN_ON, provider=choices.OpenIdConnect(issuer="https://login.example.org")
    ),
    admins=("ops",),
    database=choices.Postgres(host="postgres", replicas=1),
    server=choices.Server(
        runs_as=shared.CONTAINER,
        limits=choices.Limits(memory="8G", cpus=6, storage="50G"),
        start=shared.START,
        at_most=200,
        named_at_most=shared.NAMED_AT_MOST,
    ),
    gpus=choices.Gpus(share=0.8),
    idle=replace(shared.IDLE, after=timedelta(hours=2)),
    budgets=shared.BUDGETS,
    sharing=choices.Sharing(at_most=timedelta(days=7)),
    reports=shared.REPORTS,
    secrets=choices.SecretFiles(folder="/run/secrets", source="vault agent"),
    monitoring=shared.watched(timedelta(days=90), alerts=("mail", "slack")),
    backup=choices.Backup(
        every=timedelta(hours=6),
        keep=timedelta(days=30),
        point_in_time=True,
        off_site=shared.OFF_SITE,
    ),
    audit=choices.Audit(keep=timedelta(days=730)),
    debug=False,
)
