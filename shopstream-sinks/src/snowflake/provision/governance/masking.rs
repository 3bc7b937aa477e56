//! Masking policies.

use arrow::datatypes::DataType as ArrowType;
use shopstream_core::{Pii, Result};

use super::{
    Governance,
    policy::{Policy, mask},
    reader::{Known, Reader},
};
use crate::snowflake::{
    provision::{
        Inventory, Settings, Statement,
        catalog::{CatalogColumn, CatalogTable},
    },
    sql::DataType,
};

/// Policies first, then the columns that they are put on.
pub(super) fn statements(
    governance: &Governance,
    settings: &Settings,
    known: &Known<'_>,
    tables: &[CatalogTable],
    inventory: &Inventory,
) -> Result<Vec<Statement>> {
    let (mut policies, mut uses): (Vec<Policy>, Vec<Statement>) = (vec![], vec![]);
    for table in tables {
        for column in &table.columns {
            let Some(policy) = policy_of(governance, settings, known, column)? else { continue };
            let (object, name) = (table.object(), &policy.object.name);
            let set = format!("ALTER TABLE {} MODIFY COLUMN {} SET MASKING POLICY {name}", table.name, column.name);
            match inventory.policy(&table.name, Some(&column.name)) {
                Some(found) if found == name => {}
                Some(found) => {
                    let purpose = format!("column {} had the policy {found}", column.name);
                    uses.push(Statement::destructive(&object, purpose, format!("{set} FORCE")));
                }
                None => {
                    let purpose = format!("column {}: {}", column.name, policy.purpose);
                    uses.push(Statement::additive(&object, purpose, set));
                }
            }
            if policies.iter().all(|p| p.object != policy.object) {
                policies.push(policy);
            }
        }
    }
    Ok(policies.iter().filter_map(|p| p.difference(inventory)).chain(uses).collect())
}

/// The policy of a column, if it has one. Who somebody is counts more than money.
fn policy_of(
    governance: &Governance,
    settings: &Settings,
    known: &Known<'_>,
    column: &CatalogColumn,
) -> Result<Option<Policy>> {
    let declared = &column.declared;
    let json = declared.extension.is_some();
    let text = declared.data_type == ArrowType::Utf8View && !json;
    // Texts of any length have one policy.
    let data_type = if text { DataType::parse("VARCHAR") } else { column.data_type.clone() };
    let person = known.seeing(|reader: &Reader| reader.personal);
    let money = known.seeing(|reader: &Reader| reader.financial);
    let email = declared.name == "email" || declared.name.ends_with("_email");
    let policy = match (declared.pii, text) {
        (Some(Pii::Direct), true) if email => {
            let masked = "REGEXP_REPLACE(val, '^[^@]*', '***')";
            mask(settings, "MASK_EMAIL", &data_type, &person, masked, "shows the domain of an e-mail address")
        }
        (Some(Pii::Direct), true) => {
            let masked = "IFF(val IS NULL, NULL, '***')";
            mask(settings, "MASK_PERSON", &data_type, &person, masked, "hides who a person is")
        }
        (Some(Pii::Direct), false) => {
            mask(settings, "MASK_PERSON", &data_type, &person, "NULL", "hides who a person is")
        }
        _ if declared.unit.is_some_and(|unit| governance.currencies.contains(unit)) => {
            mask(settings, "MASK_MONEY", &data_type, &money, "NULL", "hides money")
        }
        _ => return Ok(None),
    };
    policy.map(Some)
}
