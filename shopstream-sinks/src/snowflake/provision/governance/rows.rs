//! Row access policies.

use shopstream_core::Result;

use super::{
    Governance, in_session,
    policy::Policy,
    reader::{Known, Reader},
};
use crate::snowflake::{
    provision::{
        Inventory, Object, Settings, Statement,
        catalog::{CatalogColumn, CatalogTable},
        object::Kind,
    },
    sql::{DataType, Ident, Name, literal},
};

/// The columns of a table by which rows are chosen. A table has one policy at most, so that one decides by both.
struct Choice<'a> {
    country: Option<&'a CatalogColumn>,
    merchant: Option<&'a CatalogColumn>,
}

/// The table of merchants, policies, then the tables that they are put on.
pub(super) fn statements(
    governance: &Governance,
    settings: &Settings,
    known: &Known<'_>,
    tables: &[CatalogTable],
    inventory: &Inventory,
) -> Result<Vec<Statement>> {
    let read = |t: &&CatalogTable| governance.readers.iter().any(|reader| reader.layers.contains(&t.layer));
    let (mut policies, mut uses): (Vec<Policy>, Vec<Statement>) = (vec![], vec![]);
    let mut merchant_type = None;
    for table in tables.iter().filter(read) {
        let choice = Choice {
            country: table.column(&governance.country_column),
            merchant: table.column(&governance.merchant_column),
        };
        let columns: Vec<String> =
            choice.country.iter().chain(&choice.merchant).map(|column| column.name.to_string()).collect();
        if columns.is_empty() {
            continue;
        }
        merchant_type = merchant_type.or(choice.merchant.map(|c| c.data_type.clone()));
        let policy = policy_of(settings, known, &choice)?;
        uses.extend(attach(table, &policy, &columns.join(", "), inventory));
        if policies.iter().all(|p| p.object != policy.object) {
            policies.push(policy);
        }
    }
    let mut statements = vec![];
    if let Some(data_type) = merchant_type.filter(|_| governance.readers.iter().any(|reader| reader.own_merchant)) {
        statements.extend(merchants(settings, &data_type, inventory));
    }
    statements.extend(policies.iter().filter_map(|p| p.difference(inventory)));
    statements.extend(uses);
    Ok(statements)
}

fn attach(table: &CatalogTable, policy: &Policy, columns: &str, inventory: &Inventory) -> Option<Statement> {
    let (object, name) = (table.object(), &policy.object.name);
    let add = format!("ADD ROW ACCESS POLICY {name} ON ({columns})");
    match inventory.policy(&table.name, None) {
        Some(found) if found == name => None,
        // In one statement, so that there is no moment in which all see all.
        Some(found) => {
            let sql = format!("ALTER TABLE {} DROP ROW ACCESS POLICY {found}, {add}", table.name);
            Some(Statement::destructive(&object, format!("had the policy {found}"), sql))
        }
        None => Some(Statement::additive(&object, policy.purpose, format!("ALTER TABLE {} {add}", table.name))),
    }
}

fn policy_of(settings: &Settings, known: &Known<'_>, choice: &Choice<'_>) -> Result<Policy> {
    let text = DataType::parse("VARCHAR");
    let (stem, purpose) = match (choice.country, choice.merchant) {
        (Some(_), None) => ("ROWS_BY_COUNTRY", "shows the rows of a reader's countries"),
        (None, _) => ("ROWS_BY_MERCHANT", "shows the rows of a reader's merchant"),
        (Some(_), Some(_)) => {
            ("ROWS_BY_COUNTRY_AND_MERCHANT", "shows the rows of a reader's countries and of its merchant")
        }
    };
    let mut arguments = vec![];
    arguments.extend(choice.country.map(|_| ("row_country", text)));
    arguments.extend(choice.merchant.map(|c| ("row_merchant", c.data_type.clone())));
    let types: Vec<&DataType> = arguments.iter().map(|(_, t)| t).collect();
    let object = Object::new(Kind::RowAccessPolicy, Policy::name(settings, stem, &types)?);
    let everything = |reader: &Reader| reader.countries.is_none() && !reader.own_merchant;
    let mut sees: Vec<String> = known.seeing(everything).into_iter().map(in_session).collect();
    for (role, reader) in known.readers.iter().filter(|(_, reader)| !everything(reader)) {
        sees.extend(condition(settings, role, reader, choice));
    }
    let body = sees.join(" OR ");
    Ok(Policy { object, purpose, arguments, returns: DataType::parse("BOOLEAN"), body })
}

/// When a reader that does not see everything sees a row; never, where there is no condition.
fn condition(settings: &Settings, role: &Ident, reader: &Reader, choice: &Choice<'_>) -> Option<String> {
    let mut conditions = vec![in_session(role)];
    if let (Some(countries), Some(_)) = (&reader.countries, choice.country) {
        let codes: Vec<String> = countries.iter().map(|code| literal(code)).collect();
        // Of no country, nothing is seen.
        let codes = if codes.is_empty() { "NULL".to_owned() } else { codes.join(", ") };
        conditions.push(format!("row_country IN ({codes})"));
    }
    if reader.own_merchant {
        choice.merchant?;
        conditions.push(format!(
            "EXISTS (SELECT 1 FROM {} AS m WHERE m.\"USER_NAME\" = CURRENT_USER() AND m.\"MERCHANT_ID\" = row_merchant)",
            merchants_name(settings)
        ));
    }
    Some(format!("({})", conditions.join(" AND ")))
}

fn merchants_name(settings: &Settings) -> Name {
    settings.governance_name().child(Ident::constant("MERCHANTS"))
}

/// The table that says whose merchant a user is.
fn merchants(settings: &Settings, data_type: &DataType, inventory: &Inventory) -> Option<Statement> {
    let object = Object::new(Kind::Table, merchants_name(settings));
    let purpose = "which users see the rows of which merchants";
    let sql = format!(
        "CREATE TABLE IF NOT EXISTS {} (\"USER_NAME\" VARCHAR NOT NULL, \"MERCHANT_ID\" {data_type} NOT NULL) \
         COMMENT = {}",
        object.name,
        literal(purpose),
    );
    inventory.found(&object).is_none().then(|| Statement::additive(&object, purpose, sql))
}
