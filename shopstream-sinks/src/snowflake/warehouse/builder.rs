//! How a warehouse is put together.

use shopstream_core::{Clock, Lake, Result};
use std::{fmt, sync::Arc};
use tokio::sync::Mutex;

use super::{Ledger, Shared, SnowflakeWarehouse, Stage, Worker};
use crate::snowflake::{client, provision};

/// Puts a [`SnowflakeWarehouse`] together.
pub struct SnowflakeWarehouseBuilder {
    session: client::Settings,
    names: provision::Settings,
    lake: Option<Arc<dyn Lake>>,
    clock: Arc<dyn Clock>,
}

impl SnowflakeWarehouse {
    /// A warehouse that is reached by these sessions, and whose objects have these names.
    pub fn builder(
        session: client::Settings,
        names: provision::Settings,
        clock: Arc<dyn Clock>,
    ) -> SnowflakeWarehouseBuilder {
        SnowflakeWarehouseBuilder { session, names, lake: None, clock }
    }
}

impl SnowflakeWarehouseBuilder {
    /// The lake that the stage shows. With it, rows can be put: they go there as files, into their table by `COPY INTO`,
    /// and the files are removed. So can manifests of other lakes be loaded.
    #[must_use]
    pub fn lake(mut self, lake: Arc<dyn Lake>) -> Self {
        self.lake = Some(lake);
        self
    }

    /// The warehouse; nothing is sent yet.
    ///
    /// # Errors
    /// `Config` for an endpoint that is none, and for names that cannot be.
    pub fn build(self) -> Result<SnowflakeWarehouse> {
        let Self { session, names, lake, clock } = self;
        let worker = |role, warehouse| Worker::new(&session, &names.database, role, warehouse, clock.clone());
        let (loader, transformer) =
            (worker(&names.loader, &names.loading)?, worker(&names.transformer, &names.transform)?);
        let stage = Stage { name: names.stage_name(), formats: names.raw_name(), location: names.location() };
        let ledger = Ledger::new(&names)?;
        let open = Arc::new(Mutex::new(()));
        let shared = Shared { layers: names, ledger, stage, loader, transformer, lake, clock, open };
        Ok(SnowflakeWarehouse { shared: Arc::new(shared) })
    }
}

impl fmt::Debug for SnowflakeWarehouseBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnowflakeWarehouseBuilder")
            .field("session", &self.session)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}
