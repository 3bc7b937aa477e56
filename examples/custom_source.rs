//! A source of one's own: a bank's exchange rates, held to the same contract as the library's own sources.
#![allow(clippy::print_stdout)]

use async_trait::async_trait;
use futures::stream;
use shopstream::conformance::{SourceFixture, source};
use shopstream::{ReadOptions, RowFilter, Snapshot, TableRead, TableSchema, prelude::*, text::TextDecoder};
use std::fmt;

/// What a euro buys.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "bank", grain(currency))]
struct Rates {
    /// Currency, ISO 4217.
    currency: String,
    /// How much of it a euro is.
    per_euro: Decimal<12, 4>,
}

#[derive(Debug)]
struct Bank(&'static str);
impl fmt::Display for Bank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bank's rates")
    }
}
#[async_trait]
impl Source for Bank {
    async fn describe(&self, table: &TableRef) -> Result<TableSchema> {
        match *table == TableRef::of::<Rates>() {
            true => Ok(Rates::declaration().table_schema()),
            false => Err(Error::not_found("no such table at the bank").with("table", table)),
        }
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>> {
        Ok(None)
    }

    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead> {
        let all = self.describe(table).await?;
        let None = options.snapshot else { return Err(Error::config("the bank has no snapshots")) };
        let filter = RowFilter::new(&all, options)?;
        // The answer of a service, decoded straight into Arrow; digits stay digits, never a float.
        let mut decoder = TextDecoder::ndjson(all.select(filter.columns())?.to_arrow(), options.batch_rows)?;
        let mut batches = decoder.push(self.0.as_bytes())?;
        batches.extend(decoder.finish()?);
        Ok(filter.read(vec![Box::pin(stream::iter(batches.into_iter().map(Ok)))]))
    }
}

#[tokio::main]
pub(crate) async fn main() -> Result<()> {
    let rates = [("CHF", dec!(0.9312)), ("DKK", dec!(7.46)), ("HUF", dec!(390.1))];
    let bank = Bank(include_str!("data/rates.ndjson"));
    let rows = Batch::from_rows(&rates.map(|(currency, per_euro)| Rates { currency: currency.into(), per_euro }));
    source(&bank, &SourceFixture::of(&rows)).await?;
    println!("{bank} keep the contract of a source");
    Ok(())
}
