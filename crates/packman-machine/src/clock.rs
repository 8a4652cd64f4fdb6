//! The time of day. No variable changes it: a clock that can be set from outside would revive what has expired.

use std::time::SystemTime;

use packman_strict::time::Time;

/// Where the time comes from: the command makes `System`, tests and demonstrations make `Fixed`.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Always the same time.
    Fixed(Time),
}

impl Clock {
    /// What time it is.
    pub fn now(self) -> Time {
        match self {
            Self::System => now(),
            Self::Fixed(time) => time,
        }
    }
}

/// What time the machine says it is; before 1970 where it says so.
pub fn now() -> Time {
    let seconds = |duration: std::time::Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => Time::from_seconds(seconds(since)),
        Err(error) => Time::from_seconds(seconds(error.duration()).saturating_neg()),
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use packman_strict::time::Time;

    #[test]
    fn a_fixed_clock_stands_still_and_the_machines_is_after_this_was_written() {
        let early = Time::parse("1970-01-02T00:00:00Z").unwrap();
        assert_eq!(Clock::Fixed(early).now(), early);
        assert!(Clock::System.now() > early);
    }
}
