"""When a schedule is due, by the clocks of a place that changes them."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.services.reports.timetable import NeverDue, Timetable, zones

BERLIN = "Europe/Berlin"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def first(timetable: Timetable, after: str, count: int) -> list[str]:
    moment, found = utc(after), []
    for _ in range(count):
        moment = timetable.after(moment)
        found.append(f"{moment:%m-%d %H:%M}")
    return found


def test_a_time_of_day_follows_the_clocks_of_the_place() -> None:
    at_seven = Timetable("0 7 * * *", BERLIN)

    assert ["01-10 06:00"] == first(at_seven, "2026-01-10", 1)
    assert ["07-10 05:00"] == first(at_seven, "2026-07-10", 1)
    assert ["01-10 07:00"] == first(Timetable("0 7 * * *", "UTC"), "2026-01-10", 1)


def test_a_time_that_the_clocks_leap_over_comes_right_after() -> None:
    # On 29 March 2026 two o'clock is three o'clock.
    expected = ["03-28 01:30", "03-29 01:00", "03-30 00:30"]

    assert expected == first(Timetable("30 2 * * *", BERLIN), "2026-03-28", 3)


def test_a_time_that_the_clocks_show_twice_comes_once() -> None:
    # On 25 October 2026 three o'clock is two o'clock.
    nightly = Timetable("30 2 * * *", BERLIN)

    assert ["10-25 00:30", "10-26 01:30"] == first(nightly, "2026-10-24 12:00", 2)
    # Asked in the second of the two hours, too.
    assert ["10-26 01:30"] == first(nightly, "2026-10-25 01:10", 1)


def test_what_comes_every_half_hour_comes_in_both_of_two_hours() -> None:
    found = first(Timetable("*/30 * * * *", BERLIN), "2026-10-24 23:59", 6)

    hours = ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30"]
    assert [f"10-25 {hour}" for hour in hours] == found


def test_of_many_times_the_newest_is_found_and_none_that_is_too_old() -> None:
    hourly, day = Timetable("0 * * * *", "UTC"), timedelta(days=1)
    began = utc("2026-01-01 01:00")

    newest = hourly.newest(began, utc("2026-01-01 05:59"), day)
    assert utc("2026-01-01 05:00") == newest
    assert began == hourly.newest(began, began, day)
    # After a year it isn't counted hour by hour.
    assert utc("2027-01-01 05:00") == hourly.newest(began, utc("2027-01-01 05:30"), day)
    monthly = Timetable("0 0 1 * *", "UTC")
    old = utc("2026-02-01")
    assert old == monthly.newest(old, utc("2026-02-10"), day)


@pytest.mark.parametrize(
    ("cron", "zone", "sentence"),
    [
        ("0 7 * *", "UTC", "`cron` must be five fields, such as .*; got '0 7 "),
        ("0 0 7 * * *", "UTC", "must be five fields"),
        ("@daily", "UTC", "must be five fields"),
        ("", "UTC", "must be five fields"),
        (f"0 7 * * {'1,' * 60}1", "UTC", "must be five fields"),
        ("61 * * * *", "UTC", "got '61 .*': Bad minute"),
        ("0 7 * * MONDAY", "UTC", "Bad day-of-week"),
        ("0 0 30 2 *", "UTC", "Bad day-of-month"),
        ("0 7 * * *", "Berlin", "`zone` must be a time zone of IANA's.*; got 'Berlin'"),
        ("0 7 * * *", "../../etc/passwd", "must be a time zone"),
    ],
)
def test_what_can_never_be_due_is_refused(cron: str, zone: str, sentence: str) -> None:
    with pytest.raises(NeverDue, match=sentence):
        Timetable(cron, zone)


def test_zones_are_there_without_those_of_the_machine() -> None:
    assert {"UTC", BERLIN, "America/New_York"} <= set(zones())
    assert "localtime" not in zones()
