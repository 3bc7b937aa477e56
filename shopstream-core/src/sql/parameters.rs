//! Where a text in SQL has its parameters: outside of strings, quoted names and comments.

use crate::Dialect;

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part<'a> {
    Text(&'a str),
    /// The name of a parameter.
    Parameter(&'a str),
}

/// The pieces of a text, in order. What is never closed goes to the end: the database will say so.
pub(super) fn parts(sql: &str, dialect: Dialect) -> Vec<Part<'_>> {
    let mut parts = vec![];
    let (mut written, mut at, mut before) = (0, 0, ' ');
    while let Some(next) = sql[at..].chars().next() {
        if let Some(name) = parameter(&sql[at..], before) {
            parts.extend([Part::Text(&sql[written..at]), Part::Parameter(name)]);
            at += 1 + name.len();
            written = at;
            before = 'x';
            continue;
        }
        at += opaque(&sql[at..], dialect).unwrap_or(next.len_utf8());
        before = next;
    }
    parts.push(Part::Text(&sql[written..]));
    parts
}

/// The parameter that a text begins with. After a name, a bracket or another colon it is a path into a document
/// (`metadata:device`), a slice or a cast (`::date`).
fn parameter(sql: &str, before: char) -> Option<&str> {
    if before.is_alphanumeric() || matches!(before, '_' | '$' | ':' | '"' | ')' | ']') {
        return None;
    }
    let rest = sql.strip_prefix(':').filter(|r| r.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    Some(&rest[..end])
}

/// The length of the string, quoted name or comment that a text begins with.
pub(super) fn opaque(sql: &str, dialect: Dialect) -> Option<usize> {
    // A doubled quote ends one string and begins the next, which is the same.
    let (open, close) = match sql.as_bytes() {
        [b'\'', ..] if dialect == Dialect::Snowflake => return Some(escaped(sql)),
        [b'\'', ..] => ("'", "'"),
        [b'"', ..] => ("\"", "\""),
        [b'-', b'-', ..] => ("--", "\n"),
        [b'/', b'*', ..] => ("/*", "*/"),
        [b'$', b'$', ..] => ("$$", "$$"),
        _ => return None,
    };
    Some(sql[open.len()..].find(close).map_or(sql.len(), |found| open.len() + found + close.len()))
}

/// The length of a string in which a backslash escapes what follows it.
fn escaped(sql: &str) -> usize {
    let mut chars = sql.char_indices().skip(1);
    while let Some((i, c)) = chars.next() {
        match c {
            '\\' => _ = chars.next(),
            '\'' => return i + 1,
            _ => {}
        }
    }
    sql.len()
}
