//! What a run that died left, tidied up by the next one: under the lock, before anything else.

use shopstream_core::{Error, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    disk::{self, failed},
    reader::TableReader,
    version::{self, BUILDS, CURRENT, RECORD, TableFile, VERSIONS, VersionRecord},
};

/// Makes the folders of a warehouse and clears up after whoever died in it.
pub(super) fn recover(root: &Path) -> Result<()> {
    disk::create_folder(&root.join(VERSIONS))?;
    disk::create_folder(&root.join(BUILDS))?;
    disk::remove_file(&disk::hidden(&root.join(CURRENT), "new"))?;
    take_back(root)?;
    for build in disk::entries(&root.join(BUILDS))? {
        if is_hidden(&build) { disk::remove(&build)? } else { tidy_build(&build)? }
    }
    Ok(())
}

fn is_hidden(path: &Path) -> bool {
    disk::name(path).starts_with(disk::HIDDEN)
}

/// A version that was never shown becomes the build of its run again.
fn take_back(root: &Path) -> Result<()> {
    let current = version::current(root)?.map_or(0, |v| v.record.number);
    let unseen: Vec<(u64, PathBuf)> = version::versions(root)?.into_iter().filter(|(n, _)| *n > current).collect();
    let (number, folder) = match unseen.as_slice() {
        [] => return Ok(()),
        [(number, folder)] if *number == current + 1 => (number, folder),
        _ => {
            return Err(Error::data(
                "versions are newer than the one that `current` points to: let it point to the newest",
            )
            .with("warehouse", root.display()));
        }
    };
    let run = VersionRecord::read(folder)
        .map_err(|e| e.with("hint", format!("version {number} was never shown: its folder can be removed")))?
        .run;
    let build = root.join(BUILDS).join(run.as_str());
    if build.exists() {
        return disk::remove_folder(folder);
    }
    disk::rename(folder, &build)?;
    disk::sync_folder(&root.join(VERSIONS))?;
    disk::sync_folder(&root.join(BUILDS))
}

/// Undoes what a publish that did not come to its end added to a build, and removes what puts left unfinished.
fn tidy_build(build: &Path) -> Result<()> {
    if build.join(RECORD).exists() {
        for carried in VersionRecord::read(build)?.carried {
            disk::remove_file(&build.join(carried.file))?;
        }
        for schema in folders(build)? {
            disk::sync_folder(&schema)?;
        }
        // Last, for without it nobody knows what was carried over.
        disk::remove_file(&build.join(RECORD))?;
    }
    let hidden = |paths: Vec<PathBuf>| paths.into_iter().filter(|p| is_hidden(p)).try_for_each(|p| disk::remove(&p));
    for schema in folders(build)? {
        hidden(disk::entries(&schema)?)?;
    }
    hidden(disk::entries(build)?)
}

/// The folders of a build's schemas.
fn folders(build: &Path) -> Result<Vec<PathBuf>> {
    Ok(disk::entries(build)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// The tables that lie in a tidy build.
pub(super) fn tables(build: &Path) -> Result<Vec<TableFile>> {
    let mut tables = vec![];
    for schema in folders(build)? {
        for path in disk::entries(&schema)? {
            let file = Path::new(disk::name(&schema)).join(disk::name(&path));
            tables.push(TableReader::open(&path)?.table_file(&file)?);
        }
    }
    Ok(tables)
}

/// Removes the oldest versions, but for the newest `keep` up to the published one.
pub(super) fn prune(root: &Path, current: u64, keep: usize) -> Result<()> {
    let old: Vec<_> = version::versions(root)?.into_iter().filter(|(n, _)| *n <= current).collect();
    for (_, folder) in &old[..old.len().saturating_sub(keep.max(1))] {
        fs::remove_dir_all(folder).map_err(failed("cannot remove an old version", folder))?;
    }
    Ok(())
}
