//! Tables that are made by queries, by a warehouse that really runs them.

use super::{fill, has, holds, marts, refused, rows, run, select};
use crate::{Build, ErrorKind, Materialization, QueryTable, Result, TableRef, Warehouse, sql::Query};

/// What the suite asks of both: a warehouse that only writes SQL down, like the recording one, takes no rows.
fn runs_queries(warehouse: &dyn Warehouse) -> bool {
    let can = warehouse.capabilities();
    can.materialize && can.put
}

async fn make(build: &dyn Build, table: &TableRef, query: impl Into<Query>, kept: Materialization) -> Result<u64> {
    let made = QueryTable::new(table.clone(), rows(&[])?.schema(), query).with_key(["id"]).with_materialization(kept);
    Ok(build.materialize(&made).await?.rows)
}

/// A query reads the tables as its build has them, finds its columns by their names, and makes a table or nothing.
///
/// # Errors
/// The promise that was broken.
pub async fn made_by_queries(warehouse: &dyn Warehouse) -> Result<()> {
    if !runs_queries(warehouse) {
        return Ok(());
    }
    let (a, b, made) = (marts("made_a"), marts("made_b"), marts("made"));
    let build = warehouse.begin(&run("made-1")?).await?;
    fill(warehouse, &*build, &a, &[1, 2]).await?;
    fill(warehouse, &*build, &b, &[3]).await?;
    build.publish().await?;

    let build = warehouse.begin(&run("made-2")?).await?;
    fill(warehouse, &*build, &a, &[4, 5, 6]).await?;
    let query =
        Query::new(format!("SELECT name, id FROM {a} WHERE id > :least UNION ALL SELECT name, id FROM {b} -- {a}"));
    let count = make(&*build, &made, query.bind("least", 4), Materialization::Table).await?;
    holds(count == 3, "a query answers with the rows that it made")?;
    has(
        warehouse,
        build.read(&made, None).await,
        &[3, 5, 6],
        "a query reads what the build has, and else what is published",
    )
    .await?;
    let lacks = make(&*build, &made, "SELECT 7 AS id", Materialization::Table).await;
    refused(lacks, ErrorKind::Schema, "a query that lacks a column is refused")?;
    let unbound = make(&*build, &made, "SELECT :id AS id, NULL AS name", Materialization::Table).await;
    refused(unbound, ErrorKind::Config, "a parameter without a value is refused")?;
    let missing = make(&*build, &made, "SELECT id, name FROM marts.suite_nowhere", Materialization::Table).await;
    refused(missing, ErrorKind::NotFound, "a query of a table that is not there is refused")?;
    has(warehouse, build.read(&made, None).await, &[3, 5, 6], "a query that fails leaves the former table").await?;
    holds(build.publish().await?.tables == [made.clone(), a], "what a query made is published")?;
    has(warehouse, warehouse.read(&made, None).await, &[3, 5, 6], "what a query made is read").await
}

/// A table, a view and a merged table have the rows of their query, in the build and published, the first time and
/// again, and when one becomes the other.
///
/// # Errors
/// The promise that was broken.
pub async fn kept_as_declared(warehouse: &dyn Warehouse) -> Result<()> {
    if !runs_queries(warehouse) {
        return Ok(());
    }
    use Materialization::{Merge, Table, View};
    let source = marts("kept_source");
    for (n, [first, second]) in
        [[Table, Table], [View, View], [Merge, Merge], [Table, View], [View, Merge]].into_iter().enumerate()
    {
        let table = marts(&format!("kept_{n}"));
        let query = || Query::new(format!("SELECT id, name FROM {source} WHERE id <> :not")).bind("not", 4);
        for (round, kept, ids, expected) in [
            (1, first, vec![1, 2, 3, 4], vec![1, 2, 3]),
            (2, second, vec![2, 4, 5], vec![2, 5]),
            (3, second, vec![], vec![]),
        ] {
            let build = warehouse.begin(&run(&format!("kept-{n}-{round}"))?).await?;
            fill(warehouse, &*build, &source, &ids).await?;
            let count = make(&*build, &table, query(), kept).await?;
            holds(count == expected.len() as u64, "a query answers with the rows that it made")?;
            has(warehouse, build.read(&table, None).await, &expected, "however kept, a build reads the query's rows")
                .await?;
            let of_it = marts(&format!("kept_of_{n}"));
            make(&*build, &of_it, format!("SELECT id, name FROM {table}"), Table).await?;
            has(warehouse, build.read(&of_it, None).await, &expected, "however kept, queries read it").await?;
            build.publish().await?;
            has(
                warehouse,
                warehouse.read(&table, None).await,
                &expected,
                "however kept, readers find the query's rows",
            )
            .await?;
        }
        // Rows that have changed under keys that stay.
        let build = warehouse.begin(&run(&format!("kept-{n}-4"))?).await?;
        let changed = select(&[7, 8]).replace("'the name of 7'", "NULL").replace("8 AS id, NULL", "8 AS id, 'new'");
        make(&*build, &table, select(&[7, 8, 9]), second).await?;
        build.publish().await?;
        let build = warehouse.begin(&run(&format!("kept-{n}-5"))?).await?;
        make(&*build, &table, changed.clone(), second).await?;
        build.publish().await?;
        let build = warehouse.begin(&run(&format!("kept-{n}-6"))?).await?;
        let same = format!("SELECT id, name FROM {table} WHERE (id = 7 AND name IS NULL) OR (id = 8 AND name = 'new')");
        let count = make(&*build, &marts("kept_same"), same, Table).await?;
        build.abandon().await?;
        holds(count == 2, "however kept, a row that has changed is the new one")?;
    }
    Ok(())
}
