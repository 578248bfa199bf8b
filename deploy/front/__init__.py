"""The front: TLS, limits and headers before the proxy, all from the settings."""
