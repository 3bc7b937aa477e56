//! Publishing: one transaction shows all of a build's tables.

use shopstream_core::{Materialization, Published, Result, TableSchema, Usage};

use super::{
    build::SnowflakeBuild,
    columns::{self, SqlColumn, definitions, join, list},
    ledger::Entry,
    tables,
    work::Work,
};
use crate::snowflake::{
    client::Session,
    sql::{Ident, Name},
};

/// Shows the tables of a build. What fails leaves readers what they had, and a build that the run finds again.
pub(super) async fn publish(build: &SnowflakeBuild) -> Result<Published> {
    let shared = &build.shared;
    let mut entries: Vec<Entry> = build.entries().values().cloned().collect();
    // Views after what they may be made of.
    entries.sort_by_key(|entry| entry.number);
    let mut took = vec![];
    for entry in &entries {
        let mut work = build.on(&entry.table);
        prepare(build, &mut work, entry).await?;
        took.push(work.usage());
    }
    let session = shared.transformer.separate()?;
    let version = transaction(build, &session, &entries, &mut took).await?;
    // The transaction has ended; a session that cannot be told to end does so by itself.
    let _ = session.close().await;
    build.entries().clear();
    let published = entries.iter().map(|entry| entry.table.clone());
    let mut published: Vec<_> = published.collect();
    published.sort();
    build.drop_all(entries).await;
    Ok(total(Published::new(version.to_string(), published), &took))
}

/// Makes the published table what its rows need. Each statement is seen at once, and leaves readers the rows that they
/// had.
async fn prepare(build: &SnowflakeBuild, work: &mut Work<'_>, entry: &Entry) -> Result<()> {
    let name = build.shared.layers.table_name(&entry.table)?;
    let former = build.base.get(&entry.table);
    let schema = entry.schema.to_arrow();
    let columns = columns::columns(&schema).map_err(|e| work.blame(e))?;
    let was_view = former.is_some_and(|f| f.kept == Materialization::View);
    if let Some(definition) = &entry.definition {
        let same = former.is_some_and(|f| f.definition.as_ref() == Some(definition) && f.schema == entry.schema);
        if former.is_some() && !was_view {
            work.again(tables::drop(&name, false)).await?;
        }
        return if same { Ok(()) } else { work.again(tables::create_view(&name, &columns, definition)).await };
    }
    if was_view {
        work.again(tables::drop(&name, true)).await?;
    }
    work.again(format!("CREATE TABLE IF NOT EXISTS {name} ({})", definitions(&columns))).await?;
    if let Some(former) = former.filter(|_| !was_view) {
        for change in changes(&name, &former.schema, &columns)? {
            work.again(change).await.map_err(|e| {
                e.with("hint", "the published table has other columns, which its owner may change: apply the plan")
            })?;
        }
    }
    Ok(())
}

