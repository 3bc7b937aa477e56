//! One identifier.

use shopstream_core::{Error, Result};
use std::fmt;

/// The name of an object or a column, as Snowflake keeps it. As SQL it is always quoted, so that it is never a reserved
/// word and never ends early.
///
/// Names that people give are folded to upper case, which is what Snowflake makes of a name without quotes: in their own
/// SQL they need none.
///
/// ```
/// use shopstream_sinks::snowflake::sql::Ident;
///
/// assert_eq!(Ident::new("order_items")?.to_string(), r#""ORDER_ITEMS""#);
/// assert_eq!(Ident::new(r#"select"; drop"#)?.to_string(), r#""SELECT""; DROP""#);
/// assert!(Ident::new("").is_err());
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ident(String);

impl Ident {
    /// How many characters a name has at most:
    /// <https://docs.snowflake.com/en/sql-reference/identifiers-syntax>.
    pub const MAX_CHARS: usize = 255;

    /// A name that somebody chose, folded to upper case.
    ///
    /// # Errors
    /// `Config` when it is empty, longer than [`MAX_CHARS`](Self::MAX_CHARS) or has a control character.
    pub fn new(name: &str) -> Result<Self> {
        Self::exact(&name.to_uppercase())
    }

    /// A name as Snowflake shows it, which may have lower case letters.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn exact(name: &str) -> Result<Self> {
        let chars = name.chars().count();
        if chars == 0 || chars > Self::MAX_CHARS || name.chars().any(char::is_control) {
            return Err(Error::config("a name in Snowflake has 1 to 255 characters, and no control character")
                .with("name", name.escape_debug())
                .with("characters", chars));
        }
        Ok(Self(name.to_owned()))
    }

    /// A name that stands in the library itself, in upper case.
    pub(crate) fn constant(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The name itself, without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a lexer takes for one quoted name, and what is left behind it.
    fn lex(sql: &str) -> (String, &str) {
        let mut rest = sql.strip_prefix('"').unwrap();
        let mut name = String::new();
        loop {
            let (before, after) = rest.split_once('"').unwrap();
            name.push_str(before);
            match after.strip_prefix('"') {
                Some(after) => {
                    name.push('"');
                    rest = after;
                }
                None => return (name, after),
            }
        }
    }

    #[test]
    fn names_are_folded_and_quoted() {
        for (name, sql) in [
            ("users", "\"USERS\""),
            ("select", "\"SELECT\""),
            ("a.b", "\"A.B\""),
            ("été", "\"ÉTÉ\""),
            ("a\"b", "\"A\"\"B\""),
            ("\"\"", "\"\"\"\"\"\""),
            ("x\"; DROP DATABASE y; --", "\"X\"\"; DROP DATABASE Y; --\""),
        ] {
            assert_eq!(Ident::new(name).unwrap().to_string(), sql);
        }
        assert_eq!(Ident::exact("Mixed").unwrap().as_str(), "Mixed");
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        assert!(Ident::new(&"x".repeat(255)).is_ok() && Ident::new(&"é".repeat(255)).is_ok());
        let longer = [String::new(), "x".repeat(256), "ß".repeat(128), "a\nb".to_owned(), "a\0".to_owned()];
        for name in longer {
            assert_eq!(Ident::new(&name).unwrap_err().kind(), shopstream_core::ErrorKind::Config, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_ends_where_it_ends(name in "(\"|'|\\.|;|-|\\\\|select|\\PC){1,40}", behind in "[ .;\\PC&&[^\"]]{0,9}") {
            let ident = Ident::exact(&name).unwrap();
            let sql = format!("{ident}{behind}");
            prop_assert_eq!(lex(&sql), (name, behind.as_str()));
        }
    }
}
