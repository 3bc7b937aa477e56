//! A run of the command in folders of its own.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// The command, with an output folder and a folder for temporary files.
pub(crate) struct Tp {
    folder: TempDir,
    env: Vec<(String, String)>,
}

impl Tp {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tmp = folder.path().join("tmp");
        fs::create_dir(&tmp).unwrap();
        // The account that PostgreSQL runs as must get through.
        for path in [folder.path(), &tmp] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
        }
        Self { folder, env: vec![] }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(n, _)| n != name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Folders of servers that are there.
    pub(crate) fn servers(&self) -> Vec<String> {
        names(&self.folder.path().join("tmp")).into_iter().filter(|n| n.starts_with("shopstream-pg-")).collect()
    }

    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tp"));
        command.args(args).arg("--out").arg(self.out()).env("TMPDIR", self.folder.path().join("tmp"));
        command.env_remove("DATABASE_URL").envs(self.env.iter().map(|(n, v)| (n, v)));
        command
    }

    /// Runs it to a good end.
    pub(crate) fn ok<S: AsRef<OsStr>>(&self, args: &[S]) -> Vec<u8> {
        let output = self.command(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", output.status);
        output.stdout
    }

    /// Runs it to a good end, and reads its report.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_slice(&self.ok(&[args, &["--json"]].concat())).unwrap()
    }

    /// Runs it to a bad end; the answer is all that it said.
    pub(crate) fn fails<S: AsRef<OsStr>>(&self, args: &[S]) -> String {
        let output = self.command(args).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("error: "), "{said}");
        said
    }
}

/// What is in the lake of an output folder, by its keys.
pub(crate) fn lake(out: &Path) -> Vec<String> {
    fn walk(folder: &Path, keys: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, keys) } else { keys.push(path) }
        }
    }
    let (root, mut keys) = (out.join("lake"), vec![]);
    walk(&root, &mut keys);
    let key = |path: PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    let mut keys: Vec<String> = keys.into_iter().map(key).collect();
    keys.sort();
    keys
}

/// The manifest of a key.
pub(crate) fn manifest(out: &Path, key: &str) -> Value {
    serde_json::from_slice(&fs::read(out.join("lake").join(key)).unwrap()).unwrap()
}

/// The checksums of a manifest's files.
pub(crate) fn checksums(manifest: &Value) -> Vec<String> {
    manifest["files"].as_array().unwrap().iter().map(|f| f["sha256"].as_str().unwrap().to_owned()).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The version that readers see.
pub(crate) fn current(out: &Path) -> PathBuf {
    fs::read_link(out.join("warehouse/current")).unwrap()
}

/// The published files, as schema/table.parquet.
pub(crate) fn published(out: &Path) -> Vec<String> {
    let current = out.join("warehouse/current");
    let schemas = names(&current).into_iter().filter(|n| current.join(n).is_dir());
    schemas.flat_map(|schema| names(&current.join(&schema)).into_iter().map(move |t| format!("{schema}/{t}"))).collect()
}

/// The bytes of the published marts.
pub(crate) fn marts(out: &Path) -> Vec<(String, Vec<u8>)> {
    let folder = out.join("warehouse/current/marts");
    names(&folder).into_iter().map(|name| (name.clone(), fs::read(folder.join(name)).unwrap())).collect()
}
