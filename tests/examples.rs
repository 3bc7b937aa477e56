//! Every example runs, and is short enough to be read at once.
//!
//! They are modules here, so that the tests run what stands in the files, without a second build.
#![allow(clippy::unwrap_used)]

#[path = "../examples/csv_to_marts/main.rs"]
mod csv_to_marts;
#[path = "../examples/custom_model.rs"]
mod custom_model;
#[path = "../examples/custom_source.rs"]
mod custom_source;
#[path = "../examples/embed_in_service.rs"]
mod embed_in_service;
#[path = "../examples/flat_sales/main.rs"]
mod flat_sales;
#[path = "../examples/in_memory_test.rs"]
mod in_memory_test;
#[path = "../examples/own_pipeline.rs"]
mod own_pipeline;
#[path = "../examples/s3_lake.rs"]
mod s3_lake;
#[path = "../examples/snowflake_plan.rs"]
mod snowflake_plan;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Lines of an example's file at most.
const LINES: usize = 60;

macro_rules! examples {
    ($($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                $name::main().unwrap();
            }
        )+

        #[test]
        fn none_is_forgotten() {
            let mut found: Vec<String> = entries(&folder()).iter().filter_map(|path| name_of(path)).collect();
            found.sort();
            assert_eq!(found, [$(stringify!($name)),+]);
        }
    };
}

examples!(
    csv_to_marts,
    custom_model,
    custom_source,
    embed_in_service,
    flat_sales,
    in_memory_test,
    own_pipeline,
    s3_lake,
    snowflake_plan
);

#[test]
fn each_is_read_at_once() {
    let all = entries(&folder());
    let nested = all.iter().filter(|path| name_of(path).is_some() && path.is_dir()).flat_map(|path| entries(path));
    let files: Vec<PathBuf> = all.iter().cloned().chain(nested).filter(|path| path.is_file()).collect();
    assert!(files.len() >= 9, "{files:?}");
    for file in files {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= LINES, "{} has {lines} lines, at most {LINES} are read at once", file.display());
    }
}

#[test]
fn the_readme_shows_one_that_runs() {
    let readme = include_str!("../README.md");
    assert!(readme.contains(include_str!("../examples/own_pipeline.rs")), "copy own_pipeline.rs into README.md");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The example of a path; `None` for data, and for what is a package of its own.
fn name_of(path: &Path) -> Option<String> {
    let example = path.extension().is_some_and(|e| e == "rs") || path.join("main.rs").is_file();
    (example && !path.join("Cargo.toml").is_file()).then(|| path.file_stem().unwrap().to_string_lossy().into_owned())
}
