//! Where a text in SQL names tables with their layer: `staging.stg_orders`.

use super::parameters::opaque;
use crate::{Dialect, TableRef};

/// The text with the names of tables replaced, where there is something to replace them with. Names are plain words of
/// two parts, in any case; strings, quoted names, comments, names of three parts and functions are left alone.
pub(super) fn replaced(sql: &str, dialect: Dialect, name: impl Fn(&TableRef) -> Option<String>) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut before = ' ';
    let mut rest = sql;
    while let Some(next) = rest.chars().next() {
        let length = match opaque(rest, dialect) {
            Some(length) => length,
            None if begins_word(before, next) => {
                let length = word(rest);
                if before != '.'
                    && let Some(new) = table(&rest[..length]).and_then(|table| name(&table))
                {
                    text.push_str(&new);
                    rest = &rest[length..];
                    before = '"';
                    continue;
                }
                length
            }
            None => next.len_utf8(),
        };
        let (taken, left) = rest.split_at(length);
        text.push_str(taken);
        before = taken.chars().next_back().unwrap_or(before);
        rest = left;
    }
    text
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// Whether a word begins here. After a colon it is a parameter, or a path into a document.
fn begins_word(before: char, next: char) -> bool {
    !is_word(before) && !matches!(before, ':' | '"' | '@') && (next.is_alphabetic() || next == '_')
}

/// The length of the words and dots that a text begins with, and of the bracket that opens a function's arguments.
fn word(sql: &str) -> usize {
    let end = sql.find(|c: char| !is_word(c) && c != '.').unwrap_or(sql.len());
    if sql[end..].starts_with('(') { end + 1 } else { end }
}

/// The table that words and dots name.
fn table(words: &str) -> Option<TableRef> {
    let (layer, table) = words.split_once('.')?;
    let plain = !layer.is_empty() && !table.is_empty() && table.chars().all(is_word);
    plain.then(|| TableRef::new(layer.to_lowercase(), table.to_lowercase()))
}
