"""What the front of an environment mounts: its configuration, and a first certificate."""

from deploy.deployer.programs import Programs
from deploy.front.configuration import files
from hub.storage import write_whole

__all__ = ["prepare_front"]


def prepare_front(programs: Programs) -> None:
    """Write the configuration, and make a certificate where none is that will do.

    A front that runs reads both again within seconds.

    Parameters
    ----------
    programs : Programs
        Docker and compose, told an environment with TLS; ``front`` and ``certificates`` in
        its state are the front's.

    Raises
    ------
    Failed
        If the certificate can't be made.
    """
    settings, state = programs.settings, programs.state
    for name, text in files(settings).items():
        file = state / "front" / name
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            write_whole(file, text)
        # There is no secret in it, and another account reads it.
        file.chmod(0o644)
    certificates = state / "certificates"
    certificates.mkdir(mode=0o711, parents=True, exist_ok=True)
    programs.module(
        *("deploy.front.self_signed", f"--host={settings.address.hostname}"),
        *("--folder=/certificates/shown", "--prepare=/certificates/acme"),
        options=(
            *("--network=none", "--user=0:0", f"--volume={certificates}:/certificates"),
            *("--cap-add=CHOWN", "--cap-add=DAC_OVERRIDE"),
        ),
    )
