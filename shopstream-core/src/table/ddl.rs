//! A declaration as SQL.

use super::{ColumnDecl, TableDecl};
use crate::{Dialect, TableRef};

/// A name in SQL, quoted: no name is ever a keyword or folded.
fn quote(dialect: Dialect, name: &str) -> String {
    let name = name.replace('"', "\"\"");
    match dialect {
        // Snowflake folds unquoted names to upper case: so that people need not quote, ours are upper case.
        Dialect::Snowflake => format!("\"{}\"", name.to_uppercase()),
        Dialect::Postgres => format!("\"{name}\""),
    }
}

fn quote_table(dialect: Dialect, table: &TableRef) -> String {
    match table.schema() {
        "" => quote(dialect, table.table()),
        schema => format!("{}.{}", quote(dialect, schema), quote(dialect, table.table())),
    }
}

impl ColumnDecl {
    fn definition(&self, dialect: Dialect) -> String {
        let mut sql = format!("    {} ", quote(dialect, self.name));
        match (dialect, self.serial, self.sql_type(dialect)) {
            (Dialect::Postgres, true, t) if t == "bigint" => sql.push_str("bigserial"),
            (Dialect::Postgres, true, _) => sql.push_str("serial"),
            (_, _, t) => sql.push_str(&t),
        }
        if !self.nullable {
            sql.push_str(" NOT NULL");
        }
        if let (Dialect::Postgres, Some(default)) = (dialect, self.default) {
            sql.push_str(&format!(" DEFAULT {default}"));
        }
        if self.unique {
            sql.push_str(" UNIQUE");
        }
        sql
    }
}

impl TableDecl {
    /// `CREATE TABLE` with columns, defaults, primary key and unique columns, but without foreign keys and indexes,
    /// which are better made after a bulk load: [`create_indexes`](Self::create_indexes).
    pub fn create_table(&self, dialect: Dialect) -> String {
        let mut lines: Vec<String> = self.columns.iter().map(|c| c.definition(dialect)).collect();
        if !self.grain.is_empty() {
            let key: Vec<String> = self.grain.iter().map(|g| quote(dialect, g)).collect();
            lines.push(format!("    PRIMARY KEY ({})", key.join(", ")));
        }
        format!("CREATE TABLE {} (\n{}\n)", quote_table(dialect, &self.table_ref()), lines.join(",\n"))
    }

    /// The statements that add foreign keys and indexes; none for a database that has no indexes.
    pub fn create_indexes(&self, dialect: Dialect) -> Vec<String> {
        let table = quote_table(dialect, &self.table_ref());
        if dialect != Dialect::Postgres {
            return vec![];
        }
        let mut statements = vec![];
        for c in &self.columns {
            let column = quote(dialect, c.name);
            if let Some(key) = &c.references {
                let (to, to_column) = (quote_table(dialect, &key.table), quote(dialect, key.column));
                statements
                    .push(format!("ALTER TABLE {table} ADD FOREIGN KEY ({column}) REFERENCES {to} ({to_column})"));
            }
            if c.index {
                let index = quote(dialect, &format!("idx_{}_{}", self.name, c.name));
                statements.push(format!("CREATE INDEX {index} ON {table} ({column})"));
            }
        }
        statements
    }
}
