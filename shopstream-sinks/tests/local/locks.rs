//! One run at a time, over handles and over processes; and processes that are killed.

use shopstream_core::{ErrorKind, Warehouse};
use shopstream_sinks::local::LocalWarehouse;
use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::fixture::{Folder, ids, published, put, run};

const FOLDER: &str = "SHOPSTREAM_TEST_WAREHOUSE";
const TASK: &str = "SHOPSTREAM_TEST_TASK";

/// What the tests below start as a process of its own; without a task it has nothing to do.
#[tokio::test]
async fn child_process() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let warehouse = LocalWarehouse::new(folder);
    if env::var(TASK).as_deref() == Ok("hold") {
        let build = warehouse.begin(&run("child")).await.unwrap();
        put(&*build, "raw.a", &[1, 2]).await.unwrap();
        println!("READY");
        futures::future::pending::<()>().await;
    }
    // Publishes for ever, all tables with the same number.
    loop {
        let build = warehouse.begin(&run("child")).await.unwrap();
        let last = ids(build.read(&"raw.a".into(), None).await).await.map_or(0, |ids| ids[0]);
        for table in ["raw.a", "staging.b", "marts.c"] {
            put(&*build, table, &[last + 1]).await.unwrap();
        }
        build.publish().await.unwrap();
        println!("READY");
    }
}

fn start(folder: &Path, task: &str) -> (Child, impl BufRead) {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["locks::child_process", "--exact", "--nocapture"]).env(FOLDER, folder).env(TASK, task);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    (child, output)
}

fn wait_until_ready(output: &mut impl BufRead) {
    let mut line = String::new();
    while !line.contains("READY") {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0, "the child ended");
    }
}

#[tokio::test]
async fn another_process_is_a_conflict_until_it_dies() {
    let folder = Folder::new();
    let (mut child, mut output) = start(folder.path(), "hold");
    wait_until_ready(&mut output);
    for name in ["child", "other"] {
        let error = folder.warehouse.begin(&run(name)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let build = folder.warehouse.begin(&run("child")).await.unwrap();
    assert_eq!(ids(build.read(&"raw.a".into(), None).await).await.unwrap(), [1, 2]);
    assert_eq!(build.publish().await.unwrap().tables, ["raw.a".into()]);
}

#[tokio::test]
async fn killed_at_any_moment_readers_see_whole_versions() {
    let folder = Folder::new();
    let mut last = 0;
    for kill in 0..20 {
        let (mut child, mut output) = start(folder.path(), "publish");
        wait_until_ready(&mut output);
        thread::sleep(Duration::from_millis(kill));
        child.kill().unwrap();
        child.wait().unwrap();
        let a = published(&folder.warehouse, "raw.a").await;
        assert!(a[0] > last, "what was published stays");
        assert_eq!(published(&folder.warehouse, "staging.b").await, a);
        assert_eq!(published(&folder.warehouse, "marts.c").await, a);
        last = a[0];
    }
    folder.warehouse.begin(&run("child")).await.unwrap().abandon().await.unwrap();
    assert_eq!(folder.hidden(), [".lock"]);
    assert!(folder.builds().is_empty());
    assert!(folder.versions().len() <= 6, "{:?}", folder.versions());
}

#[tokio::test]
async fn a_second_handle_is_a_conflict_until_the_build_is_gone() {
    let folder = Folder::new();
    let other = LocalWarehouse::new(folder.path());
    let build = folder.warehouse.begin(&run("one")).await.unwrap();
    assert_eq!(other.begin(&run("two")).await.unwrap_err().kind(), ErrorKind::Conflict);
    build.publish().await.unwrap();
    let build = other.begin(&run("two")).await.unwrap();
    assert_eq!(folder.warehouse.begin(&run("one")).await.unwrap_err().kind(), ErrorKind::Conflict);
    build.abandon().await.unwrap();
    drop(folder.warehouse.begin(&run("one")).await.unwrap());
    drop(other.begin(&run("two")).await.unwrap());
}
