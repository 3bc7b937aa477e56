//! Versions: folders of tables that no longer change, each with a record of what it has.

use serde::{Deserialize, Serialize};
use shopstream_core::{Error, LoadRecord, Result, RunId, TableRef};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::disk::{self, failed};

pub(super) const CURRENT: &str = "current";
pub(super) const VERSIONS: &str = "versions";
pub(super) const BUILDS: &str = "builds";
pub(super) const RECORD: &str = "version.json";

/// A table of a version or a build: what the footer of its file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TableFile {
    pub(super) table: TableRef,
    /// The file, within the version.
    pub(super) file: PathBuf,
    pub(super) rows: u64,
    /// What it was loaded from, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) load: Option<LoadRecord>,
}

/// What a version is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct VersionRecord {
    pub(super) number: u64,
    /// The run that published it.
    pub(super) run: RunId,
    /// The tables that the run brought, in order.
    pub(super) brought: Vec<TableFile>,
    /// The tables of the version before that it left as they were, in order.
    pub(super) carried: Vec<TableFile>,
}

impl VersionRecord {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(RECORD);
        let bytes = fs::read(&path).map_err(failed("cannot read a version's record", &path))?;
        serde_json::from_slice(&bytes).map_err(|e| {
            Error::data("a version's record is damaged")
                .with("file", path.display())
                .with("line", e.line())
                .with("column", e.column())
        })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|e| Error::internal("a version's record cannot be written").caused_by(e))?;
        disk::write(&folder.join(RECORD), &bytes)
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = &TableFile> {
        self.brought.iter().chain(&self.carried)
    }

    pub(super) fn table(&self, table: &TableRef) -> Option<&TableFile> {
        self.tables().find(|t| t.table == *table)
    }
}

/// A version on the disk.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) folder: PathBuf,
    pub(super) record: VersionRecord,
}

/// The name of a version's folder.
pub(super) fn version_name(number: u64) -> String {
    format!("{number:06}")
}

/// The versions that lie on the disk by their numbers, in order.
pub(super) fn versions(root: &Path) -> Result<Vec<(u64, PathBuf)>> {
    let folders = disk::entries(&root.join(VERSIONS))?;
    let number = |path: &PathBuf| disk::name(path).parse::<u64>().ok();
    let mut numbered: Vec<_> = folders.into_iter().filter_map(|path| Some((number(&path)?, path))).collect();
    numbered.sort();
    Ok(numbered)
}

/// Where `current` points: the name of a version's folder; `None` before the first publish.
fn current_name(root: &Path) -> Result<Option<String>> {
    let link = root.join(CURRENT);
    match fs::read_link(&link) {
        Ok(target) => Ok(Some(disk::name(&target).to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("cannot read the link to the published version", &link)(error)),
    }
}

/// The version that readers see.
pub(super) fn current(root: &Path) -> Result<Option<Version>> {
    with_current(root, |version| Ok(version.clone()))
}

/// Looks something up in the published version. When a version vanishes underway, because newer ones were published
/// meanwhile, the newest is taken.
pub(super) fn with_current<T>(root: &Path, look_up: impl Fn(&Version) -> Result<T>) -> Result<Option<T>> {
    let mut name = current_name(root)?;
    loop {
        let Some(version) = &name else { return Ok(None) };
        let folder = root.join(VERSIONS).join(version);
        let found = VersionRecord::read(&folder).and_then(|record| look_up(&Version { folder, record }));
        let Err(error) = found else { return found.map(Some) };
        let newer = current_name(root)?;
        if newer == name {
            return Err(error);
        }
        name = newer;
    }
}
