//! Dates as people write them: `2026-11-24`, or a moment as RFC 3339 writes it.

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// The moment that a date or a date with a time names, Unix milliseconds. A date without a time begins at midnight so many minutes east of UTC.
/// `None` where it is neither, or lies before 1970.
pub fn parse(text: &str, utc_offset_min: i32) -> Option<u64> {
    let (date, time) = match text.split_at_checked(10)? {
        (date, "") => (date, None),
        (date, rest) => (date, Some(rest.strip_prefix(['T', 't', ' '])?)),
    };
    let day = day(date)?;
    let moment = match time {
        None => day * DAY_MS - i64::from(utc_offset_min) * 60_000,
        Some(time) => day * DAY_MS + of_day(time)?,
    };
    u64::try_from(moment).ok()
}

/// Days since 1970-01-01.
fn day(date: &str) -> Option<i64> {
    let mut parts = date.splitn(3, '-');
    let year = digits(parts.next()?, 4)?;
    let month = digits(parts.next()?, 2)?;
    let day = digits(parts.next()?, 2)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) || year < 1 {
        return None;
    }
    // Years that begin in March end with the day that comes and goes (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year % 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(year / 400 * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// `hh:mm[:ss[.fff]]` and `Z` or `±hh:mm`, in milliseconds since midnight UTC.
fn of_day(time: &str) -> Option<i64> {
    let zone_at = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at_checked(zone_at)?;
    let offset = match zone {
        "Z" | "z" => 0,
        zone => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            sign * minutes(zone.get(1..)?)?
        }
    };
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ms: i64 = fraction.chars().chain("000".chars()).take(3).collect::<String>().parse().ok()?;
    let (to_minute, seconds) = match whole.len() {
        5 => (whole, 0),
        _ => (whole.get(..5)?, digits(whole.get(5..)?.strip_prefix(':')?, 2)?),
    };
    // A leap second counts as the last one.
    (seconds <= 60).then_some((minutes(to_minute)? - offset) * 60_000 + seconds.min(59) * 1000 + ms)
}

/// `hh:mm`.
fn minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_and_moments_are_read() {
        for (text, offset, expected) in [
            ("1970-01-01", 0, 0),
            ("2026-11-24", 0, 1_795_478_400_000),
            ("2024-02-29", 0, 1_709_164_800_000),
            ("2026-11-24", 60, 1_795_474_800_000),
            ("2026-11-24T10:30:00Z", 60, 1_795_516_200_000),
            ("2026-11-24T10:30Z", 0, 1_795_516_200_000),
            ("2026-11-24T12:30:00.25+02:00", 0, 1_795_516_200_250),
            ("2000-03-01", 0, 951_868_800_000),
            ("9999-12-31", 0, 253_402_214_400_000),
        ] {
            assert_eq!(parse(text, offset), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-11",
            "2026-13-01",
            "2026-02-29",
            "2026-00-10",
            "2026-1-01",
            "24.11.2026",
            "2026-11-24T",
            "2026-11-24T10:30",
            "2026-11-24T25:00Z",
            "2026-11-24T10:30:00",
            "2026-11-24T10:30:61Z",
            "2026-11-24X10:30Z",
            "1969-12-31",
            "2026-11-24T10:30:00.Z",
            "２０２６-11-24",
        ] {
            assert_eq!(parse(text, 0), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn days_follow_each_other(year in 1971i64..3000, month in 1i64..13, day in 1i64..28) {
            let date = |day: i64| parse(&format!("{year:04}-{month:02}-{day:02}"), 0).unwrap();
            proptest::prop_assert_eq!(date(day + 1) - date(day), 86_400_000);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
            let _ = parse(&text, 0);
        }
    }
}
