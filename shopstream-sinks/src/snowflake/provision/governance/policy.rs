//! One policy.

use crate::snowflake::{
    provision::{Inventory, Object, Settings, Statement, object::Kind},
    sql::{DataType, Ident, Name, literal},
};
use shopstream_core::Result;

/// A policy that has to be there.
pub(super) struct Policy {
    pub(super) object: Object,
    pub(super) purpose: &'static str,
    /// Names and types of what it is told.
    pub(super) arguments: Vec<(&'static str, DataType)>,
    pub(super) returns: DataType,
    pub(super) body: String,
}

impl Policy {
    /// Its name: of what it does, and of the types that it does it to.
    pub(super) fn name(settings: &Settings, stem: &str, types: &[&DataType]) -> Result<Name> {
        let mut name = stem.to_owned();
        for data_type in types.iter().map(ToString::to_string).filter(|t| t != "VARCHAR") {
            let words = data_type.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
            words.for_each(|word| {
                name.push('_');
                name.push_str(word);
            });
        }
        Ok(settings.governance_name().child(Ident::new(&name)?))
    }

    /// The statement that brings it about, if it is not so already.
    pub(super) fn difference(&self, inventory: &Inventory) -> Option<Statement> {
        let (kind, name, body) = (self.object.kind.as_sql(), &self.object.name, &self.body);
        let Some(found) = inventory.found(&self.object) else {
            let arguments: Vec<String> = self.arguments.iter().map(|(name, t)| format!("{name} {t}")).collect();
            let sql = format!(
                "CREATE {kind} IF NOT EXISTS {name} AS ({}) RETURNS {} ->\n{body}\nCOMMENT = {}",
                arguments.join(", "),
                self.returns,
                literal(self.purpose),
            );
            return Some(Statement::additive(&self.object, self.purpose, sql));
        };
        let same = found.property("BODY").is_some_and(|b| words(b).eq(words(body)));
        let sql = format!("ALTER {kind} {name} SET BODY ->\n{body}");
        (!same).then(|| Statement::destructive(&self.object, "changes who sees what: what was hidden may be seen", sql))
    }
}

/// The words of a body, which is the same however it is laid out.
fn words(body: &str) -> impl Iterator<Item = &str> {
    body.split_ascii_whitespace()
}

/// A masking policy that shows the value to these roles, and to others what is left of it.
pub(super) fn mask(
    settings: &Settings,
    stem: &str,
    data_type: &DataType,
    roles: &[&Ident],
    masked: &str,
    purpose: &'static str,
) -> Result<Policy> {
    let sees: Vec<String> = roles.iter().map(|role| super::in_session(role)).collect();
    Ok(Policy {
        object: Object::new(Kind::MaskingPolicy, Policy::name(settings, stem, &[data_type])?),
        purpose,
        arguments: vec![("val", data_type.clone())],
        returns: data_type.clone(),
        body: format!("CASE WHEN {} THEN val ELSE {masked} END", sees.join(" OR ")),
    })
}
