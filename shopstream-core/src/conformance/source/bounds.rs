//! Reads of some rows only.

use arrow::compute::concat_batches;
use futures::TryStreamExt;

use super::{Suite, compare};
use crate::{
    Bounds, CursorRange, ErrorKind, ReadOptions, Result, RowFilter, TableRead, TableSchema,
    source::{greatest, is_cursor},
};

impl Suite<'_> {
    /// Reads with bounds, by each column that can be a cursor: none is more than the range, or less.
    pub(super) async fn bounds(&self) -> Result<()> {
        let rows = &self.fixture.rows;
        for (column, field) in rows.columns().iter().zip(rows.schema().fields()) {
            let Some(top) = is_cursor(field.data_type()).then(|| greatest(column)).transpose()?.flatten() else {
                continue;
            };
            let asked = ReadOptions::default().with_bounds(Bounds::Range(CursorRange::new(field.name(), None, top)));
            match self.source.greatest(&self.fixture.table, field.name(), &ReadOptions::default()).await {
                Ok(found) => self.holds(found == Some(top), "greatest answers with the greatest value of a cursor")?,
                Err(error) => return Err(error),
            }
            for row in 0..rows.num_rows().min(8) {
                let pivot = greatest(&column.slice(row, 1))?;
                let below = CursorRange::new(field.name(), None, pivot.unwrap_or(top));
                let above = CursorRange::new(field.name(), pivot, top);
                for range in [below, above] {
                    if !self.some(&asked.clone().with_bounds(Bounds::Range(range))).await? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads by keys: of the rows with these, all.
    pub(super) async fn keys(&self) -> Result<()> {
        let rows = &self.fixture.rows;
        let key = self.source.describe(&self.fixture.table).await?.primary_key;
        if key.is_empty() {
            return Ok(());
        }
        let indices = key.iter().map(|name| rows.schema().index_of(name)).collect::<Result<Vec<_>, _>>()?;
        let keys = rows.project(&indices)?;
        for (from, count) in [(0, 1), (1, 2), (0, 0), (0, keys.num_rows())] {
            let options = ReadOptions::default().with_keys(keys.slice(from, count));
            if !self.some(&options).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads some rows, all columns and one alone, and compares them with those of the fixture; `false` when the
    /// source says that it cannot.
    async fn some(&self, options: &ReadOptions) -> Result<bool> {
        let rows = &self.fixture.rows;
        let schema = rows.schema();
        for columns in [None, Some(schema.field(0).name()), Some(schema.field(schema.fields().len() - 1).name())] {
            let mut options = options.clone();
            options.columns = columns.map(|column| vec![column.clone()]);
            let read = match self.source.read(&self.fixture.table, &options).await {
                Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(false),
                read => read?,
            };
            self.holds(read.bounds == options.bounds, "a read records the bounds that it was asked for")?;
            let found = self.collect(read, &options).await?;
            let filter = RowFilter::new(&TableSchema::from_arrow(&schema), &options)?;
            let indices = filter.columns().iter().map(|c| schema.index_of(c)).collect::<Result<Vec<_>, _>>()?;
            let expected = filter.read(TableRead::from_batches(schema.clone(), vec![rows.project(&indices)?]).parts);
            let (expected_schema, stream) = (expected.schema.clone(), expected.into_stream());
            let expected = concat_batches(&expected_schema, &stream.try_collect::<Vec<_>>().await?)?;
            let (lost, more) = compare(&expected, &found)?;
            if lost + more > 0 {
                let error = self.broken("a read yields exactly the rows within its bounds, and with its keys");
                return Err(error
                    .with("lost", lost)
                    .with("more", more)
                    .with("bounds", format!("{:?}", options.bounds)));
            }
        }
        Ok(true)
    }
}
