//! Publishing: one rename shows all of a build's tables.

use shopstream_core::{Published, Result};
use std::{collections::BTreeSet, path::Path};

use super::{
    build::Shared,
    disk,
    recovery::prune,
    version::{BUILDS, CURRENT, TableFile, VERSIONS, VersionRecord, version_name},
};

/// Makes the build the version that readers see. Death between any two steps leaves readers what they had, and a
/// build that the run finds again: what is carried over is named in the record before it is there.
pub(super) fn publish(build: &Shared) -> Result<Published> {
    let root = build.settings.root.as_path();
    let carried = carried(build)?;
    let brought = build.tables().values().cloned().collect();
    let record = VersionRecord {
        number: build.base.as_ref().map_or(0, |b| b.record.number) + 1,
        run: build.run.clone(),
        brought,
        carried,
    };
    record.write(&build.folder)?;
    carry_over(build, &record.carried)?;
    disk::sync_folder(&build.folder)?;

    let version = Path::new(VERSIONS).join(version_name(record.number));
    disk::rename(&build.folder, &root.join(&version))?;
    disk::sync_folder(&root.join(VERSIONS))?;
    disk::sync_folder(&root.join(BUILDS))?;

    disk::point(&root.join(CURRENT), &version)?;
    disk::sync_folder(root)?;
    // What is old but still there is in nobody's way: the next publish tries again.
    let _ = prune(root, record.number, build.settings.keep_versions);
    let tables = record.brought.into_iter().map(|t| t.table).collect();
    Ok(Published::new(version_name(record.number), tables))
}

/// The tables of the published version that the build does not have, in the files that they are to have now.
fn carried(build: &Shared) -> Result<Vec<TableFile>> {
    let own = build.tables();
    let published = build.base.iter().flat_map(|base| base.record.tables()).filter(|t| !own.contains_key(&t.table));
    let carried = published.map(|t| Ok(TableFile { file: build.settings.names.file(&t.table)?, ..t.clone() }));
    let mut carried = carried.collect::<Result<Vec<_>>>()?;
    carried.sort_by(|a, b| a.table.cmp(&b.table));
    Ok(carried)
}

fn carry_over(build: &Shared, carried: &[TableFile]) -> Result<()> {
    let Some(base) = &build.base else { return Ok(()) };
    let mut folders = BTreeSet::new();
    for table in carried {
        let Some(former) = base.record.table(&table.table) else { continue };
        let to = build.folder.join(&table.file);
        if let Some(folder) = to.parent() {
            disk::create_folder(folder)?;
            folders.insert(folder.to_owned());
        }
        disk::link(&base.folder.join(&former.file), &to)?;
    }
    folders.iter().try_for_each(|folder| disk::sync_folder(folder))
}
