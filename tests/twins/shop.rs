//! A shop's raw rows, and the warehouse that is built of them.

use futures::StreamExt;
use shopstream::{
    FixedClock, RunOptions,
    models::{
        oltp::{CrmContacts, Events, OrderItems, Orders, Products, Users},
        project,
    },
    prelude::*,
};
use std::sync::Arc;
use tempfile::TempDir;

/// The raw rows, and the parameters of a build.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) params: Params,
    pub(crate) users: Vec<Landed<Users>>,
    pub(crate) products: Vec<Landed<Products>>,
    pub(crate) orders: Vec<Landed<Orders>>,
    pub(crate) order_items: Vec<Landed<OrderItems>>,
    pub(crate) events: Vec<Landed<Events>>,
    pub(crate) crm_contacts: Vec<Landed<CrmContacts>>,
}

impl Shop {
    /// A shop without rows.
    pub(crate) fn empty(params: Params) -> Self {
        Self {
            params,
            users: vec![],
            products: vec![],
            orders: vec![],
            order_items: vec![],
            events: vec![],
            crm_contacts: vec![],
        }
    }

    /// Lands the rows, runs the models as Rust functions, and publishes.
    pub(crate) async fn published(&self) -> (TempDir, LocalWarehouse) {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = LocalWarehouse::new(folder.path());
        let build = warehouse.begin(&"shop".parse().unwrap()).await.unwrap();
        self.land(&*build).await;
        let project = project(&self.params).unwrap();
        let options = RunOptions::new(Arc::new(FixedClock(self.params.built_at)));
        project.run(&*build, &self.params, &project.all(), &options).await.unwrap();
        build.publish().await.unwrap();
        (folder, warehouse)
    }

    /// Lands the rows in a build.
    pub(crate) async fn land(&self, build: &dyn shopstream::Build) {
        land(build, &self.users).await;
        land(build, &self.products).await;
        land(build, &self.orders).await;
        land(build, &self.order_items).await;
        land(build, &self.events).await;
        land(build, &self.crm_contacts).await;
    }
}

async fn land<T: Clone>(build: &dyn shopstream::Build, rows: &[Landed<T>])
where
    Landed<T>: Table,
{
    let batch = Batch::from_rows(rows).into_record_batch();
    let table = Landed::<T>::declaration().table_ref();
    build.put(&table, batch.schema(), futures::stream::iter([Ok(batch)]).boxed()).await.unwrap();
}
