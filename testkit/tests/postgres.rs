//! Throwaway servers, for real: started, refused, dropped, killed.

#![cfg(unix)]
// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    panic,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use shopstream_testkit::postgres::{Error, Server};
use tempfile::TempDir;
use tokio_postgres::{NoTls, error::SqlState};

/// Whether a process runs; a dead one whose parent has not looked yet does not.
fn alive(pid: u32) -> bool {
    let pid = Pid::from_raw(pid as i32).unwrap();
    let zombie = fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "));
    test_kill_process(pid).is_ok() && !zombie
}

/// A folder for clusters that no other test's start looks at, and that the server's account may enter.
fn parent() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
    dir
}

/// Another process that owns a server.
struct Owner {
    process: Child,
    server: u32,
    folder: PathBuf,
}

impl Owner {
    fn start(parent: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_throwaway-postgres"))
            .arg(parent)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.next().unwrap().starts_with("postgresql://"));
        let server = lines.next().unwrap().parse().unwrap();
        let folder = PathBuf::from(lines.next().unwrap());
        assert!(alive(server) && folder.is_dir());
        Self { process, server, folder }
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[tokio::test]
async fn serves_clients_over_tcp_with_the_settings_promised() {
    let server = Server::start().unwrap();
    let url = server.create_database("a \"shop\"").unwrap();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let settings = "SELECT current_database(), current_setting('TimeZone'), current_setting('server_encoding'),
        (SELECT datcollate FROM pg_database WHERE datname = current_database()), current_setting('fsync')";
    let row = client.query_one(settings, &[]).await.unwrap();
    let values: Vec<String> = (0..5).map(|i| row.get(i)).collect();
    assert_eq!(values, ["a \"shop\"", "UTC", "UTF8", "C", "off"]);
    drop(client);
    connection.await.unwrap().unwrap();

    let twice = server.create_database("a \"shop\"").unwrap_err();
    assert!(matches!(&twice, Error::Refused { code, .. } if code == "42P04"), "{twice}");
}

#[test]
fn two_run_beside_each_other_and_settings_can_be_changed() {
    let (one, two) = (thread::spawn(Server::start), Server::builder().setting("wal_level", "logical").start().unwrap());
    let one = one.join().unwrap().unwrap();
    assert_ne!((one.port(), one.folder()), (two.port(), two.folder()));
    one.query("postgres", "CREATE TABLE t AS SELECT 1 AS a").unwrap();
    assert!(two.query("postgres", "SELECT a FROM t").is_err());
    assert_eq!(one.query("postgres", "SELECT a, NULL FROM t").unwrap(), [[Some("1".to_owned()), None]]);
    let level = |server: &Server| server.query("postgres", "SHOW wal_level").unwrap()[0][0].clone().unwrap();
    assert_eq!((level(&one), level(&two)), ("minimal".to_owned(), "logical".to_owned()));
}

#[tokio::test]
async fn refuses_a_wrong_password_and_a_missing_one() {
    let server = Server::builder().user("owner").password("right: p@ss").start().unwrap();
    assert!(!format!("{server:?}").contains("right"));
    let (client, connection) = tokio_postgres::connect(&server.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    assert_eq!(client.query_one("SELECT current_user::text", &[]).await.unwrap().get::<_, String>(0), "owner");

    let mut config: tokio_postgres::Config = server.url().parse().unwrap();
    config.password("wrong");
    let refused = config.connect(NoTls).await.map(|_| ()).unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::INVALID_PASSWORD));

    let without = format!("postgresql://owner@{}:{}/postgres", server.host(), server.port());
    assert!(tokio_postgres::connect(&without, NoTls).await.is_err());
    // The file that handed it over is gone.
    assert!(!server.folder().join("password").exists());
}

#[test]
fn a_server_that_cannot_start_says_why_and_leaves_nothing() {
    let parent = parent();
    let error = Server::builder().within(parent.path()).setting("no_such_setting", "1").start().unwrap_err();
    assert!(error.to_string().contains("no_such_setting"), "{error}");
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn is_stopped_and_removed_when_dropped_also_by_a_panic() {
    let parent = parent();
    let server = Server::builder().within(parent.path()).start().unwrap();
    let pid = server.pid();
    assert!(alive(pid));
    drop(server);
    assert!(!alive(pid));
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);

    let path = parent.path().to_owned();
    let panicked = panic::catch_unwind(|| {
        let server = Server::builder().within(path).own_process_group().start().unwrap();
        panic::panic_any(server.pid());
    });
    let pid = *panicked.unwrap_err().downcast::<u32>().unwrap();
    assert!(!alive(pid));
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn the_next_start_removes_what_a_killed_owner_left_and_spares_the_living() {
    let parent = parent();
    let mut killed = Owner::start(parent.path());
    let mut killed_with_its_server = Owner::start(parent.path());
    let mut living = Owner::start(parent.path());
    assert!(alive(killed.server) && alive(killed_with_its_server.server));
    killed.kill();
    killed_with_its_server.kill();
    let server = Pid::from_raw(killed_with_its_server.server as i32).unwrap();
    kill_process(server, Signal::KILL).unwrap();
    while alive(killed_with_its_server.server) {
        thread::sleep(Duration::from_millis(5));
    }
    // Both were left behind: nobody tidied up for them.
    assert!(alive(killed.server) && killed.folder.exists() && killed_with_its_server.folder.exists());

    let next = Server::builder().within(parent.path()).start().unwrap();
    assert!(!alive(killed.server));
    assert!(!killed.folder.exists() && !killed_with_its_server.folder.exists());
    assert!(alive(living.server) && living.folder.is_dir());
    assert!(next.query("postgres", "SELECT 1").is_ok());

    // The end of its input is a tidy end.
    drop(living.process.stdin.take());
    assert!(living.process.wait().unwrap().success());
    assert!(!alive(living.server) && !living.folder.exists());
}
