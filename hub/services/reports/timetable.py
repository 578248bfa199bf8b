"""When a schedule is due: five fields of cron, read by the clocks of one place.

What summer time does is left to cronsim, which does as Debian's cron: a time that the
clocks leap over comes as soon as they have, one that they show twice comes the first time,
and what comes every hour or more often goes by the hours that really pass.
"""

import functools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

__all__ = ["NeverDue", "Timetable", "zones"]

_LONGEST = 100


class NeverDue(ValueError):
    """Five fields, or a time zone, by which nothing can be due."""


@functools.cache
def zones() -> tuple[str, ...]:
    """Names of all time zones, as IANA writes them."""
    return tuple(sorted(available_timezones() - {"localtime", "Factory"}))


@dataclass(frozen=True)
class Timetable:
    """Five fields and a place whose clocks they are read by.

    Parameters
    ----------
    cron : str
        Minute, hour, day of the month, month, day of the week.
    zone : str
        Name of a time zone.

    Raises
    ------
    NeverDue
        If it isn't five fields, or no zone, or no moment fits.

    Examples
    --------
    >>> weekdays = Timetable("0 7 * * MON-FRI", "Europe/Berlin")
    >>> print(weekdays.after(datetime(2026, 7, 3, 12, tzinfo=UTC)))
    2026-07-06 05:00:00+00:00
    """

    cron: str
    zone: str

    def __post_init__(self) -> None:
        if self.zone not in zones():
            law = "`zone` must be a time zone of IANA's, such as `Europe/Berlin`"
            raise NeverDue(f"{law}; got {self.zone!r}.")
        law = "`cron` must be five fields, such as `0 7 * * MON-FRI`"
        if len(self.cron.split()) != 5 or len(self.cron) > _LONGEST:
            raise NeverDue(f"{law}; got {self.cron[:_LONGEST]!r}.")
        try:
            self.after(datetime.now(UTC))
        except CronSimError as error:
            raise NeverDue(f"{law}; got {self.cron!r}: {error}.") from error

    def after(self, moment: datetime) -> datetime:
        """The first time that is due after `moment`, in UTC.

        Raises
        ------
        NeverDue
            If there is none in fifty years.
        """
        for found in CronSim(self.cron, moment.astimezone(ZoneInfo(self.zone))):
            due = found.astimezone(UTC)
            # In the hour that clocks show twice, the library begins with the first.
            if due > moment:
                return due
        raise NeverDue(f"`cron` must come true some day; got {self.cron!r}.")

    def newest(self, first: datetime, until: datetime, at_most: timedelta) -> datetime:
        """The newest time that is due, of those from `first` on.

        Parameters
        ----------
        first : datetime
            A time that is due.
        until : datetime
            The present.
        at_most : timedelta
            What is older isn't looked for: `first` itself is the answer then.
        """
        newest = first
        later = self.after(max(first, until - at_most))
        while later <= until:
            newest, later = later, self.after(later)
        return newest
