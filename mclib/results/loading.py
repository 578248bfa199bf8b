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

    Examples
    --------
    >>> import mclib as mc
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> @mc.model
    ... def total(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
    ...     return {"total": a + b}
    >>> result = mc.simulate(total, 100_000, seed=7)
    >>> with TemporaryDirectory() as folder:
    ...     result.save(Path(folder) / "total.mcresult")
    ...     loaded = mc.load_result(Path(folder) / "total.mcresult")
    >>> loaded["total"].mean == result["total"].mean
    True
    """
    trials, answers = read_result(path)
    return Result.restored(trials, answers, trials.n_kept)
