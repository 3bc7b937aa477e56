//! A table and a mart of one's own, joined with the shop's: which customers need the most support?
#![allow(clippy::print_stdout)]

use shopstream::memory::{MemoryLake, MemorySource, MemoryWarehouse};
use shopstream::models::{core::DimCustomers, demo::*, models, oltp::*};
use shopstream::{compute::Lookup, prelude::*};
use std::sync::Arc;

/// Questions that customers asked.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "public", grain(id))]
struct Tickets {
    /// Number.
    id: i64,
    /// Who asked.
    user_id: i64,
}

/// Questions by customer segment.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(customer_segment))]
struct MartSupport {
    /// The customers' segment; Unknown where there is no such customer.
    customer_segment: String,
    /// How many questions.
    tickets: i64,
}

/// What a model takes and makes stands in its type: it needs no further declaration.
fn mart_support(tickets: &Batch<Landed<Tickets>>, customers: &Batch<DimCustomers>) -> Result<Batch<MartSupport>> {
    let customer = Lookup::new(&customers.customer_key)?.find(&tickets.user_id)?;
    let segment = customer.get_or(&customers.customer_segment, "Unknown");
    let (groups, (customer_segment,)) = tickets.all().group_by((segment,))?;
    MartSupportColumns { customer_segment, tickets: groups.count() }.batch()
}

#[tokio::main]
pub(crate) async fn main() -> Result<()> {
    let (date, demo) = (date!("2026-01-15"), Demo::new(DemoOptions::default())?);
    let tickets = [(1, 4), (2, 4), (3, 17), (4, 5_000)].map(|(id, user_id)| Tickets { id, user_id });
    let source = MemorySource::new().with(Batch::from_rows(&tickets));
    let source = demo.users().fold(demo.orders().fold(source, MemorySource::with), MemorySource::with);
    let ours = models().into_iter().filter(|m| ["stg_users", "stg_orders", "dim_customers"].contains(&m.name()));
    let unique = Check::new("support_unique", TableRef::of::<MartSupport>(), Rule::unique(["customer_segment"]));
    let project = Project::builder()
        .source::<Landed<Users>>()
        .source::<Landed<Orders>>()
        .source::<Landed<Tickets>>()
        .models(ours)
        .model(Model::new(mart_support).tag("support").check(unique));
    let (lake, warehouse) = (Arc::new(MemoryLake::new()), Arc::new(MemoryWarehouse::new()));
    let pipeline = Pipeline::builder().source(Arc::new(source)).source_schema("public").project(project.build()?);
    let pipeline = pipeline.lake(lake).warehouse(warehouse.clone()).date(date).params(Params::new(date));
    assert!(pipeline.clock(Arc::new(SystemClock::new())).build()?.run().await?.passed());
    let support = warehouse.table::<MartSupport>().await?.rows();
    assert!(support.contains(&MartSupport { customer_segment: "Unknown".into(), tickets: 1 }), "{support:?}");
    assert_eq!(support.iter().map(|s| s.tickets).sum::<i64>(), 4);
    support.iter().for_each(|s| println!("{:>3} questions of {} customers", s.tickets, s.customer_segment));
    Ok(())
}
