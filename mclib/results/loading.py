"""Results from files."""

import os

from mclib.results.result import Result
from mclib.results.storing import read_result


def load_result(path: str | os.PathLike[str]) -> Result:
    """Read a result that `Result.save` has written.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    Result
        As it was saved, to the bit. What would need the trials again raises `ArgumentError`
        and says what to do instead.

    Raises
    ------
    ArgumentError
        If there is no such file, or it isn't a result, or it is damaged.
    """
    trials, answers = read_result(path)
    return Result.restored(trials, answers, trials.n_kept)
