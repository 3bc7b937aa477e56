//! What has to be there in Snowflake before the shop's first load, as a script. No account is needed to read it.
#![allow(clippy::print_stdout)]

use shopstream::models::project;
use shopstream::prelude::*;
use shopstream::sinks::snowflake::provision::{Effect, Governance, Inventory, Settings, plan};

pub(crate) fn main() -> Result<()> {
    let project = project(&Params::new(date!("2026-01-15")))?;
    let models = project.models().iter().map(|model| model.declaration());
    let tables: Vec<_> = project.sources().chain(models).cloned().collect();
    let settings = Settings::builder("shopstream-lake", "arn:aws:iam::123456789012:role/snowflake").build()?;

    // Of an account, `Inventory::read` tells what is there; an empty one has nothing.
    let nothing = Inventory::default();
    let provision = plan(&settings, &tables, &nothing)?;
    println!("{provision}");
    // Once the plan is applied, DESC INTEGRATION tells whom the role has to trust: see `IntegrationIdentity`.
    println!("-- The policy of the role {:#}\n", settings.access_policy());

    // Who sees which rows and values follows from the same declarations.
    let governance = Governance::default();
    println!("{}", governance.masking(&settings, &tables, &nothing)?);
    println!("{}", governance.row_access(&settings, &tables, &nothing)?);
    println!("{}", governance.readers(&settings, &tables)?);

    assert!(provision.statements().iter().all(|statement| statement.effect == Effect::Additive));
    Ok(())
}
