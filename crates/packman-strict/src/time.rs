//! Points in time as TUF metadata writes them: whole seconds, UTC, one spelling each.
//!
//! The crate reads no clock: what *now* is comes from whoever calls.

use std::fmt;

use crate::quote::quoted;

const DAY: i64 = 86_400;

/// A point in time: seconds since 1970-01-01T00:00:00Z. Written as `YYYY-MM-DDTHH:MM:SSZ`.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Time(i64);

impl Time {
    /// The point that many seconds after the beginning of 1970, UTC.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the beginning of 1970, UTC.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Parses exactly `YYYY-MM-DDTHH:MM:SSZ` (TUF 1.0, section 4.2): no fractions, no offsets, no leap second.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        moment(text)
            .map(Self)
            .ok_or_else(|| TimeError { found: text.to_owned(), wanted: "YYYY-MM-DDTHH:MM:SSZ" })
    }

    /// Parses exactly `YYYY-MM-DD`, as the beginning of that day in UTC.
    pub fn parse_date(text: &str) -> Result<Self, TimeError> {
        date(text.as_bytes())
            .map(|days| Self(days * DAY))
            .ok_or_else(|| TimeError { found: text.to_owned(), wanted: "YYYY-MM-DD" })
    }

    /// The point that many days later (earlier, when negative); stops at the ends of what can be counted.
    pub fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(DAY))
    }

    /// The point that many seconds later (earlier, when negative); stops at the ends of what can be counted.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// The day in UTC, as `YYYY-MM-DD`.
    pub fn date(self) -> String {
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        format!("{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0.rem_euclid(DAY);
        write!(f, "{}T{:02}:{:02}:{:02}Z", self.date(), second / 3600, second / 60 % 60, second % 60)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn moment(text: &str) -> Option<i64> {
    let [day @ .., b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'Z'] = text.as_bytes() else { return None };
    let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?);
    let inside = hour < 24 && minute < 60 && second < 60;
    inside.then_some(date(day)? * DAY + hour * 3600 + minute * 60 + second)
}

/// Days since 1970-01-01 of `YYYY-MM-DD`.
fn date(text: &[u8]) -> Option<i64> {
    let [year @ .., b'-', m1, m2, b'-', d1, d2] = text else { return None };
    if year.len() != 4 {
        return None;
    }
    let (year, month, day) = (number(year)?, number(&[*m1, *m2])?, number(&[*d1, *d2])?);
    // A day that does not exist (30 February) comes back from the calendar as another one.
    let days = days(year, month, day);
    (civil(days) == (year, month, day)).then_some(days)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
}

/// Days since 1970-01-01 in the Gregorian calendar; years begin in March so that the leap day is their last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day_of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01: the way back from [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let first_of_month = (153 * month + 2) / 5;
    let month_of_year = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month_of_year <= 2), month_of_year, day - first_of_month + 1)
}

/// Text that is not a time or a date as we write it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TimeError {
    found: String,
    wanted: &'static str,
}

impl TimeError {
    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        "time-malformed"
    }
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "time {}: wanted {}", quoted(&self.found), self.wanted)
    }
}

impl std::error::Error for TimeError {}

#[cfg(test)]
mod tests {
    use super::{DAY, Time};

    fn check(text: &str, seconds: i64) {
        assert_eq!(Time::parse(text).unwrap().seconds(), seconds, "{text}");
        assert_eq!(Time::from_seconds(seconds).to_string(), text);
        assert_eq!(
            Time::parse_date(text.split_once('T').unwrap().0).unwrap(),
            Time::from_seconds(seconds - seconds.rem_euclid(DAY))
        );
    }

    #[test]
    fn known_points_read_and_write_alike() {
        check("1970-01-01T00:00:00Z", 0);
        check("1969-12-31T23:59:59Z", -1);
        check("2000-02-29T12:00:00Z", 951_825_600);
        check("2003-10-15T09:26:53Z", 1_066_210_013);
        check("2038-01-19T03:14:08Z", 1 << 31);
        check("9999-12-31T23:59:59Z", 253_402_300_799);
        check("0000-03-01T00:00:00Z", -62_162_035_200);
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        let mut before = Time::parse("1899-12-31T00:00:00Z").unwrap();
        for _ in 0..146_097 {
            let next = before.plus_days(1);
            assert!(next.date() > before.date());
            assert_eq!(Time::parse(&next.to_string()).unwrap(), next);
            before = next;
        }
        assert_eq!(before.date(), "2299-12-31");
    }

    #[test]
    fn refuses_days_that_do_not_exist_and_other_spellings() {
        for text in [
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2024-04-31T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:60Z",
            "2024-01-01T00:00:00z",
            "2024-01-01t00:00:00Z",
            "2024-01-01 00:00:00Z",
            "2024-01-01T00:00:00.0Z",
            "2024-01-01T00:00:00+00:00",
            "2024-01-01T00:00:00",
            "024-01-01T00:00:00Z",
            "12024-01-01T00:00:00Z",
            "+024-01-01T00:00:00Z",
            " 2024-01-01T00:00:00Z",
            "2024-1-01T00:00:00Z",
            "",
        ] {
            assert!(Time::parse(text).is_err(), "{text}");
        }
        insta::assert_snapshot!(Time::parse("tomorrow").unwrap_err(), @"time `tomorrow`: wanted YYYY-MM-DDTHH:MM:SSZ");
    }

    #[test]
    fn the_ends_of_counting_do_not_overflow() {
        let end = Time::from_seconds(i64::MAX);
        assert_eq!(end.plus_days(i64::MAX), end);
        assert!(!end.to_string().is_empty());
        assert!(!Time::from_seconds(i64::MIN).to_string().is_empty());
    }
}
