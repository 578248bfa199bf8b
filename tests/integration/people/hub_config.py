"""JupyterHub's configuration for a test: development's, with sign-in through a provider."""

import json
import os
from dataclasses import replace
from datetime import timedelta

from hub import configure, load
from hub.choices import Audit, OpenIdConnect, Sharing, SingleSignOn

told = json.loads(os.environ["MCHUB_TEST_PEOPLE"])
share_seconds = told["share_seconds"]
settings = replace(
    load("development"),
    login=SingleSignOn(
        provider=OpenIdConnect(issuer=told["issuer"]),
        client_id="mchub",
        groups=("analysts", "quants"),
        admin_groups=("mchub-admins",),
        refresh_every=timedelta(seconds=told["refresh_seconds"]),
    ),
    admins=("ops",),
    sharing=Sharing(at_most=timedelta(seconds=share_seconds)) if share_seconds else None,
    audit=Audit(keep=timedelta(days=7)),
)
configure(get_config(), settings)  # type: ignore[name-defined]  # noqa: F821
