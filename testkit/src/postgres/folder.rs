//! The folder of a throwaway cluster, and the removal of those whose owner is dead.
//!
//! ```text
//! <temporary folder>/shopstream-pg-XXXXXX/
//!     owner.lock      locked by the owner for as long as it lives, however it dies
//!     server.log
//!     data/           the cluster, with the server's socket; the server's account alone may enter
//! ```
//!
//! That of a pooler has its configuration in the place of the cluster.

use std::{
    env,
    fs::{self, DirBuilder, File, Metadata, Permissions},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;

use super::{Error, Result, account::Account, process};

const PREFIX: &str = "shopstream-pg-";
const LOCK: &str = "owner.lock";
/// How old a folder without a lock must be: its owner is past the first steps of its start, or dead.
const ABANDONED: Duration = Duration::from_secs(600);
/// What fits a socket's address everywhere: 104 bytes at least, of which the names below take about 45.
const LONGEST_PARENT: usize = 56;

/// The folder of one cluster; removed when dropped.
#[derive(Debug)]
pub(super) struct Folder {
    // Dropped in this order: the lock goes last.
    dir: TempDir,
    _lock: File,
}

impl Folder {
    /// Removes what dead owners left, then makes a folder of our own in `parent`, or where temporary files go.
    pub(super) fn create(parent: Option<&Path>, account: Option<Account>) -> Result<Self> {
        let parents = match parent {
            Some(parent) => vec![fs::canonicalize(parent).map_err(Error::io(format!("{}", parent.display())))?],
            None => [env::temp_dir(), "/tmp".into(), "/var/tmp".into()].into_iter().filter_map(usable).collect(),
        };
        let reachable = |dir: &&PathBuf| account.is_none_or(|account| account.reaches(dir));
        let Some(home) = parents.iter().find(reachable) else {
            return Err(Error::Unreachable(parents.into_iter().next().unwrap_or_else(env::temp_dir)));
        };
        let folder = Self::create_in(home, account)
            .map_err(Error::io(format!("cannot make a temporary folder in {}", home.display())))?;
        let own = fs::metadata(folder.path()).map_err(Error::io("cannot look at the temporary folder"))?;
        for parent in &parents {
            remove_leftovers(parent, &own);
        }
        Ok(folder)
    }

    fn create_in(parent: &Path, account: Option<Account>) -> std::io::Result<Self> {
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        // Locked before it has its name, so that nobody finds it unlocked.
        let unnamed = dir.path().join("owner.lock.new");
        let lock = File::create_new(&unnamed)?;
        lock.try_lock()?;
        fs::rename(unnamed, dir.path().join(LOCK))?;
        let data = dir.path().join("data");
        DirBuilder::new().mode(0o700).create(&data)?;
        let mode = if account.is_some() { 0o711 } else { 0o700 };
        fs::set_permissions(dir.path(), Permissions::from_mode(mode))?;
        account.map_or(Ok(()), |account| account.owns(&data))?;
        Ok(Self { dir, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path().join("server.log")
    }
}

fn usable(dir: PathBuf) -> Option<PathBuf> {
    fs::canonicalize(dir).ok().filter(|dir| dir.is_dir() && dir.as_os_str().len() <= LONGEST_PARENT)
}

/// Stops and removes the clusters in `parent` that this user's dead processes left; what cannot be removed stays for
/// the next time.
fn remove_leftovers(parent: &Path, own: &Metadata) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.metadata().is_ok_and(|data| data.is_dir() && data.uid() == own.uid() && data.ino() != own.ino());
        if ours && let Some(_lock) = claim(&entry.path(), own) {
            process::stop_all_of(&entry.path().join("data"));
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Takes the lock of a folder whose owner is dead; nothing if the owner, or somebody who is removing it, lives.
fn claim(dir: &Path, own: &Metadata) -> Option<Option<File>> {
    match File::open(dir.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok().then_some(Some(lock)),
        // Its owner died before it could lock it, or died removing it; or is just about to lock it.
        Err(_) => {
            let age = own.modified().ok()?.duration_since(fs::metadata(dir).ok()?.modified().ok()?).ok()?;
            (age > ABANDONED).then_some(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn old(path: &Path) {
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        File::open(path).unwrap().set_modified(long_ago).unwrap();
    }

    #[test]
    fn only_folders_of_the_dead_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let dir = parent.path().join(name);
            fs::create_dir(&dir).unwrap();
            dir
        };
        let living = Folder::create_in(parent.path(), None).unwrap();
        let dead = make("shopstream-pg-dead");
        fs::write(dead.join(LOCK), "").unwrap();
        let starting = make("shopstream-pg-starting");
        let abandoned = make("shopstream-pg-abandoned");
        let stranger = make("something-else");
        fs::write(stranger.join(LOCK), "").unwrap();
        for dir in [&abandoned, &stranger, &living.path().to_owned()] {
            old(dir);
        }

        let own = Folder::create_in(parent.path(), None).unwrap();
        remove_leftovers(parent.path(), &fs::metadata(own.path()).unwrap());

        let left = [living.path(), &starting, &stranger, own.path(), &dead, &abandoned].map(Path::exists);
        assert_eq!(left, [true, true, true, true, false, false]);
    }

    #[test]
    fn goes_with_its_owner() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::create_in(parent.path(), None).unwrap();
        fs::write(folder.data().join("file"), "x").unwrap();
        drop(folder);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
