//! Qualified names.

use shopstream_core::{Error, Result};
use std::fmt;

use super::Ident;

/// The name of an object with those of what it lies in: `"DB"."RAW"."USERS"`.
///
/// ```
/// use shopstream_sinks::snowflake::sql::{Ident, Name};
///
/// let users = Name::from(Ident::new("db")?).child(Ident::new("raw")?).child(Ident::new("users")?);
/// assert_eq!(users.to_string(), r#""DB"."RAW"."USERS""#);
/// assert_eq!(Name::parse("DB.RAW.USERS")?, users);
/// assert_eq!(users.parent(), Some(Name::parse("DB.RAW")?));
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Vec<Ident>);

impl Name {
    /// The name of something that lies in this.
    #[must_use]
    pub fn child(&self, name: Ident) -> Self {
        let mut parts = self.0.clone();
        parts.push(name);
        Self(parts)
    }

    /// The name of something beside it, with more at the end.
    ///
    /// # Errors
    /// `Config` when that is too long.
    pub(crate) fn sibling(&self, end: &str) -> Result<Self> {
        let mut parts = self.0.clone();
        if let Some(last) = parts.last_mut() {
            *last = Ident::exact(&format!("{}{end}", last.as_str()))?;
        }
        Ok(Self(parts))
    }

    /// The name of what it lies in; none of a name without one.
    pub fn parent(&self) -> Option<Self> {
        let (_, outer) = self.0.split_last()?;
        (!outer.is_empty()).then(|| Self(outer.to_vec()))
    }

    /// A name as Snowflake shows it, where only those parts are quoted that need it. Without quotes nothing is folded:
    /// Snowflake has done so.
    ///
    /// # Errors
    /// `Schema` when it is no name.
    pub fn parse(shown: &str) -> Result<Self> {
        let unfit = || Error::schema("not the name of an object").with("name", shown.escape_debug());
        let mut parts = vec![];
        let mut rest = shown;
        loop {
            let part;
            (part, rest) = match rest.strip_prefix('"') {
                Some(quoted) => unquote(quoted).ok_or_else(unfit)?,
                None => {
                    let end = rest.find('.').unwrap_or(rest.len());
                    (rest[..end].to_owned(), &rest[end..])
                }
            };
            parts.push(Ident::exact(&part).map_err(|e| unfit().caused_by(e))?);
            match rest.strip_prefix('.') {
                Some(more) => rest = more,
                None if rest.is_empty() => return Ok(Self(parts)),
                None => return Err(unfit()),
            }
        }
    }

    /// Its parts, the outermost first.
    pub fn parts(&self) -> &[Ident] {
        &self.0
    }
}

/// A quoted part behind its first quote, and what follows the last.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once('"')?;
        part.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                part.push('"');
                rest = after;
            }
            None => return Some((part, after)),
        }
    }
}

impl From<Ident> for Name {
    fn from(name: Ident) -> Self {
        Self(vec![name])
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.0.iter().enumerate() {
            write!(f, "{}{part}", if i == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shown_names_are_read() {
        let parts =
            |shown: &str| Name::parse(shown).unwrap().0.iter().map(|p| p.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(parts("A.\"b.c\".D"), ["A", "b.c", "D"]);
        assert_eq!(parts("\"a\"\"b\""), ["a\"b"]);
        for wrong in ["", "A.", ".A", "A..B", "\"a", "\"a\"b", "\"\""] {
            assert!(Name::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_name_survives_its_sql(parts in prop::collection::vec("(\"|\\.|'|\\PC){1,12}", 1..4)) {
            let name = Name(parts.iter().map(|p| Ident::exact(p).unwrap()).collect());
            prop_assert_eq!(Name::parse(&name.to_string()).unwrap(), name);
        }
    }
}
