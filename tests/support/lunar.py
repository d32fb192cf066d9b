"""The Vietnamese lunar calendar, after the published algorithm of Hồ Ngọc Đức.

It computes new moons and solar longitudes for UTC+7 (J. Meeus, Astronomical
Algorithms), as an independent judge of the days off that are listed.
"""

from datetime import date, timedelta
from math import floor, pi, sin

_ZONE = 7 / 24
_UNIX_EPOCH = 2440588  # Julian day number of 1970-01-01
_NEW_MOON_EPOCH = 2415021.076998695
_MONTH = 29.530588853
_KINGS_MONTH = 3
_KINGS_DAY = 10


def first_of_lunar_year(year: int) -> date:
    """Return the first day of Tết."""
    return _first_of_month(year, 1)


def hung_kings_day(year: int) -> date:
    """Return the tenth day of the third lunar month."""
    first = _first_of_month(year, _KINGS_MONTH)
    return first + timedelta(days=_KINGS_DAY - 1)


def _first_of_month(year: int, month: int) -> date:
    eleventh, following = _month_eleven(year - 1), _month_eleven(year)
    k = floor(0.5 + (eleventh - _NEW_MOON_EPOCH) / _MONTH)
    offset = month + 1
    if following - eleventh > 365:
        leap = _leap_offset(eleventh)
        if offset >= leap:
            offset += 1
    return _date(_new_moon(k + offset))


def _month_eleven(year: int) -> int:
    """Return the new moon that begins the month of the winter solstice."""
    off = _julian_day(date(year, 12, 31)) - 2415021
    k = floor(off / _MONTH)
    moon = _new_moon(k)
    return _new_moon(k - 1) if _sun_sector(moon) >= 9 else moon


def _leap_offset(eleventh: int) -> int:
    k = floor((eleventh - _NEW_MOON_EPOCH) / _MONTH + 0.5)
    last, step = 0, 1
    arc = _sun_sector(_new_moon(k + step))
    while arc != last and step < 14:
        last, step = arc, step + 1
        arc = _sun_sector(_new_moon(k + step))
    return step - 1


def _julian_day(day: date) -> int:
    return _UNIX_EPOCH + (day - date(1970, 1, 1)).days


def _date(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number - _UNIX_EPOCH)


def _new_moon(k: int) -> int:
    """Return the day, in Vietnam, of the k-th new moon after 1900-01-01."""
    t = k / 1236.85
    dr = pi / 180
    mean = 2415020.75933 + 29.53058868 * k + 0.0001178 * t**2 - 0.000000155 * t**3
    mean += 0.00033 * sin((166.56 + 132.87 * t - 0.009173 * t**2) * dr)
    sun = (359.2242 + 29.10535608 * k - 0.0000333 * t**2 - 0.00000347 * t**3) * dr
    moon = (306.0253 + 385.81691806 * k + 0.0107306 * t**2 + 0.00001236 * t**3) * dr
    node = (21.2964 + 390.67050646 * k - 0.0016528 * t**2 - 0.00000239 * t**3) * dr
    shift = (0.1734 - 0.000393 * t) * sin(sun) + 0.0021 * sin(2 * sun)
    shift += -0.4068 * sin(moon) + 0.0161 * sin(2 * moon) - 0.0004 * sin(3 * moon)
    shift += 0.0104 * sin(2 * node) - 0.0051 * sin(sun + moon)
    shift += -0.0074 * sin(sun - moon) + 0.0004 * sin(2 * node + sun)
    shift += -0.0004 * sin(2 * node - sun) - 0.0006 * sin(2 * node + moon)
    shift += 0.0010 * sin(2 * node - moon) + 0.0005 * sin(2 * moon + sun)
    delta = -0.000278 + 0.000265 * t + 0.000262 * t**2
    return floor(mean + shift - delta + 0.5 + _ZONE)


def _sun_sector(number: int) -> int:
    """Return which twelfth of its way the sun is in at midnight in Vietnam."""
    t = (number - 2451545.5 - _ZONE) / 36525
    dr = pi / 180
    anomaly = (357.52910 + 35999.05030 * t - 0.0001559 * t**2) * dr
    mean = 280.46645 + 36000.76983 * t + 0.0003032 * t**2
    centre = (1.914600 - 0.004817 * t - 0.000014 * t**2) * sin(anomaly)
    centre += (0.019993 - 0.000101 * t) * sin(2 * anomaly) + 0.000290 * sin(3 * anomaly)
    longitude = (mean + centre) * dr
    longitude -= 2 * pi * floor(longitude / (2 * pi))
    return floor(longitude / pi * 6)
