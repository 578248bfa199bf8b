"""Staging: where a release is tried before people depend on it."""

from datetime import timedelta

from hub import choices
from hub.environments import shared
from hub.settings import Settings

__all__ = ["STAGING"]

STAGING = Settings(
    name="staging",
    url="https://localhost:8443",
    network=choices.Network(
        address="0.0.0.0", api_port=shared.API_PORT, hub_port=8081, proxy_api_port=8001
    ),
    tls=choices.SelfSigned(),
    front=choices.Front(
        requests_per_second=50,
        origins=("https://localhost:8443",),
        headers=choices.FullHeaders(hsts=timedelta(days=30), hsts_preload=False),
    ),
    login=choices.SingleSignOn(
        issuer="https://login.staging.example.org", client_id="mchub", groups=("analysts",)
    ),
    admins=("ops",),
    database=choices.Postgres(host="postgres", replicas=0),
    server=choices.Server(
        runs_as=choices.Container(image="mc-kernel:gpu", network="mchub-users"),
        limits=choices.Limits(memory="6G", cpus=4, storage="20G"),
        start=shared.START,
        at_most=32,
    ),
    gpu_share=0.6,
    idle=shared.IDLE,
    secrets=choices.SecretFiles(folder="/run/secrets", source="staging.env"),
    monitoring=choices.Prometheus(keep_logs=timedelta(days=7), alerts=()),
    backup=choices.Backup(every=timedelta(days=1), keep=timedelta(days=7)),
    audit=False,
    debug=False,
)
