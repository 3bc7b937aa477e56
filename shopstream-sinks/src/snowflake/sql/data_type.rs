//! Types of columns, to compare them.

use std::fmt;

/// The type of a column as Snowflake shows it: synonyms and defaults are put in one form, so that `TEXT` and
/// `VARCHAR(16777216)` are the same type.
///
/// ```
/// use shopstream_sinks::snowflake::sql::DataType;
///
/// let amount = DataType::parse("NUMBER(10,2)");
/// assert!(amount.widens_to(&DataType::parse("DECIMAL(38, 2)")));
/// assert!(!amount.widens_to(&DataType::parse("NUMBER(38,4)")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataType {
    name: String,
    arguments: Vec<u64>,
}

/// The length of a `VARCHAR` that says none; there are longer ones, and they hold the same texts of ours:
/// <https://docs.snowflake.com/en/sql-reference/data-types-text>.
const LONGEST: u64 = 16_777_216;

impl DataType {
    /// The type of a text such as `NUMBER(10,2)`.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let (name, arguments) = match text.strip_suffix(')').and_then(|t| t.split_once('(')) {
            Some((name, arguments)) => (name, arguments.split(',').filter_map(|a| a.trim().parse().ok()).collect()),
            None => (text, vec![]),
        };
        Self::of(&name.trim().to_uppercase(), arguments)
    }

    fn of(name: &str, arguments: Vec<u64>) -> Self {
        let (name, defaults): (&str, &[u64]) = match name {
            "VARCHAR" | "TEXT" | "STRING" => ("VARCHAR", &[LONGEST]),
            "NUMBER" | "DECIMAL" | "NUMERIC" => ("NUMBER", &[38, 0]),
            "FLOAT" | "DOUBLE" | "REAL" => ("FLOAT", &[]),
            "TIMESTAMP_NTZ" | "DATETIME" => ("TIMESTAMP_NTZ", &[9]),
            "TIMESTAMP_LTZ" | "TIMESTAMP_TZ" | "TIME" => (name, &[9]),
            _ => (name, &[]),
        };
        let missing = defaults.iter().skip(arguments.len());
        let mut arguments: Vec<u64> = arguments.iter().chain(missing).copied().collect();
        if let ("VARCHAR", [length]) = (name, arguments.as_mut_slice()) {
            *length = LONGEST.min(*length);
        }
        Self { name: name.to_owned(), arguments }
    }

    /// Whether a column of this type can become one of the other in place, without touching a value: a longer text, a
    /// number with more digits before the point
    /// (<https://docs.snowflake.com/en/sql-reference/sql/alter-table-column>).
    pub fn widens_to(&self, other: &Self) -> bool {
        self.name == other.name
            && match (self.name.as_str(), &*self.arguments, &*other.arguments) {
                ("VARCHAR" | "BINARY", [from], [to]) => from <= to,
                ("NUMBER", [precision, scale], [to_precision, to_scale]) => {
                    precision <= to_precision && scale == to_scale
                }
                (_, from, to) => from == to,
            }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.name == "VARCHAR" && self.arguments == [LONGEST] {
            return Ok(());
        }
        for (i, argument) in self.arguments.iter().enumerate() {
            write!(f, "{}{argument}", if i == 0 { "(" } else { "," })?;
        }
        f.write_str(if self.arguments.is_empty() { "" } else { ")" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synonyms_and_defaults_are_one_type() {
        for (one, other, shown) in [
            ("VARCHAR", "VARCHAR(16777216)", "VARCHAR"),
            ("text", "VARCHAR(134217728)", "VARCHAR"),
            ("NUMBER", "decimal(38, 0)", "NUMBER(38,0)"),
            ("NUMBER(10)", "NUMERIC(10,0)", "NUMBER(10,0)"),
            ("DOUBLE", "FLOAT", "FLOAT"),
            ("TIMESTAMP_NTZ", "DATETIME(9)", "TIMESTAMP_NTZ(9)"),
            ("VARIANT", "variant", "VARIANT"),
        ] {
            assert_eq!(DataType::parse(one), DataType::parse(other));
            assert_eq!(DataType::parse(one).to_string(), shown);
        }
    }

    #[test]
    fn only_what_loses_nothing_widens() {
        let widens = |from: &str, to: &str| DataType::parse(from).widens_to(&DataType::parse(to));
        for (from, to) in [("VARCHAR(3)", "VARCHAR(20)"), ("VARCHAR(3)", "VARCHAR"), ("NUMBER(10,2)", "NUMBER(38,2)")] {
            assert!(widens(from, to) && !widens(to, from), "{from} {to}");
        }
        for (from, to) in [
            ("NUMBER(10,2)", "NUMBER(12,4)"),
            ("NUMBER(10,0)", "VARCHAR"),
            ("TIMESTAMP_NTZ(6)", "TIMESTAMP_NTZ(9)"),
            ("DATE", "TIMESTAMP_NTZ(6)"),
        ] {
            assert!(!widens(from, to) && !widens(to, from), "{from} {to}");
        }
        assert!(widens("DATE", "DATE"));
    }
}
