//! What every [`Lake`] promises.
//!
//! ```
//! use shopstream_core::{conformance, memory::MemoryLake};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! conformance::lake::all(&MemoryLake::new()).await?;
//! # Ok::<(), shopstream_core::Error>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod clean_up;
mod fixture;
mod parts;
mod values;
mod visibility;

pub use clean_up::{a_clean_up_leaves_what_counts, a_clean_up_stays_in_its_folder};
pub use parts::{a_failing_part_leaves_no_partition, empty_parts_are_a_partition, parts_are_files_in_their_order};
pub use values::{
    columns_are_those_asked_for, empty_input_is_a_partition, files_have_at_most_the_rows_allowed,
    statistics_are_those_of_the_rows, values_survive,
};
pub use visibility::{
    a_deleted_partition_is_gone, a_dropped_write_leaves_the_partition, a_failing_stream_leaves_the_partition,
    a_read_goes_on_while_a_newer_is_written, a_wrong_batch_is_refused, concurrent_writers_do_not_mix,
    dates_are_listed_in_order, the_highest_manifest_counts, what_was_not_written_does_not_exist,
};

use crate::{Format, Lake, Result};

/// All of them, in a lake that has none of the tables `conformance_*`, which it leaves behind.
///
/// # Errors
/// The first promise that was broken.
pub async fn all(lake: &dyn Lake) -> Result<()> {
    what_was_not_written_does_not_exist(lake).await?;
    for format in [Format::Parquet, Format::Csv, Format::Ndjson] {
        values_survive(lake, format).await?;
        columns_are_those_asked_for(lake, format).await?;
        empty_input_is_a_partition(lake, format).await?;
        files_have_at_most_the_rows_allowed(lake, format).await?;
        parts_are_files_in_their_order(lake, format).await?;
        empty_parts_are_a_partition(lake, format).await?;
    }
    a_failing_part_leaves_no_partition(lake).await?;
    statistics_are_those_of_the_rows(lake).await?;
    the_highest_manifest_counts(lake).await?;
    a_read_goes_on_while_a_newer_is_written(lake).await?;
    a_wrong_batch_is_refused(lake).await?;
    a_failing_stream_leaves_the_partition(lake).await?;
    a_dropped_write_leaves_the_partition(lake).await?;
    concurrent_writers_do_not_mix(lake).await?;
    dates_are_listed_in_order(lake).await?;
    a_deleted_partition_is_gone(lake).await?;
    a_clean_up_leaves_what_counts(lake).await?;
    a_clean_up_stays_in_its_folder(lake).await
}
