//! Model and twin, cell by cell.

use arrow::{
    array::{Array, RecordBatch},
    compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch},
    util::display::array_value_to_string,
};
use futures::TryStreamExt;
use proptest::{prelude::*, test_runner::TestRunner};
use shopstream::{BatchStream, TableDecl, models::project, prelude::*, timestamp};

use crate::{shop::Shop, strategies};

/// Asserts that each model's twin answers with the rows that the model's function made and a warehouse published.
pub(crate) async fn assert_same(warehouse: &LocalWarehouse, params: &Params) {
    let project = project(params).unwrap();
    assert_eq!(project.models().len(), 17);
    for model in project.models() {
        let (table, declared) = (model.table(), model.declaration());
        let twin = project.twin(&table, params).unwrap();
        let function = rows(warehouse.read(&table, None).await, declared).await;
        let sql = rows(warehouse.query(&twin).await, declared).await;
        assert_types(&sql, declared);
        assert_eq!(difference(&sql, &function), None, "{table}");
    }
}

/// The rows in the order of their keys, for a query answers in any.
pub(crate) async fn rows(stream: Result<BatchStream>, declared: &TableDecl) -> RecordBatch {
    let batches: Vec<RecordBatch> = stream.unwrap().try_collect().await.unwrap();
    let whole = concat_batches(batches[0].schema_ref(), &batches).unwrap();
    let column = |name: &&str| SortColumn { values: whole.column_by_name(name).unwrap().clone(), options: None };
    let key: Vec<SortColumn> = declared.grain.iter().map(column).collect();
    take_record_batch(&whole, &lexsort_to_indices(&key, None).unwrap()).unwrap()
}

/// The columns are those that are declared, of their types, and no NULL stands where there is none.
fn assert_types(rows: &RecordBatch, declared: &TableDecl) {
    let found: Vec<_> = rows.schema().fields().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect();
    let expected: Vec<_> = declared.columns.iter().map(|c| (c.name.to_owned(), c.data_type.clone())).collect();
    assert_eq!(found, expected, "{}", declared.name);
    for (column, array) in declared.columns.iter().zip(rows.columns()) {
        assert!(column.nullable || array.null_count() == 0, "{}.{} has NULLs", declared.name, column.name);
    }
}

/// The first difference of two tables, in words.
pub(crate) fn difference(sql: &RecordBatch, function: &RecordBatch) -> Option<String> {
    if sql.num_rows() != function.num_rows() {
        return Some(format!("{} rows, the function has {}", sql.num_rows(), function.num_rows()));
    }
    let fields = function.schema();
    let mut columns = fields.fields().iter().zip(sql.columns().iter().zip(function.columns()));
    columns.find_map(|(field, (sql, function))| {
        let row = (0..function.len()).find(|row| sql.slice(*row, 1) != function.slice(*row, 1))?;
        let shown = |array| array_value_to_string(array, row).unwrap();
        Some(format!("{}, row {row}: {:?}, the function has {:?}", field.name(), shown(sql), shown(function)))
    })
}

fn check(shop: &Shop) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (_folder, warehouse) = shop.published().await;
        assert_same(&warehouse, &shop.params).await;
    });
}

#[test]
fn of_random_rows() {
    let mut runner = TestRunner::new(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() });
    runner
        .run(&strategies::shop(), |shop| {
            check(&shop);
            Ok(())
        })
        .unwrap();
}

#[test]
fn of_many_random_rows() {
    for shop in strategies::several(3, 30) {
        check(&shop);
    }
}

#[test]
fn of_no_rows() {
    let params = Params::new(date!("2026-01-14"));
    let other = params.clone().with_premium_plans([""; 0]).with_built_at(timestamp!("2026-01-14 02:03:04.000005"));
    let never = params.clone().with_start_date(date!("2027-01-01"));
    for params in [params, other, never] {
        check(&Shop::empty(params));
    }
}

#[test]
fn of_every_kind_of_year() {
    // ISO years of 52 and 53 weeks, leap years, and centuries that are none.
    for (start, as_of) in [("1896-12-25", "1905-01-03"), ("1999-12-25", "2001-02-01"), ("2014-12-31", "2032-06-30")] {
        let params = Params::new(as_of.parse().unwrap()).with_start_date(start.parse().unwrap());
        check(&Shop::empty(params));
    }
}

#[test]
fn a_change_of_any_cell_is_seen() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let shop = strategies::several(1, 8).remove(0);
    runtime.block_on(async {
        let (_folder, warehouse) = shop.published().await;
        for model in project(&shop.params).unwrap().models() {
            let all = rows(warehouse.read(&model.table(), None).await, model.declaration()).await;
            assert!(all.num_rows() > 1, "{}", model.table());
            assert_eq!(difference(&all, &all), None);
            assert!(difference(&all.slice(1, all.num_rows() - 1), &all).is_some());
            for (i, field) in all.schema().fields().iter().enumerate() {
                let mut columns = all.columns().to_vec();
                let last = all.num_rows() - 1;
                let gone = arrow::array::new_null_array(field.data_type(), 1);
                if columns[i].is_null(last) {
                    continue;
                }
                columns[i] = arrow::compute::concat(&[&columns[i].slice(0, last), &gone]).unwrap();
                let fields: Vec<_> =
                    all.schema().fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
                let schema = std::sync::Arc::new(arrow::datatypes::Schema::new(fields));
                let seen = difference(&RecordBatch::try_new(schema, columns).unwrap(), &all).unwrap();
                assert!(seen.starts_with(&format!("{}, row {last}: ", field.name())), "{seen}");
            }
        }
    });
}
