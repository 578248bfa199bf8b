"""What lies here is not only tests: some files are read by other programs."""

# A hub's configuration, and code that is sent to a kernel: they don't stand by themselves.
collect_ignore = [
    "container_hub_config.py",
    "platform/intruder.py",
    "people/hub_config.py",
]
