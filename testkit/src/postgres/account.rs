//! The account that the server runs as: PostgreSQL refuses to run as root.

use std::{
    fs, io,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::Command,
};

/// Another account to run the server as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// The account to use: none of its own, unless this process is root's; then `postgres`, else `nobody`.
    pub(super) fn needed() -> io::Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd")?;
        let found = ["postgres", "_postgres", "nobody"].iter().find_map(|name| Self::named(&accounts, name));
        found.map(Some).ok_or_else(|| io::Error::other("neither postgres nor nobody is in /etc/passwd"))
    }

    fn named(accounts: &str, name: &str) -> Option<Self> {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            let named = fields.next()? == name;
            let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            // Some systems give "nobody" the number -2.
            (named && uid != 0).then_some(Self { uid, gid })
        })
    }

    pub(super) fn runs(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    pub(super) fn owns(self, path: &Path) -> io::Result<()> {
        chown(path, Some(self.uid), Some(self.gid))
    }

    /// Whether this account can go through each folder of an absolute path.
    pub(super) fn reaches(self, dir: &Path) -> bool {
        dir.ancestors().all(|dir| {
            fs::metadata(dir).is_ok_and(|data| {
                let bit = match data {
                    ref data if data.uid() == self.uid => 0o100,
                    ref data if data.gid() == self.gid => 0o010,
                    _ => 0o001,
                };
                data.permissions().mode() & bit != 0
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_from_the_list_of_accounts() {
        let list = "root:x:0:0:root:/root:/bin/bash\nmypostgres:x:9:9::/:/x\npostgres:x:101:104:,,,:/var:/bin/bash\n";
        assert_eq!(Account::named(list, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(Account::named(list, "nobody"), None);
        assert_eq!(Account::named(list, "root"), None);
    }

    #[test]
    fn does_not_reach_into_a_private_folder() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = Account { uid: 54_321, gid: 54_321 };
        assert!(!stranger.reaches(dir.path()));
        assert!(stranger.reaches(Path::new("/")));
        let owner = fs::metadata(dir.path()).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let above = dir.path().parent().unwrap();
        assert_eq!(stranger.reaches(dir.path()), stranger.reaches(above));
        assert!(Account { uid: owner.uid(), gid: owner.gid() }.reaches(dir.path()) || !stranger.reaches(above));
    }
}
