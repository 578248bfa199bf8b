"""Security headers by what is asked for: a page of the hub, a user's server, a service."""

from typing import Final

from hub.choices import FullHeaders
from hub.settings import Settings

__all__ = ["headers"]

_BASIC: Final = {
    "X-Content-Type-Options": {"default": "nosniff"},
    "Referrer-Policy": {"default": "same-origin"},
}
_REPORTS: Final = "report-uri /hub/security/csp-report"
_PAGE: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    f"frame-ancestors 'none'; {_REPORTS}"
)
# JupyterLab compiles in the browser, and widgets are modules made on the spot.
_USER: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' {sockets}; "
    "media-src 'self' data: blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-src 'self' blob: data:; frame-ancestors 'self'; "
    f"{_REPORTS}"
)


def headers(settings: Settings) -> dict[str, dict[str, str]]:
    """Values of each header by surface; ``default`` is every surface that isn't named."""
    chosen = settings.front.headers
    if not isinstance(chosen, FullHeaders):
        return dict(_BASIC)
    hsts = f"max-age={int(chosen.hsts.total_seconds())}"
    if chosen.hsts_preload:
        # Browsers take none into their lists without this.
        hsts += "; includeSubDomains; preload"
    sockets = f"wss://{settings.address.netloc}"
    return _BASIC | {
        "Strict-Transport-Security": {"default": hsts},
        "X-Frame-Options": {"default": "DENY", "user": "SAMEORIGIN"},
        "Permissions-Policy": {
            "default": "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        },
        "Cross-Origin-Opener-Policy": {"default": "same-origin"},
        "Content-Security-Policy": {
            "default": _PAGE,
            "user": _USER.format(sockets=sockets),
        },
    }
