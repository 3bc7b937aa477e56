//! The shop's database: six tables of the schema `public` in PostgreSQL. Timestamps without zone are UTC.

mod crm_contacts;
mod events;
mod order_items;
mod orders;
mod products;
mod users;

pub use crm_contacts::{CrmContacts, CrmContactsColumns};
pub use events::{Events, EventsColumns};
pub use order_items::{OrderItems, OrderItemsColumns};
pub use orders::{Orders, OrdersColumns};
pub use products::{Products, ProductsColumns};
pub use users::{Users, UsersColumns};

use shopstream_core::{Table, TableDecl};

/// The six tables, each after those that it references.
///
/// ```
/// let names: Vec<&str> = shopstream_models::oltp::tables().iter().map(|t| t.name).collect();
/// assert_eq!(names, ["users", "products", "orders", "order_items", "events", "crm_contacts"]);
/// ```
pub fn tables() -> Vec<TableDecl> {
    vec![
        Users::declaration(),
        Products::declaration(),
        Orders::declaration(),
        OrderItems::declaration(),
        Events::declaration(),
        CrmContacts::declaration(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopstream_core::Dialect;

    #[test]
    fn the_ddl_of_postgres() {
        let mut statements: Vec<String> = tables().iter().map(|t| t.create_table(Dialect::Postgres)).collect();
        statements.extend(tables().iter().flat_map(|t| t.create_indexes(Dialect::Postgres)));
        let ddl: String = statements.iter().map(|s| format!("{s};\n")).collect();
        assert_eq!(ddl, include_str!("schema.sql"));
    }

    #[test]
    fn a_table_comes_after_those_it_references() {
        let tables = tables();
        for (i, table) in tables.iter().enumerate() {
            for key in table.columns.iter().filter_map(|c| c.references.as_ref()) {
                assert!(tables[..i].iter().any(|t| t.table_ref() == key.table), "{} -> {}", table.name, key.table);
            }
        }
    }

    #[test]
    fn people_are_marked() {
        let direct: Vec<String> = tables()
            .iter()
            .flat_map(|t| t.columns.iter().map(move |c| (t.name, c)))
            .filter(|(_, c)| c.pii == Some(shopstream_core::Pii::Direct))
            .map(|(t, c)| format!("{t}.{}", c.name))
            .collect();
        let people = ["email", "first_name", "last_name"];
        let expected: Vec<String> =
            ["users", "crm_contacts"].iter().flat_map(|t| people.map(|c| format!("{t}.{c}"))).collect();
        assert_eq!(direct, expected);
    }
}
