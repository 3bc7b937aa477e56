//! The temporary files of a local folder: the store writes `name#1` and then gives it its name. It lists none of them.

use shopstream_core::{Date, Error, Result, Timestamp};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use super::{error::store_error, store, store::Store, task};

/// Whether a key is that of a temporary file.
pub(super) fn is_leftover(key: &str) -> bool {
    target(key).is_some()
}

/// The key that the file was to get.
fn target(key: &str) -> Option<&str> {
    let (target, count) = key.rsplit_once('#')?;
    (!count.is_empty() && count.chars().all(|c| c.is_ascii_digit())).then_some(target)
}

/// The keys and sizes of a table's temporary files that are older than `before`, but for those of living claims.
pub(super) async fn leftovers(
    store: &Store,
    table: &str,
    folder: &str,
    before: Timestamp,
    living: &BTreeSet<(Date, u32)>,
) -> Result<Vec<(String, u64)>> {
    let Some(local) = &store.local else { return Ok(vec![]) };
    let key = folder.to_owned();
    let root = local.path_to_filesystem(&store::path(folder)?).map_err(|e| store_error(&e, folder))?;
    let files = task::compute(move || {
        let mut files = vec![];
        walk(&root, &key, &mut files).map_err(|e| unreadable(&key, e))?;
        Ok(files)
    });
    let layout = &store.layout;
    let ours = |key: &str| {
        let target = target(key)?;
        let claim_or_file = layout.parse_file(table, target).or_else(|| layout.parse_claim(table, target));
        claim_or_file.or_else(|| layout.parse_manifest(table, target))
    };
    let old = files
        .await?
        .into_iter()
        .filter(|(key, _, at)| *at < before && ours(key).is_some_and(|number| !living.contains(&number)));
    Ok(old.map(|(key, bytes, _)| (key, bytes)).collect())
}

/// All files below a folder, by key, with size and time; links are not followed.
fn walk(folder: &Path, key: &str, files: &mut Vec<(String, u64, Timestamp)>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        // What is gone by now is clean.
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let key = format!("{key}/{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), &key, files)?;
        } else if kind.is_file() && is_leftover(&key) {
            let Ok(found) = entry.metadata() else { continue };
            let since = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            let at = Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
            files.push((key, found.len(), at));
        }
    }
    Ok(())
}

/// Removes a temporary file, and its folder if it was the last there.
pub(super) async fn remove(store: &Store, key: &str) -> Result<()> {
    let (Some(local), Some((folder, name))) = (&store.local, key.rsplit_once('/')) else { return Ok(()) };
    let folder = local.path_to_filesystem(&store::path(folder)?).map_err(|e| store_error(&e, key))?;
    let (file, key): (PathBuf, _) = (folder.join(name), key.to_owned());
    task::compute(move || match fs::remove_file(file) {
        Ok(()) => {
            // One that is not empty stays.
            let _ = fs::remove_dir(folder);
            Ok(())
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(unreadable(&key, e)),
    })
    .await
}

fn unreadable(key: &str, error: io::Error) -> Error {
    let message = "temporary files of the lake cannot be found or removed: check the folder's rights";
    match error.kind() {
        io::ErrorKind::PermissionDenied => Error::permission(message),
        _ => Error::unavailable(message),
    }
    .with("key", key)
    .caused_by(error)
}
