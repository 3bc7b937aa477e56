//! Files and folders that are there after a power cut, and errors that name them.

use shopstream_core::{Error, ErrorKind, Result};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// What begins the names of files that do not count: left by a process that died, removed by the next run.
pub(super) const HIDDEN: char = '.';

/// An error of the file system, with its path.
pub(super) fn failed(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    move |error| {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::Permission,
            io::ErrorKind::NotADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::InvalidFilename => ErrorKind::Config,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, doing).with("path", path.display()).caused_by(error)
    }
}

/// Makes a folder and those above it.
pub(super) fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(failed("cannot make a folder", path))
}

/// Waits until the entries of a folder are on the disk.
pub(super) fn sync_folder(path: &Path) -> Result<()> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(failed("cannot write a folder to the disk", path))
}

/// The entries of a folder, in order; none when there is no folder.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => Err(error),
    };
    let mut paths = listed.map_err(failed("cannot list a folder", folder))?;
    paths.sort();
    Ok(paths)
}

/// A path's last part, when it is text.
pub(super) fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// Moves a file or folder, over a file that is there.
pub(super) fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|e| failed("cannot rename", from)(e).with("to", to.display()))
}

/// Removes a file, if it is there.
pub(super) fn remove_file(path: &Path) -> Result<()> {
    if_there(fs::remove_file(path)).map_err(failed("cannot remove a file", path))
}

/// Removes a folder with all that is in it, if it is there.
pub(super) fn remove_folder(path: &Path) -> Result<()> {
    if_there(fs::remove_dir_all(path)).map_err(failed("cannot remove a folder", path))
}

/// Removes a file, a link or a folder.
pub(super) fn remove(path: &Path) -> Result<()> {
    if path.is_dir() && !path.is_symlink() { remove_folder(path) } else { remove_file(path) }
}

fn if_there(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// The hidden sibling under which a file is written before it has its name.
pub(super) fn hidden(path: &Path, mark: &str) -> PathBuf {
    path.with_file_name(format!("{HIDDEN}{}.{mark}", name(path)))
}

/// Writes a small file: the whole of it under its name, or nothing.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let aside = hidden(path, "new");
    let written = File::create(&aside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(failed("cannot write a file", &aside))?;
    rename(&aside, path)
}

/// Makes a file appear at a second path: by a hard link, or by a copy where the file system has none.
pub(super) fn link(from: &Path, to: &Path) -> Result<()> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    let copied = fs::copy(from, to).and_then(|_| File::open(to)?.sync_all());
    copied.map_err(|e| failed("cannot carry a file over", from)(e).with("to", to.display()))
}

/// Lets a symbolic link point elsewhere, in one step.
pub(super) fn point(link: &Path, target: &Path) -> Result<()> {
    let aside = hidden(link, "new");
    remove_file(&aside)?;
    std::os::unix::fs::symlink(target, &aside).map_err(failed("cannot make a symbolic link", &aside))?;
    rename(&aside, link)
}
