//! PostgreSQL: tables read from the wire straight into Arrow, all in one snapshot, and a bulk writer.
//!
//! The parts know little of each other: `config` and `encryption` where the server is and how to talk to it, `socket`
//! and `tls` the bytes' way there, `connection` one session, `sessions` where sessions come from and go to, `catalog`
//! what the database says of a table, `mapping` what its types become, `plan` and `rows` what is asked and how it is
//! read, `fetch` and `incoming` the rows' way here, `decode` bytes to batches without any I/O, `read` and `snapshot` what
//! ties them; `doctor` asks before a run what would go wrong in it.

pub mod binary;
mod catalog;
mod config;
mod connection;
mod decode;
mod doctor;
mod encryption;
mod errors;
mod fetch;
mod incoming;
mod mapping;
mod options;
mod plan;
mod read;
mod rows;
mod sessions;
mod snapshot;
mod socket;
#[cfg(feature = "tls")]
mod tls;
mod wire;
mod writer;

pub use options::{Numeric, Specials, UnknownTypes};
pub use writer::PostgresWriter;

use async_trait::async_trait;
use shopstream_core::{
    CursorValue, ReadOptions, Result, Snapshot, Source, TableRead, TableRef, TableSchema, Timestamp, doctor::Finding,
};
use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::sync::OwnedSemaphorePermit;

use self::{
    config::Target,
    options::Policies,
    sessions::{Sessions, Shared},
    snapshot::Alone,
};

/// A PostgreSQL database (12 or newer) as a source. Every part of a read has a connection of its own; as long as a
/// snapshot is held, what comes next uses it again. Futures and streams need a Tokio runtime with I/O and time.
///
/// | PostgreSQL | Arrow |
/// |---|---|
/// | `boolean` | `Boolean` |
/// | `smallint`, `integer`, `bigint` | `Int16`, `Int32`, `Int64` |
/// | `oid` | `Int64` |
/// | `real`, `double precision` | `Float32`, `Float64` |
/// | `numeric(p, s)`, up to 38 digits | `Decimal128`, exact; `numeric(5, -2)` is `Decimal128(7, 0)`, `numeric(2, 5)` is `Decimal128(5, 5)` |
/// | `numeric`, or of more digits | see [`Numeric`] |
/// | `text`, `varchar`, `char(n)` (with its padding), `name` | `Utf8View` |
/// | an enum | `Utf8View`, its labels |
/// | `json`, `jsonb` | `Utf8View`, extension `arrow.json` |
/// | `bytea` | `BinaryView` |
/// | `uuid` | `FixedSizeBinary(16)`, extension `arrow.uuid` |
/// | `date` | `Date32` |
/// | `time` | `Time64(µs)` |
/// | `timestamp`, `timestamptz` | `Timestamp(µs)`, `Timestamp(µs, "UTC")` |
/// | NaN of a numeric, ±infinity, 24:00:00 | see [`Specials`] |
/// | a domain | as the type that it is made of; its `NOT NULL` counts in tables, not in views |
/// | an array | `List` of what its items become, which may be NULL; of one dimension, counted from 1 |
/// | `timetz`, `interval`; `inet`, `cidr`, `macaddr`, `macaddr8`; `bit`, `varbit`; `xml`; geometric types | `Utf8View`: the server's own text |
/// | ranges and multiranges, composites, `citext` and other types of the category of strings | the same |
/// | `"char"`, `tsvector`, `pg_lsn`, `regclass` and all else that PostgreSQL brings along | the same |
/// | `money`, base types of extensions | see [`UnknownTypes`] |
///
/// The server's own text is what `psql` shows, in UTC, ISO dates and intervals like `1 day 02:03:04`. Arrow and Parquet
/// have no exact place for these types: an interval of Arrow's ends after 292 years of hours, and Parquet has none.
///
/// Never is a value changed to make it fit. A `Data` error names the column where one does not: a timestamp past the
/// year 294246, an array of more than one dimension or that does not count from 1.
/// [`with_column_text`](Self::with_column_text) reads such a column.
///
/// A [`snapshot`](Source::snapshot) is an exported one: its transaction stays open on a connection of its own as long
/// as the [`Snapshot`] lives, and reads within it see the same rows, whatever others write meanwhile. `TRUNCATE` and
/// statements that rewrite a table are not bound by it: PostgreSQL shows such a table empty. Its position has `lsn`
/// (about; absent where the user may not ask), `xmin`, `xmax` and `server_version`. A server that cannot export has
/// no snapshots: the answer is `None`.
///
/// A pooler between, as PgBouncer pooling sessions or transactions, changes nothing as long as it has room: a session for
/// the snapshot, and for each read as many as its parts that are under way, at least one. Where it, or the server, has
/// fewer, reads and parts wait for each other; with one session only, tables are read one after the other.
///
/// ```
/// use shopstream_sources::postgres::{Numeric, PostgresSource, Specials};
///
/// // Nothing is connected to yet.
/// let shop = PostgresSource::connect("postgres://ann:hunter2@db.example/shop")?
///     .with_column_numeric("orders", "discount", Numeric::Decimal { precision: 12, scale: 4 })
///     .with_specials(Specials::Null);
/// assert_eq!(shop.to_string(), "postgres://ann@db.example:5432/shop");
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone)]
pub struct PostgresSource {
    target: Target,
    policies: Policies,
    /// That the server has shown itself to be one that cannot be read side by side.
    alone: Arc<OnceLock<Alone>>,
    shared: Arc<Shared>,
}

