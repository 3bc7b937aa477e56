//! A writer that is killed at any moment: what it left is no obstacle, and can be cleaned up.

use crate::fixture::{layout, options, rows};
use arrow::array::RecordBatch;
use futures::{StreamExt, stream};
use shopstream_core::{Clock, Format, Lake, Manifest, Partition, SystemClock, TableRead, Timestamp, date};
use shopstream_sinks::lake::ObjectStoreLake;
use std::{
    collections::BTreeSet,
    env,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
};

/// Tells the test to be the writer that is killed, in this folder.
const FOLDER: &str = "SHOPSTREAM_KILLED_WRITER";
/// What the writer says when it begins.
const BEGINS: &str = "the writer begins";

const FORMATS: [Format; 2] = [Format::Parquet, Format::Csv];

fn lake(folder: &Path) -> ObjectStoreLake {
    ObjectStoreLake::local(folder, layout()).unwrap().with_part_bytes(16 << 10)
}

fn partitions() -> impl Iterator<Item = (Partition, Format)> {
    FORMATS.into_iter().map(|format| (Partition::new("users", date!("2026-01-14").plus_days(format as i32)), format))
}

/// Three parts of some batches each.
fn read() -> TableRead {
    let batches: Vec<RecordBatch> = (1..=3).map(|part| rows(part * 4_000)).collect();
    let parts = batches.iter().map(|rows| {
        let cuts: Vec<_> = (0..rows.num_rows()).step_by(1_000).map(|from| Ok(rows.slice(from, 1_000))).collect();
        stream::iter(cuts).boxed()
    });
    TableRead::of_parts(batches[0].schema(), parts.collect())
}

async fn write(lake: &ObjectStoreLake) -> Vec<Manifest> {
    let mut manifests = vec![];
    for (partition, format) in partitions() {
        let options = options().with_format(format).with_max_rows_per_file(5_000).with_workers(2);
        manifests.push(lake.write(&partition, read(), &options).await.unwrap());
    }
    manifests
}

fn checksums(manifests: &[Manifest]) -> Vec<&str> {
    manifests.iter().flat_map(|m| &m.files).map(|file| file.sha256.as_str()).collect()
}

/// All files below a folder.
fn files(folder: &Path, into: &mut BTreeSet<String>, root: &Path) {
    for entry in folder.read_dir().unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => files(&entry.path(), into, root),
            false => assert!(into.insert(entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned())),
        }
    }
}

/// This test, as the writer.
fn start(folder: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "kills::a_writer_killed_at_any_moment_leaves_no_trace", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut lines = output.by_ref().lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains(BEGINS)), "the writer did not begin");
    (child, output)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_killed_at_any_moment_leaves_no_trace() {
    if let Some(folder) = env::var_os(FOLDER) {
        println!("{BEGINS}");
        std::io::stdout().flush().unwrap();
        write(&lake(folder.as_ref())).await;
        return;
    }
    let clock = SystemClock::new();
    let undisturbed = tempfile::tempdir().unwrap();
    let began = clock.elapsed();
    let (mut child, _output) = start(undisturbed.path());
    assert!(child.wait().unwrap().success());
    let duration = clock.elapsed() - began;
    let mut expected = vec![];
    for (partition, _) in partitions() {
        expected.push(lake(undisturbed.path()).manifest(&partition).await.unwrap().unwrap());
    }
    assert_eq!(expected.iter().map(|m| m.files.len()).sum::<usize>(), 12);

    let kills = if env::var("SHOPSTREAM_LONG").is_ok_and(|long| long == "1") { 200 } else { 20 };
    let (mut seed, mut interrupted, mut left_something) = (0x5EED_u64, 0, 0);
    for kill in 0..kills {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let folder = tempfile::tempdir().unwrap();
        let (mut child, _output) = start(folder.path());
        thread::sleep(duration.mul_f64((seed % 1_000) as f64 / 1_000.0));
        child.kill().unwrap();
        interrupted += u32::from(!child.wait().unwrap().success());

        let lake = lake(folder.path());
        let manifests = write(&lake).await;
        assert_eq!(checksums(&manifests), checksums(&expected), "kill {kill}");
        let soon = Timestamp::from_micros(clock.now().micros() + 3_600_000_000);
        let planned = lake.orphans("users", soon).await.unwrap();
        assert_eq!(lake.clean_up("users", soon).await.unwrap(), planned, "kill {kill}");
        left_something += u32::from(!planned.is_empty());

        let mut named = BTreeSet::new();
        for highest in &manifests {
            for number in 1..=highest.number {
                let key = layout().manifest(&highest.partition, number).unwrap();
                // A dead writer's number has no manifest.
                let Ok(bytes) = std::fs::read(folder.path().join(&key)) else { continue };
                named.extend(Manifest::decode(&bytes).unwrap().files.into_iter().map(|file| file.key));
                named.insert(key);
            }
        }
        let mut found = BTreeSet::new();
        files(folder.path(), &mut found, folder.path());
        assert_eq!(found, named, "kill {kill}");
    }
    assert!(interrupted > 0 && left_something > 0, "{interrupted} of {kills} were interrupted, {left_something} seen");
}
