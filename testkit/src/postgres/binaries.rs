//! Where PostgreSQL's server programs are.

use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Error, Result};

/// A folder with PostgreSQL's server programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    dir: PathBuf,
    version: String,
}

impl Binaries {
    /// The folder, e.g. `/usr/lib/postgresql/17/bin`.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The version as the server tells it, e.g. `15.18`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The version's first number: `15`.
    pub fn major(&self) -> u32 {
        let digits = self.version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.parse().unwrap_or(0)
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The programs of this folder, if it holds the real ones.
    fn of(dir: &Path) -> Option<Self> {
        // A link in the PATH leads to the programs' own folder, beside which their libraries and data lie.
        let real = fs::canonicalize(dir.join("postgres")).ok()?;
        let dir = real.parent()?.to_owned();
        if !(is_program(&dir.join("postgres")) && is_program(&dir.join("initdb"))) {
            return None;
        }
        let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
        // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
        let text = String::from_utf8(output.stdout).ok()?;
        let version = text.split_whitespace().nth(2)?.to_owned();
        Some(Self { dir, version })
    }
}

/// Finds PostgreSQL's server programs: in the folder `PG_BIN`, the `PATH`, by `pg_config --bindir`, then in the usual
/// folders of packages, newest version first.
///
/// # Errors
/// [`Error::NoBinariesIn`] if `PG_BIN` is set and wrong; [`Error::NotInstalled`], which says how to install them here.
pub fn find_binaries() -> Result<Binaries> {
    if let Some(dir) = env::var_os("PG_BIN").filter(|dir| !dir.is_empty()) {
        let dir = PathBuf::from(dir);
        return Binaries::of(&dir).ok_or(Error::NoBinariesIn(dir));
    }
    find_in(&path_folders()).ok_or_else(|| Error::NotInstalled(how_to_install(&path_folders())))
}

fn find_in(path: &[PathBuf]) -> Option<Binaries> {
    let in_path = path.iter().find_map(|dir| Binaries::of(dir));
    in_path
        .or_else(|| Binaries::of(&configured(path)?))
        .or_else(|| usual_folders().iter().find_map(|d| Binaries::of(d)))
}

pub(super) fn path_folders() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

/// What `pg_config` says.
fn configured(path: &[PathBuf]) -> Option<PathBuf> {
    let program = path.iter().map(|dir| dir.join("pg_config")).find(|file| file.is_file())?;
    let output = Command::new(program).arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// Where packages put the server: Debian and Ubuntu, the PostgreSQL project's RPMs, Homebrew, Postgres.app, Alpine.
fn usual_folders() -> Vec<PathBuf> {
    let families = [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
        ("/usr/libexec", "postgresql", ""),
    ];
    let mut folders: Vec<PathBuf> = families.iter().flat_map(|family| versions(*family)).collect();
    folders.extend(["/usr/local/pgsql/bin", "/opt/homebrew/bin", "/usr/local/bin", "/usr/bin"].map(PathBuf::from));
    folders
}

/// The folders `<parent>/<prefix><version>/<bin>`, newest first.
fn versions((parent, prefix, bin): (&str, &str, &str)) -> Vec<PathBuf> {
    let names = fs::read_dir(parent).into_iter().flatten().flatten().filter_map(|e| e.file_name().into_string().ok());
    let mut found: Vec<(u32, String)> =
        names.filter_map(|name| Some((name.strip_prefix(prefix)?.split('.').next()?.parse().ok()?, name))).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, name)| Path::new(parent).join(name).join(bin)).collect()
}

/// Whether this is a compiled program: a script of that name stands for one that lies elsewhere.
fn is_program(file: &Path) -> bool {
    let mut start = [0; 2];
    fs::File::open(file).and_then(|mut f| f.read_exact(&mut start)).is_ok() && &start != b"#!"
}

fn how_to_install(path: &[PathBuf]) -> String {
    let managers = [
        ("apt-get", "sudo apt-get install postgresql"),
        ("dnf", "sudo dnf install postgresql-server"),
        ("zypper", "sudo zypper install postgresql-server"),
        ("pacman", "sudo pacman -S postgresql"),
        ("apk", "sudo apk add postgresql"),
        ("brew", "brew install postgresql"),
    ];
    let here = managers.iter().find(|(manager, _)| path.iter().any(|dir| dir.join(manager).is_file()));
    match here {
        Some((_, command)) => format!("install it with `{command}`, or name its folder in PG_BIN"),
        None => "install it from https://www.postgresql.org/download, or name its folder in PG_BIN".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn script(file: &Path) {
        fs::write(file, "#!/bin/sh\nexit 1\n").unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn finds_a_server_and_its_version() {
        let found = find_binaries().unwrap();
        assert!(found.program("initdb").is_file() && found.program("postgres").is_file());
        assert!(found.major() >= 10, "{found:?}");
    }

    #[test]
    fn follows_links_and_passes_over_wrapper_scripts() {
        let real = find_binaries().unwrap();
        let dir = tempfile::tempdir().unwrap();
        for name in ["initdb", "postgres"] {
            symlink(real.program(name), dir.path().join(name)).unwrap();
        }
        assert_eq!(Binaries::of(dir.path()), Some(real.clone()));

        let wrapped = tempfile::tempdir().unwrap();
        for name in ["initdb", "postgres"] {
            script(&wrapped.path().join(name));
        }
        assert_eq!(Binaries::of(wrapped.path()), None);
        assert_eq!(find_in(&[wrapped.path().to_owned(), dir.path().to_owned()]), Some(real));
    }

    #[test]
    fn says_how_to_install_with_what_is_here() {
        let dir = tempfile::tempdir().unwrap();
        let path = [dir.path().to_owned()];
        assert!(how_to_install(&path).contains("https://www.postgresql.org/download"));
        script(&dir.path().join("dnf"));
        assert!(how_to_install(&path).contains("`sudo dnf install postgresql-server`"));
        script(&dir.path().join("apt-get"));
        assert!(how_to_install(&path).contains("`sudo apt-get install postgresql`"));
    }

    #[test]
    fn takes_the_newest_version_first() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["pgsql-9.6", "pgsql-15", "pgsql-17", "pgsql-old", "other"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let parent = dir.path().to_str().unwrap();
        let expected = ["pgsql-17", "pgsql-15", "pgsql-9.6"].map(|name| dir.path().join(name).join("bin"));
        assert_eq!(versions((parent, "pgsql-", "bin")), expected);
    }
}
