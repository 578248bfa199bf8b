"""The Docker policy proxy: what the hub may ask of Docker, and nothing else.

``python -m hub.services.docker_policy --policy FILE`` stands between the hub and Docker's
socket. README.md of this folder says what is let through, and why.
"""