impl PostgresSource {
    /// The database at `postgres://user:password@host:port/database`, or `host=… user=… password=… dbname=…`, with the
    /// parameters of libpq. Does not connect yet.
    ///
    /// # Errors
    /// `Config` when it is neither.
    pub fn connect(url: &str) -> Result<Self> {
        Ok(Self {
            target: Target::parse(url)?,
            policies: Policies::default(),
            alone: Arc::default(),
            shared: Arc::default(),
        })
    }

    /// How to read every `numeric` that has no exact place in Arrow (default: refuse).
    #[must_use]
    pub fn with_numeric(mut self, numeric: Numeric) -> Self {
        self.policies.numeric = numeric;
        self
    }

    /// How to read this one, whatever its declaration says. A table without a schema is the one of any schema.
    #[must_use]
    pub fn with_column_numeric(
        mut self,
        table: impl Into<TableRef>,
        column: impl Into<String>,
        numeric: Numeric,
    ) -> Self {
        self.policies.numeric_of.push((table.into(), column.into(), numeric));
        self
    }

    /// What to do about NaN, infinities and 24:00:00, which Arrow has no place for (default: refuse).
    #[must_use]
    pub fn with_specials(mut self, specials: Specials) -> Self {
        self.policies.specials = specials;
        self
    }

    /// The same for one column. A table without a schema is the one of any schema.
    #[must_use]
    pub fn with_column_specials(
        mut self,
        table: impl Into<TableRef>,
        column: impl Into<String>,
        specials: Specials,
    ) -> Self {
        self.policies.specials_of.push((table.into(), column.into(), specials));
        self
    }

    /// Reads a column as the text that the server prints, whatever its type and the other settings say: for an array of
    /// several dimensions, or dates with infinities that must stay apart. A table without a schema is the one of any
    /// schema.
    #[must_use]
    pub fn with_column_text(mut self, table: impl Into<TableRef>, column: impl Into<String>) -> Self {
        self.policies.text_of.push((table.into(), column.into(), ()));
        self
    }

    /// How to read columns of types that have no mapping (default: refuse).
    #[must_use]
    pub fn with_unknown_types(mut self, unknown: UnknownTypes) -> Self {
        self.policies.unknown = unknown;
        self
    }

    /// How long a connection may take until it can be used (default: what the URL says, or 10 s).
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.target.set_connect_timeout(timeout);
        self
    }

    /// What the server's activity view calls us (default: what the URL says, or `shopstream`).
    #[must_use]
    pub fn with_application_name(mut self, name: impl Into<String>) -> Self {
        self.target.set_application_name(name.into());
        self
    }

    /// Waits until no other read is under way, where only one can be, and says where sessions come from then.
    async fn turn(&self) -> Result<(Sessions, Option<OwnedSemaphorePermit>)> {
        Ok(match self.alone.get() {
            Some(alone) => (self.shared.sessions(self.target.waiting()), Some(alone.turn().await?)),
            None => (self.shared.sessions(self.target.clone()), None),
        })
    }
}

#[async_trait]
impl Source for PostgresSource {
    async fn describe(&self, table: &TableRef) -> Result<TableSchema> {
        let (sessions, _turn) = self.turn().await?;
        read::describe(&sessions, &self.policies, table).await
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>> {
        if self.alone.get().is_some() {
            return Ok(None);
        }
        Ok(match snapshot::export(self.shared.lasting(self.target.clone())).await? {
            Ok(snapshot) => Some(snapshot),
            Err(alone) => {
                self.alone.get_or_init(|| alone);
                None
            }
        })
    }

    async fn sizes(&self, tables: &[TableRef]) -> Result<Vec<Option<u64>>> {
        let (sessions, _turn) = self.turn().await?;
        read::sizes(&sessions, tables).await
    }

    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead> {
        let (sessions, turn) = self.turn().await?;
        let alone = self.alone.get().map(Alone::reason);
        read::read(sessions, &self.policies, table, options, alone.zip(turn)).await
    }

    async fn greatest(&self, table: &TableRef, column: &str, options: &ReadOptions) -> Result<Option<CursorValue>> {
        let (sessions, _turn) = self.turn().await?;
        read::greatest(&sessions, table, column, options).await
    }

    async fn doctor(&self, tables: &[TableRef], now: Timestamp) -> Vec<Finding> {
        doctor::examine(&self.target, &self.policies, tables, now).await
    }
}

impl fmt::Display for PostgresSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.target, f)
    }
}

impl fmt::Debug for PostgresSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSource").field("server", &self.target).field("policies", &self.policies).finish()
    }
}