/// The statements that let a published table hold the new columns. A column that is not written any more stays, and is
/// NULL from then on.
fn changes(name: &Name, former: &TableSchema, columns: &[SqlColumn<'_>]) -> Result<Vec<String>> {
    let alter = |what: String| format!("ALTER TABLE {name} {what}");
    let (former_schema, mut statements) = (former.to_arrow(), vec![]);
    let former = columns::columns(&former_schema)?;
    for column in columns {
        let Some(was) = former.iter().find(|f| f.name == column.name) else {
            statements.push(alter(format!("ADD COLUMN {} {}", column.name, column.data_type)));
            continue;
        };
        if was.data_type != column.data_type {
            statements.push(alter(format!("ALTER COLUMN {} SET DATA TYPE {}", column.name, column.data_type)));
        }
        if column.field.is_nullable() && !was.field.is_nullable() {
            statements.push(alter(format!("ALTER COLUMN {} DROP NOT NULL", column.name)));
        }
    }
    for gone in former.iter().filter(|f| !f.field.is_nullable() && columns.iter().all(|c| c.name != f.name)) {
        statements.push(alter(format!("ALTER COLUMN {} DROP NOT NULL", gone.name)));
    }
    Ok(statements)
}

/// Writes all rows, and that they are published; answers with the version.
async fn transaction(
    build: &SnowflakeBuild,
    session: &Session,
    entries: &[Entry],
    took: &mut Vec<Usage>,
) -> Result<u64> {
    let (shared, run) = (&build.shared, &build.claim.run);
    let mut work = shared.transformer.within(session, run).of(run);
    let written = async {
        work.run("BEGIN TRANSACTION").await?;
        // Also what makes a second publish wait for this one.
        shared.ledger.give_back(&mut work, &build.claim).await?;
        for entry in entries.iter().filter(|entry| entry.kept != Materialization::View) {
            let mut work = shared.transformer.within(session, &entry.table).of(run);
            write(build, &mut work, entry).await?;
            took.push(work.usage());
        }
        let version = shared.ledger.published_now(&mut work, run, shared.clock.now()).await?;
        work.run("COMMIT").await?;
        Ok(version)
    };
    let written: Result<u64> = written.await;
    if written.is_err() {
        // A session that is closed rolls back as well.
        let _ = session.execute("ROLLBACK").await;
    }
    took.push(work.usage());
    written
}

/// Writes the rows of a table.
async fn write(build: &SnowflakeBuild, work: &mut Work<'_>, entry: &Entry) -> Result<()> {
    let into = build.shared.layers.table_name(&entry.table)?;
    let from = build.shadow(&entry.table, entry.number)?;
    let schema = entry.schema.to_arrow();
    let columns = columns::columns(&schema)?;
    let key: Vec<Ident> = entry.schema.primary_key.iter().map(|k| Ident::new(k)).collect::<Result<_>>()?;
    let was_table = build.base.get(&entry.table).is_some_and(|former| former.kept != Materialization::View);
    if entry.kept == Materialization::Merge && was_table && !key.is_empty() {
        return merge(work, &into, &from, &columns, &key).await;
    }
    let names = list(&columns);
    work.run(format!("INSERT OVERWRITE INTO {into} ({names}) SELECT {names} FROM {from}")).await.map(drop)
}

/// Changes the rows that have changed, by their key.
async fn merge(work: &mut Work<'_>, into: &Name, from: &Name, columns: &[SqlColumn<'_>], key: &[Ident]) -> Result<()> {
    let same: Vec<String> = key.iter().map(|k| format!("t.{k} = s.{k}")).collect();
    let same = same.join(" AND ");
    work.run(format!("DELETE FROM {into} AS t WHERE NOT EXISTS (SELECT 1 FROM {from} AS s WHERE {same})")).await?;
    let others: Vec<&SqlColumn<'_>> = columns.iter().filter(|c| !key.contains(&c.name)).collect();
    let each = |each: &dyn Fn(&Ident) -> String, with: &str| {
        others.iter().map(|c| each(&c.name)).collect::<Vec<_>>().join(with)
    };
    let update = if others.is_empty() {
        String::new()
    } else {
        format!(
            " WHEN MATCHED AND ({}) THEN UPDATE SET {}",
            each(&|c| format!("t.{c} IS DISTINCT FROM s.{c}"), " OR "),
            each(&|c| format!("{c} = s.{c}"), ", ")
        )
    };
    let merge = format!(
        "MERGE INTO {into} AS t USING {from} AS s ON {same}{update} WHEN NOT MATCHED THEN INSERT ({}) VALUES ({})",
        list(columns),
        join(columns, |c| format!("s.{}", c.name)),
    );
    work.run(merge).await.map(drop)
}

/// What all of it took: of the computers that wrote last, and together if there were others.
fn total(published: Published, took: &[Usage]) -> Published {
    let Some(last) = took.last() else { return published };
    let mut compute: Vec<&str> = took.iter().map(|usage| usage.compute.as_str()).collect();
    compute.sort_unstable();
    compute.dedup();
    let mut usage = Usage::new(compute.join(", "), took.iter().map(|usage| usage.seconds).sum());
    usage.credits = last.credits.map(|_| took.iter().filter_map(|usage| usage.credits).sum());
    published.with_usage(usage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::DataType;
    use shopstream_core::ColumnSchema;

    fn schema(columns: &[(&str, DataType, bool)]) -> TableSchema {
        TableSchema::new(columns.iter().map(|(n, t, nullable)| ColumnSchema::new(*n, t.clone(), *nullable)).collect())
    }

    #[test]
    fn a_published_table_is_changed_to_hold_the_new_columns() {
        let former = schema(&[
            ("id", DataType::Int32, false),
            ("name", DataType::Utf8View, false),
            ("gone", DataType::Date32, false),
            ("stays", DataType::Date32, true),
        ]);
        let now = schema(&[
            ("id", DataType::Int64, false),
            ("name", DataType::Utf8View, true),
            ("new", DataType::Decimal128(10, 2), false),
        ])
        .to_arrow();
        let name = Name::parse("DB.RAW.T").unwrap();
        let found = changes(&name, &former, &columns::columns(&now).unwrap()).unwrap();
        let expected = [
            "ALTER COLUMN \"ID\" SET DATA TYPE NUMBER(19,0)",
            "ALTER COLUMN \"NAME\" DROP NOT NULL",
            "ADD COLUMN \"NEW\" NUMBER(10,2)",
            "ALTER COLUMN \"GONE\" DROP NOT NULL",
        ];
        assert_eq!(found, expected.map(|what| format!("ALTER TABLE \"DB\".\"RAW\".\"T\" {what}")));
        assert!(changes(&name, &former, &columns::columns(&former.to_arrow()).unwrap()).unwrap().is_empty());
    }

    #[test]
    fn usage_adds_up() {
        let took = [Usage::new("LOADING_WH", 1.0).with_rate(3600.0), Usage::new("TRANSFORM_WH", 2.0).with_rate(7200.0)];
        let published = total(Published::new("1", vec![]), &took);
        let usage = published.usage.unwrap();
        assert_eq!(
            (usage.compute.as_str(), usage.seconds, usage.credits),
            ("LOADING_WH, TRANSFORM_WH", 3.0, Some(5.0))
        );
    }
}
