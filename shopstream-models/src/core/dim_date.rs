//! The calendar.

use serde::{Deserialize, Serialize};
use shopstream_core::{Batch, Date, Error, Result, Table};

use crate::Params;

/// The calendar: a row a day, from the start date to the end of the year.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "core", grain(date_key))]
pub struct DimDate {
    /// The day.
    pub date_key: Date,
    /// Its year.
    #[column(non_additive)]
    pub year: i64,
    /// Its quarter, 1 to 4.
    #[column(non_additive)]
    pub quarter: i64,
    /// Its month, 1 to 12.
    #[column(non_additive)]
    pub month: i64,
    /// Its month's English name.
    pub month_name: String,
    /// Its day of the month.
    #[column(non_additive)]
    pub day: i64,
    /// Its day of the week: Monday is 1 (ISO 8601).
    #[column(non_additive)]
    pub day_of_week: i64,
    /// Its day's English name.
    pub day_name: String,
    /// The year of its week (ISO 8601).
    #[column(non_additive)]
    pub iso_year: i64,
    /// Its week, 1 to 53 (ISO 8601).
    #[column(non_additive)]
    pub iso_week: i64,
    /// Its day of the year, from 1.
    #[column(non_additive)]
    pub day_of_year: i64,
    /// Whether it is a Saturday or a Sunday.
    pub is_weekend: bool,
    /// Whether it is the first of its month.
    pub is_month_start: bool,
    /// Whether it is the last of its month.
    pub is_month_end: bool,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// `core.dim_date`, from the start date to 31 December of the year as of which things are told.
///
/// # Errors
/// `Config` when a day is outside of the calendar.
pub fn dim_date(params: &Params) -> Result<Batch<DimDate>> {
    let beyond = || {
        Error::config("a day is outside of the calendar")
            .with("start_date", params.start_date)
            .with("as_of", params.as_of)
    };
    let (year, ..) = params.as_of.ymd().ok_or_else(beyond)?;
    let last = Date::from_ymd(year, 12, 31).ok_or_else(beyond)?;
    let days = params.start_date.days()..=last.days();
    let rows = days.map(|d| row(Date::from_days(d)).ok_or_else(beyond)).collect::<Result<Vec<_>>>()?;
    Ok(Batch::from_rows(&rows))
}

fn row(date: Date) -> Option<DimDate> {
    let (year, month, day) = date.ymd()?;
    let (iso_year, iso_week) = date.iso_week()?;
    let (first, weekday) = (Date::from_ymd(year, 1, 1)?, date.weekday());
    Some(DimDate {
        date_key: date,
        year: year.into(),
        quarter: i64::from(month.div_ceil(3)),
        month: month.into(),
        month_name: MONTHS.get(month as usize - 1)?.to_string(),
        day: day.into(),
        day_of_week: weekday.into(),
        day_name: DAYS.get(weekday as usize - 1)?.to_string(),
        iso_year: iso_year.into(),
        iso_week: iso_week.into(),
        day_of_year: date.days_since(first) + 1,
        is_weekend: weekday >= 6,
        is_month_start: day == 1,
        is_month_end: date.plus_days(1).ymd()?.2 == 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{assert_rows, params};
    use shopstream_core::date;

    fn calendar(start: Date, as_of: Date) -> Batch<DimDate> {
        dim_date(&Params { as_of, ..params() }.with_start_date(start)).unwrap()
    }

    /// The row of a day.
    fn day(key: Date) -> DimDate {
        calendar(key, key).rows().swap_remove(0)
    }

    #[test]
    fn a_day_is_told_in_full() {
        let wednesday = DimDate {
            date_key: date!("2026-01-14"),
            year: 2026,
            quarter: 1,
            month: 1,
            month_name: "January".to_owned(),
            day: 14,
            day_of_week: 3,
            day_name: "Wednesday".to_owned(),
            iso_year: 2026,
            iso_week: 3,
            day_of_year: 14,
            is_weekend: false,
            is_month_start: false,
            is_month_end: false,
        };
        assert_eq!(day(date!("2026-01-14")), wednesday);
        let last = DimDate {
            date_key: date!("2023-12-31"),
            year: 2023,
            quarter: 4,
            month: 12,
            month_name: "December".to_owned(),
            day: 31,
            day_of_week: 7,
            day_name: "Sunday".to_owned(),
            iso_year: 2023,
            iso_week: 52,
            day_of_year: 365,
            is_weekend: true,
            is_month_start: false,
            is_month_end: true,
        };
        assert_rows(&calendar(date!("2023-12-31"), date!("2023-01-01")), &[last]);
    }

    #[test]
    fn a_row_a_day_from_the_start_to_the_end_of_the_year() {
        let days = |start, as_of| calendar(start, as_of).date_key.values().collect::<Vec<Date>>();
        let all = days(date!("2022-01-01"), date!("2026-01-14"));
        assert_eq!(all.len(), 365 + 365 + 366 + 365 + 365);
        assert_eq!((all[0], all[all.len() - 1]), (date!("2022-01-01"), date!("2026-12-31")));
        assert!(all.windows(2).all(|pair| pair[1] == pair[0].plus_days(1)));
        assert_eq!(days(date!("2026-12-31"), date!("2026-01-01")), [date!("2026-12-31")]);
        assert_eq!(days(date!("2026-12-31"), date!("2026-12-31")), [date!("2026-12-31")]);
        assert_eq!(days(date!("2026-12-30"), date!("2026-01-14")), [date!("2026-12-30"), date!("2026-12-31")]);
        assert_eq!(days(date!("2027-01-01"), date!("2026-12-31")), []);
        assert_eq!(days(date!("2030-06-01"), date!("2026-01-14")), []);
    }

    #[test]
    fn leap_years() {
        let of_year = |key| (day(key).day_of_year, day(key).is_month_end);
        assert_eq!(of_year(date!("2024-02-28")), (59, false));
        assert_eq!(of_year(date!("2024-02-29")), (60, true));
        assert_eq!(of_year(date!("2024-12-31")), (366, true));
        assert_eq!(of_year(date!("2023-02-28")), (59, true));
        assert_eq!(of_year(date!("2023-03-01")), (60, false));
        assert_eq!(of_year(date!("2000-02-29")), (60, true));
        assert_eq!(of_year(date!("1900-02-28")), (59, true));
    }

    #[test]
    fn weeks_at_the_ends_of_years() {
        let week = |key| (day(key).iso_year, day(key).iso_week, day(key).day_of_week);
        assert_eq!(week(date!("2020-12-31")), (2020, 53, 4));
        assert_eq!(week(date!("2021-01-01")), (2020, 53, 5));
        assert_eq!(week(date!("2021-01-03")), (2020, 53, 7));
        assert_eq!(week(date!("2021-01-04")), (2021, 1, 1));
        assert_eq!(week(date!("2022-01-01")), (2021, 52, 6));
        assert_eq!(week(date!("2024-12-29")), (2024, 52, 7));
        assert_eq!(week(date!("2024-12-30")), (2025, 1, 1));
        assert_eq!(week(date!("2026-12-31")), (2026, 53, 4));
    }

    #[test]
    fn months_have_their_ends_quarters_and_names() {
        let year = calendar(date!("2025-01-01"), date!("2025-06-15")).rows();
        let starts: Vec<_> = year.iter().filter(|d| d.is_month_start).map(|d| (d.month, d.day)).collect();
        assert_eq!(starts, (1..=12).map(|month| (month, 1)).collect::<Vec<_>>());
        let ends: Vec<i64> = year.iter().filter(|d| d.is_month_end).map(|d| d.day).collect();
        assert_eq!(ends, [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]);
        let names: Vec<_> =
            year.iter().filter(|d| d.is_month_end).map(|d| (d.quarter, d.month_name.as_str())).collect();
        let expected = [
            (1, "January"),
            (1, "February"),
            (1, "March"),
            (2, "April"),
            (2, "May"),
            (2, "June"),
            (3, "July"),
            (3, "August"),
            (3, "September"),
            (4, "October"),
            (4, "November"),
            (4, "December"),
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_week_begins_on_monday_and_ends_with_its_weekend() {
        let days = (0..7).map(|i| day(date!("2026-01-12").plus_days(i)));
        let week: Vec<_> = days.map(|d| (d.day_of_week, d.day_name, d.is_weekend)).collect();
        let expected = [
            (1, "Monday", false),
            (2, "Tuesday", false),
            (3, "Wednesday", false),
            (4, "Thursday", false),
            (5, "Friday", false),
            (6, "Saturday", true),
            (7, "Sunday", true),
        ];
        assert_eq!(week, expected.map(|(number, name, weekend)| (number, name.to_owned(), weekend)));
    }

    #[test]
    fn a_day_outside_of_the_calendar_is_an_error() {
        let error = dim_date(&Params::new(Date::from_days(i32::MAX))).unwrap_err();
        assert_eq!(error.kind(), shopstream_core::ErrorKind::Config);
        assert_eq!(error.context("as_of"), Some("day 2147483647"));
    }
}
