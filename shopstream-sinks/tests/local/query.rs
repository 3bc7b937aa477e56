//! Queries over the published version.

use shopstream_core::{ErrorKind, Warehouse};

use crate::fixture::Folder;

#[cfg(not(feature = "sql"))]
#[tokio::test]
async fn without_the_feature_the_error_says_which() {
    let folder = Folder::new();
    folder.publish("first", &[("marts.a", &[1])]).await;
    assert!(!folder.warehouse.capabilities().query);
    let error = folder.warehouse.query(&"SELECT id FROM marts.a".into()).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("the feature `sql`"), "{error}");
}

#[cfg(feature = "sql")]
mod with_the_feature {
    use super::*;
    use crate::fixture::{ids, put, run};
    use arrow::{
        array::{AsArray, RecordBatch},
        datatypes::Int64Type,
    };
    use futures::{StreamExt, TryStreamExt};
    use shopstream_core::{BatchStream, Result, sql::Query};

    async fn answer(folder: &Folder, query: impl Into<Query>) -> Result<BatchStream> {
        folder.warehouse.query(&query.into()).await
    }

    #[tokio::test]
    async fn tables_are_joined_and_values_bound() {
        let folder = Folder::new();
        folder.publish("first", &[("marts.a", &[1, 2, 3, 4]), ("core.b", &[2, 3, 4, 5])]).await;
        assert!(folder.warehouse.capabilities().query);
        let query = Query::new(
            "SELECT a.id FROM marts.a AS a JOIN CORE.B AS b ON b.id = a.id
             WHERE a.id <> :not AND (a.name = :name OR a.id IN (:ids)) ORDER BY a.id DESC",
        );
        let query = query.bind("not", 3).bind("name", "a name of number 2").bind_list("ids", [3, 4]);
        assert_eq!(ids(answer(&folder, query.clone()).await).await.unwrap(), [4, 2]);
        // What is bound is never read as SQL.
        let query = query.bind("name", "x' OR TRUE OR 'x' = '").bind_list("ids", [0; 0]);
        assert!(ids(answer(&folder, query).await).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_answer_has_columns_without_rows_and_rows_without_columns() {
        let folder = Folder::new();
        folder.publish("first", &[("marts.a", &[]), ("marts.b", &[1, 2, 3])]).await;
        for sql in ["SELECT * FROM marts.a", "SELECT id, name FROM marts.b WHERE id > 7", "SELECT 1 AS id WHERE FALSE"]
        {
            let batches: Vec<RecordBatch> = answer(&folder, sql).await.unwrap().try_collect().await.unwrap();
            assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 0, "{sql}");
            assert_eq!(batches[0].schema().field(0).name(), "id");
        }
        for (sql, count) in [("SELECT COUNT(*) FROM marts.b", 3), ("SELECT COUNT(*) FROM marts.a", 0)] {
            assert_eq!(ids(answer(&folder, sql).await).await.unwrap(), [count], "{sql}");
        }
    }

    #[tokio::test]
    async fn an_answer_is_of_the_version_that_was_current_when_the_query_began() {
        let folder = Folder::new();
        folder.publish("first", &[("marts.a", &[1]), ("marts.b", &[10])]).await;
        let sql = "SELECT a.id + b.id AS id FROM marts.a AS a CROSS JOIN marts.b AS b";
        let begun = answer(&folder, sql).await;
        let open = folder.warehouse.begin(&run("open")).await.unwrap();
        put(&*open, "marts.a", &[7]).await.unwrap();
        assert_eq!(ids(answer(&folder, sql).await).await.unwrap(), [11], "a build is not seen");
        drop(open);
        // As many publishes as remove the files of the first version.
        for n in 2..=8 {
            folder.publish("daily", &[("marts.a", &[n]), ("marts.b", &[10 * n])]).await;
        }
        assert_eq!(ids(begun).await.unwrap(), [11]);
        assert_eq!(ids(answer(&folder, sql).await).await.unwrap(), [88]);
    }

    #[tokio::test]
    async fn a_large_answer_streams() {
        let folder = Folder::new();
        let numbers: Vec<i64> = (0..200_000).collect();
        folder.publish("first", &[("marts.a", &numbers)]).await;
        let mut rows = answer(&folder, "SELECT id, name FROM marts.a WHERE id % 2 = 0").await.unwrap();
        let first = rows.next().await.unwrap().unwrap();
        assert!((1..100_000).contains(&first.num_rows()), "{}", first.num_rows());
        let rest: Vec<RecordBatch> = rows.try_collect().await.unwrap();
        let sum = |b: &RecordBatch| b.column(0).as_primitive::<Int64Type>().values().iter().sum::<i64>();
        assert_eq!(sum(&first) + rest.iter().map(sum).sum::<i64>(), (0..200_000).step_by(2).sum::<i64>());
        // Who needs one row does not wait for all.
        let one = answer(&folder, "SELECT id FROM marts.a LIMIT 1").await;
        assert_eq!(ids(one).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn nothing_is_written() {
        let folder = Folder::new();
        folder.publish("first", &[("marts.a", &[1, 2])]).await;
        let target = folder.path().join("stolen.csv");
        let copy = format!("COPY (SELECT 1) TO '{}'", target.display());
        for sql in [
            "CREATE TABLE marts.b AS SELECT * FROM marts.a",
            "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
            "CREATE VIEW v AS SELECT 1",
            "DROP TABLE marts.a",
            "INSERT INTO marts.a VALUES (3, 'x')",
            "UPDATE marts.a SET id = 0",
            "DELETE FROM marts.a",
            "TRUNCATE TABLE marts.a",
            "SELECT * INTO marts.b FROM marts.a",
            "WITH x AS (SELECT 1) INSERT INTO marts.a SELECT 3, 'x'",
            "SET datafusion.execution.batch_size = 1",
            "RESET datafusion.execution.batch_size",
            "SHOW TABLES",
            "BEGIN",
            "PREPARE p AS SELECT 1",
            "EXECUTE p",
            "EXPLAIN ANALYZE DELETE FROM marts.a",
            "SELECT 1; DROP TABLE marts.a",
            &copy,
        ] {
            let error = answer(&folder, sql).await.err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{sql}: {error}");
        }
        assert!(!target.exists());
        assert_eq!(ids(answer(&folder, "SELECT id FROM marts.a ORDER BY 1").await).await.unwrap(), [1, 2]);
    }

    #[tokio::test]
    async fn what_is_wrong_is_named() {
        let folder = Folder::new();
        let none = answer(&folder, "SELECT * FROM marts.a").await.err().unwrap();
        assert_eq!((none.kind(), none.context("table")), (ErrorKind::NotFound, Some("marts.a")));
        folder.publish("first", &[("marts.a", &[1])]).await;
        for (sql, kind, says) in [
            ("SELECT * FROM marts.b", ErrorKind::NotFound, "marts.b"),
            ("SELECT * FROM a", ErrorKind::NotFound, "table: "),
            ("SELECT * FROM other.marts.a", ErrorKind::NotFound, "other.marts.a"),
            ("SELECT * FROM '/etc/passwd'", ErrorKind::NotFound, "/etc/passwd"),
            ("SELECT nothing FROM marts.a", ErrorKind::NotFound, "nothing"),
            ("SELECT id FROM marts.a, marts.a AS b", ErrorKind::Config, "mbiguous"),
            ("SELEC id", ErrorKind::Config, "SQL"),
            ("", ErrorKind::Config, "No SQL"),
            ("SELECT nothing_of_the_sort(id) FROM marts.a", ErrorKind::Config, "nothing_of_the_sort"),
            ("SELECT id FROM marts.a WHERE id = :id", ErrorKind::Config, "parameter: id"),
        ] {
            let error = answer(&folder, sql).await.err().unwrap();
            assert_eq!(error.kind(), kind, "{sql}: {error}");
            assert!(error.to_string().contains(says), "{sql}: {error}");
        }
    }

    #[tokio::test]
    async fn no_error_tells_a_value() {
        let folder = Folder::new();
        folder.publish("first", &[("marts.a", &[1, 2])]).await;
        for sql in [
            "SELECT CAST(name AS BIGINT) FROM marts.a",
            "SELECT CAST(name AS DATE) FROM marts.a",
            "SELECT get_path(name, name) FROM marts.a",
        ] {
            let error = match answer(&folder, sql).await {
                Ok(rows) => rows.try_collect::<Vec<_>>().await.unwrap_err(),
                Err(error) => error,
            };
            assert!(!format!("{error:?}").contains("a name of number"), "{error:?}");
        }
        let by_zero = answer(&folder, "SELECT id / (id - id) FROM marts.a").await.unwrap();
        let error = by_zero.try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Data, "the query divides by zero"));
    }
}
