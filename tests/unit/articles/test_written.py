"""Dates in words and numbers, in the languages, calendars and zones of the press."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyfold.articles.written import Written, read_date
from storyfold.articles.zones import zone_after


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("November 19, 2019, 07:47 PM EST", "2019-11-19T19:47:00-05:00"),
        ("Nov. 18, 2019 7:04 pm ET", "2019-11-18T19:04:00-05:00"),
        ("July 4, 2024 at 6:05 a.m. PT", "2024-07-04T06:05:00-07:00"),
        ("Tue Nov 19 2019 05:44:06 GMT+0000", "2019-11-19T05:44:06+00:00"),
        ("Mon, 18 Nov 2019 16:07:38 -0600", "2019-11-18T16:07:38-06:00"),
        ("2024-05-03 21:30 EST", "2024-05-03T21:30:00-05:00"),
        ("2024-05-03T21:30:00 +0530", "2024-05-03T21:30:00+05:30"),
        ("3 May 2024, 08:15 IST", "2024-05-03T08:15:00+05:30"),
        ("03.05.2024, 08:15 Uhr", "2024-05-03T08:15:00+00:00"),
        ("03.05.2024 | 08:15 MESZ", "2024-05-03T08:15:00+02:00"),
        ("3. Mai 2024 um 08:15 Uhr", "2024-05-03T08:15:00+00:00"),
        ("1. März 2024", "2024-03-01T00:00:00+00:00"),
        ("mardi 5 mars 2024 à 7h05", "2024-03-05T07:05:00+00:00"),
        ("Publié le 1er août 2024 à 18h30", "2024-08-01T18:30:00+00:00"),
        ("martes, 7 de enero de 2025", "2025-01-07T00:00:00+00:00"),
        ("12 de dezembro de 2024 às 10h22", "2024-12-12T10:22:00+00:00"),
        ("9 giugno 2025 alle 14:20", "2025-06-09T14:20:00+00:00"),
        ("2024. május 5. 11:02", "2024-05-05T11:02:00+00:00"),
        ("5 listopada 2024", "2024-11-05T00:00:00+00:00"),
        ("5. července 2024", "2024-07-05T00:00:00+00:00"),
        ("5. června 2024", "2024-06-05T00:00:00+00:00"),
        ("2024 m. gegužės 5 d.", "2024-05-05T00:00:00+00:00"),
        ("5. toukokuuta 2024 klo 9.30", "2024-05-05T09:30:00+00:00"),
        ("14 мая 2024, 12:30 МСК", "2024-05-14T12:30:00+03:00"),
        ("середа, 5 червня 2024", "2024-06-05T00:00:00+00:00"),
        ("12:30, 14 декабря 2024", "2024-12-14T12:30:00+00:00"),
        ("5 Μαΐου 2024", "2024-05-05T00:00:00+00:00"),
        ("5 Ağustos 2024 Pazartesi, 10:11", "2024-08-05T10:11:00+00:00"),
        ("17 أبريل 2024", "2024-04-17T00:00:00+00:00"),
        ("١٧ تشرين الثاني ٢٠٢٤", "2024-11-17T00:00:00+00:00"),
        ("17 באפריל 2024", "2024-04-17T00:00:00+00:00"),
        ("17 अप्रैल 2024, 05:30 PM IST", "2024-04-17T17:30:00+05:30"),
        ("১৭ এপ্রিল ২০২৪", "2024-04-17T00:00:00+00:00"),
        ("17 เมษายน 2567", "2024-04-17T00:00:00+00:00"),
        ("17 เม.ย. 2567 10:20 น.", "2024-04-17T10:20:00+00:00"),
        ("Thứ tư, 17 tháng 4, 2024", "2024-04-17T00:00:00+00:00"),
        ("17/4/2024 08:15 GMT+7", "2024-04-17T08:15:00+07:00"),
        ("Rabu, 17 Apr 2024 08:15 WIB", "2024-04-17T08:15:00+07:00"),
        ("2024年4月17日 下午3:05", "2024-04-17T15:05:00+00:00"),
        ("2024년 4월 17일 오후 12:05", "2024-04-17T12:05:00+00:00"),
        ("2024.04.17. 오전 12:05", "2024-04-17T00:05:00+00:00"),
        ("۱۴۰۳/۰۱/۲۹", "2024-04-17T00:00:00+00:00"),
        ("۲۹ فروردین ۱۴۰۳", "2024-04-17T00:00:00+00:00"),
        ("1402-12-29", "2024-03-19T00:00:00+00:00"),
        ("1 مهر 1404", "2025-09-23T00:00:00+00:00"),
        ("17.04.24", "2024-04-17T00:00:00+00:00"),
        ("17.04.2024 99:99", "2024-04-17T00:00:00+00:00"),
        ("99 May, 5 June 2024 17:00", None),
        ("May 2024", None),
        ("5 May", None),
        ("marching orders", None),
    ],
)
def test_dates_are_read_in_many_languages(written: str, iso: str | None) -> None:
    """A day that a reader would understand is understood, with its time and zone."""
    found = read_date(written)
    assert iso == (found and found.at.isoformat())


def test_a_name_that_two_languages_share_is_read_in_the_pages_own() -> None:
    """Croatian names October what Polish names November."""
    assert read_date("5. listopada 2024", language="hr") == Written(datetime(2024, 10, 5, tzinfo=UTC), False, False)
    assert read_date("5. svibnja 2024", language="hr") == Written(datetime(2024, 5, 5, tzinfo=UTC), False, False)


@pytest.mark.parametrize(("written", "month"), [("4/5/2024", 4), ("13/5/2024", 5), ("4.5.2024", 5), ("5/13/2024", 5)])
def test_american_dates_name_the_month_first(written: str, month: int) -> None:
    """With strokes alone, and where the numbers allow it."""
    found = read_date(written, month_first=True)
    assert found is not None
    assert month == found.at.month


def test_what_was_given_is_told() -> None:
    """Whether there was a time, and a zone."""
    assert read_date("2024-05-03T21:30:00Z") == Written(datetime(2024, 5, 3, 21, 30, tzinfo=UTC), True, True)
    assert read_date("2024-05-03T21:30:00") == Written(datetime(2024, 5, 3, 21, 30, tzinfo=UTC), True, False)
    assert read_date("2024-05-03") == Written(datetime(2024, 5, 3, tzinfo=UTC), False, False)


@pytest.mark.parametrize(
    ("text", "hours"), [(" (GMT+3)", 3), (" −05:30", -5.5), (" +99", None), (" Uhr", None), (" xyz", None)]
)
def test_zones_behind_a_time(text: str, hours: float | None) -> None:
    """Offsets with any sign, within reason; words that are no zone are none."""
    zone = zone_after(text, datetime(2024, 1, 1))  # noqa: DTZ001 - the zone is what is asked for
    offset = zone.utcoffset(None) if zone is not None else None
    assert hours == (offset.total_seconds() / 3600 if offset is not None else None)


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=80) | st.from_regex(r"[\d./: ]{4,20} ?(mai|мая|飛|年|pm|Z)?[\d ]{0,6}", fullmatch=True))
def test_reading_never_raises(written: str) -> None:
    """Any text is a date with a zone, or none."""
    found = read_date(written)
    assert found is None or found.at.tzinfo is not None
