//! One run at a time on an output folder.

use shopstream::{Error, Result};
use std::{
    fs::{self, File, TryLockError},
    path::Path,
};

/// Holds an output folder as long as it lives; a process that dies lets it go.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "it is held, not read")] File);

impl Lock {
    /// Takes a folder, which is made if it is missing.
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        let failed =
            |error| Error::config("the output folder cannot be used").with("folder", folder.display()).caused_by(error);
        fs::create_dir_all(folder).map_err(failed)?;
        let file = File::create(folder.join(".lock")).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                Err(Error::conflict("another run is at work on this folder: wait for it, or choose another with --out")
                    .with("folder", folder.display()))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}
