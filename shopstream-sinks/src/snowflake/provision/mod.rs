//! What has to be there before the first load, as a plan: the statements that make what is there into what is wanted.
//!
//! [`plan`] is a pure function of [`Settings`], the declarations of the tables, and an [`Inventory`] of what is there:
//! an empty one gives everything, that of an account where the plan was applied gives nothing. A plan can be read before
//! it is [applied](Plan::apply), and says of each statement whether it takes something away.
//!
//! ```
//! use shopstream_core::{Landed, Table};
//! use shopstream_sinks::snowflake::provision::{Inventory, Settings, plan};
//!
//! /// Who bought.
//! #[derive(Table, Clone, Debug, PartialEq)]
//! #[table(layer = "shop", grain(id))]
//! struct Customers {
//!     /// Number.
//!     id: i64,
//!     /// E-mail address.
//!     #[column(pii = "direct")]
//!     email: String,
//! }
//!
//! let settings = Settings::builder("shop-lake", "arn:aws:iam::123456789012:role/snowflake").build()?;
//! let plan = plan(&settings, &[Landed::<Customers>::declaration()], &Inventory::default())?;
//! assert!(plan.to_string().contains(r#"CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."CUSTOMERS""#));
//! assert_eq!(plan.destructive().count(), 0);
//! # Ok::<(), shopstream_core::Error>(())
//! ```
//!
//! A plan is applied by a role that may make all of it: `ACCOUNTADMIN`, or one with `CREATE ROLE`, `CREATE WAREHOUSE`,
//! `CREATE DATABASE`, `CREATE INTEGRATION`, `MANAGE GRANTS` and `APPLY TAG`. It owns what it makes. Rights beyond those
//! that the plan gives, and objects that nobody declares, are left as they are. Keys, which Snowflake does not enforce, are
//! said when a table is made, and not after.
//!
//! Besides, each in one call: [`Snowpipe`] loads files as they come, [`Schedule`] runs models inside Snowflake, and
//! [`Governance`] says who sees which rows and values.

mod aws;
mod bookkeeping;
mod catalog;
mod execute;
mod governance;
mod grants;
mod inventory;
mod object;
mod pipe;
mod plan;
mod property;
mod schedule;
mod settings;
mod statement;
mod tables;
mod wanted;

pub use aws::IntegrationIdentity;
pub use bookkeeping::{
    Builds, BuildsColumns, Claims, ClaimsColumns, Loads, LoadsColumns, Rejects, RejectsColumns, Tables, TablesColumns,
};
pub use execute::Execute;
pub use governance::{Governance, Reader};
pub use inventory::{Inventory, Question};
pub use object::{Kind, Object};
pub use pipe::Snowpipe;
pub use plan::{ApplyOptions, Plan};
pub use schedule::{Schedule, ScheduledModel};
pub(in crate::snowflake) use settings::RAW;
pub use settings::{Settings, SettingsBuilder, VirtualWarehouse, WarehouseSize};
pub use statement::{Effect, Statement};
pub(in crate::snowflake) use wanted::format_names;

use shopstream_core::{Result, TableDecl};

/// The statements that make what is there into what the settings and the declarations say, in the order in which they
/// have to run.
///
/// The declarations are those of landed rows ([`Landed`](shopstream_core::Landed)) and of models that are kept as tables;
/// the tables that loads and publishes need for themselves come with them ([`Loads`], [`Rejects`], [`Claims`],
/// [`Builds`], [`Tables`]).
///
/// # Errors
/// `Config` with all declarations that cannot be tables in Snowflake.
pub fn plan(settings: &Settings, declarations: &[TableDecl], inventory: &Inventory) -> Result<Plan> {
    let tables = catalog::catalog(settings, declarations)?;
    let objects = wanted::objects(settings).into_iter().chain(wanted::schema_objects(settings));
    let mut statements: Vec<Statement> = objects.filter_map(|wanted| wanted.difference(inventory)).collect();
    statements.extend(tables.iter().flat_map(|table| tables::differences(table, inventory)));
    if settings.tags {
        statements.extend(tables.iter().flat_map(|table| tables::tags(settings, table, inventory)));
    }
    let grants = grants::grants(settings, &tables);
    statements.extend(grants.iter().filter_map(|grant| grant.difference(inventory)));
    Ok(Plan::new(statements))
}
