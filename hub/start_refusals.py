"""A start that is refused: a sentence for its user, and no failure in the counts."""

from jupyterhub.spawner import SpawnException

__all__ = ["refused"]


def refused(message: str, reason: str) -> SpawnException:
    """Refusal of a start, to be raised.

    Parameters
    ----------
    message : str
        The law, the value, the way out.
    reason : str
        One word, for the hub's metrics.
    """
    error = SpawnException(message, reason=reason)
    # JupyterHub's page and progress of a start show this attribute and nothing else.
    error.jupyterhub_message = message
    return error
