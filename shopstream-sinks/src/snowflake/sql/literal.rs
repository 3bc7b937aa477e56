//! Texts.

/// A text as a literal: quotes are doubled, and backslashes escaped, which Snowflake reads as escapes within quotes
/// (<https://docs.snowflake.com/en/sql-reference/data-types-text>). Line breaks become escapes too, so that a statement
/// stays on its lines.
///
/// ```
/// use shopstream_sinks::snowflake::sql::literal;
///
/// assert_eq!(literal("it's"), "'it''s'");
/// assert_eq!(literal(r"\'; DROP"), r"'\\''; DROP'");
/// ```
pub fn literal(text: &str) -> String {
    let mut sql = String::with_capacity(text.len() + 2);
    sql.push('\'');
    for c in text.chars() {
        match c {
            '\'' => sql.push_str("''"),
            '\\' => sql.push_str("\\\\"),
            '\n' => sql.push_str("\\n"),
            '\r' => sql.push_str("\\r"),
            '\t' => sql.push_str("\\t"),
            '\0' => sql.push_str("\\0"),
            c => sql.push(c),
        }
    }
    sql.push('\'');
    sql
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a literal by the documented rules: what it says, and what is left behind it.
    fn lex(sql: &str) -> (String, String) {
        let mut chars = sql.chars().peekable();
        assert_eq!(chars.next(), Some('\''));
        let mut text = String::new();
        loop {
            match chars.next().unwrap() {
                '\'' if chars.peek() == Some(&'\'') => text.extend(chars.next()),
                '\'' => return (text, chars.collect()),
                '\\' => text.push(match chars.next().unwrap() {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '0' => '\0',
                    c => c,
                }),
                c => text.push(c),
            }
        }
    }

    proptest! {
        #[test]
        fn a_text_is_read_as_it_was(text in "('|\"|\\\\|\\$\\$|;|--|\\n|\\PC|\\p{Cc}){0,40}", behind in "[^']{0,9}") {
            let sql = format!("{}{behind}", literal(&text));
            prop_assert_eq!(lex(&sql), (text, behind));
        }
    }
}
