//! The first and the last text of a row group's column, for its statistics.
//!
//! Parquet's own writer compares each text with both byte by byte. Texts that are views of a batch mostly differ in the
//! four bytes that their views hold, and so a batch's are found without a look at the texts.

use arrow::{
    array::{Array, AsArray},
    compute::{max_string, max_string_view, min_string, min_string_view},
    datatypes::{DataType, Field},
};
use parquet::{
    data_type::ByteArray,
    file::statistics::{Statistics, ValueStatistics},
};

/// Bytes that are kept of each, as many as Parquet's own writer keeps.
const KEPT: usize = 64;

/// The first and the last of the texts so far, by the order of their bytes. Of JSON nobody looks for them: which document
/// is the least says nothing.
#[derive(Debug)]
pub(super) struct TextExtremes {
    wanted: bool,
    found: Option<(String, String)>,
}

impl TextExtremes {
    /// Of a column, without a row yet.
    pub(super) fn new(field: &Field) -> Self {
        Self { wanted: field.extension_type_name() != Some("arrow.json"), found: None }
    }

    /// Of nothing that anybody wants to know.
    pub(super) fn unwanted() -> Self {
        Self { wanted: false, found: None }
    }

    /// Adds the texts of an array; one of another type has none.
    pub(super) fn update(&mut self, array: &dyn Array) {
        if !self.wanted {
            return;
        }
        let found = match array.data_type() {
            DataType::Utf8View => min_string_view(array.as_string_view()).zip(max_string_view(array.as_string_view())),
            DataType::Utf8 => min_string(array.as_string::<i32>()).zip(max_string(array.as_string::<i32>())),
            DataType::LargeUtf8 => min_string(array.as_string::<i64>()).zip(max_string(array.as_string::<i64>())),
            _ => None,
        };
        if let Some((min, max)) = found {
            self.add(min);
            self.add(max);
        }
    }

    /// Adds a text.
    pub(super) fn add(&mut self, text: &str) {
        match &mut self.found {
            _ if !self.wanted => {}
            None => self.found = Some((text.to_owned(), text.to_owned())),
            Some((first, _)) if text < first.as_str() => text.clone_into(first),
            Some((_, last)) if text > last.as_str() => text.clone_into(last),
            Some(_) => {}
        }
    }

    /// What a chunk says of its texts and of how many are missing. Of a long text it is a shorter one that is no greater,
    /// or no less.
    pub(super) fn statistics(&self, nulls: u64) -> Statistics {
        let (min, max) = self.found.as_ref().map(|(min, max)| (min.as_str(), max.as_str())).unzip();
        let (from, to) = (min.map(lower_bound), max.map(upper_bound));
        let (min_is_exact, max_is_exact) = (from == min, to.as_deref() == max);
        let statistics = ValueStatistics::new(
            from.map(ByteArray::from),
            to.map(|to| ByteArray::from(to.into_bytes())),
            None,
            Some(nulls),
            false,
        );
        Statistics::ByteArray(statistics.with_min_is_exact(min_is_exact).with_max_is_exact(max_is_exact))
    }
}

fn lower_bound(min: &str) -> &str {
    &min[..min.floor_char_boundary(KEPT)]
}

/// A long text's beginning with its last character that has a next one of as many bytes replaced by that one.
fn upper_bound(max: &str) -> String {
    let kept = lower_bound(max);
    let next = |(at, last): (usize, char)| {
        let next = char::from_u32(u32::from(last) + 1).filter(|next| next.len_utf8() == last.len_utf8())?;
        Some(format!("{}{next}", &kept[..at]))
    };
    let greater = || kept.char_indices().rev().find_map(next);
    if kept == max { None } else { greater() }.unwrap_or_else(|| max.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_text_something_greater_is_kept() {
        let long = |last: &str| format!("{}{last} and what follows", "a".repeat(KEPT - last.len()));
        let kept = |last: &str| format!("{}{last}", "a".repeat(KEPT - last.len()));
        assert_eq!(upper_bound("zone"), "zone");
        assert_eq!(upper_bound(&kept("a")), kept("a"));
        assert_eq!(upper_bound(&long("é")), kept("ê"));
        // No character of two bytes comes after the last of them: the one before it is replaced.
        assert_eq!(upper_bound(&long("b\u{7ff}")), format!("{}c", "a".repeat(KEPT - 3)));
        // Where no character can be replaced, all of it is kept.
        let last = "\u{10ffff}".repeat(KEPT);
        assert_eq!(upper_bound(&last), last);
        assert_eq!(lower_bound(&last).len(), KEPT);
        assert_eq!(lower_bound(&format!("a{last}")).len(), KEPT - 3);
    }
}
