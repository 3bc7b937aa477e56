//! What a folder tells beside its files: who may write in it, and how much more it takes.

use shopstream_core::{Error, Result, doctor::Finding};
use std::os::unix::fs::PermissionsExt;

use super::Store;

/// Less than this is soon used up.
const LITTLE: u64 = 1 << 30;

/// Looks at the folder of a local lake; another has none.
pub(super) async fn examine(store: &Store) -> Result<Vec<Finding>> {
    let Some(local) = &store.local else { return Ok(vec![]) };
    // The store tells of a key's place, and the folder is one above.
    let key = super::path("probe")?;
    let mut folder = local.path_to_filesystem(&key).map_err(|e| super::store_error(&e, key.as_ref()))?;
    folder.pop();
    super::task::compute(move || {
        let failed = |error: std::io::Error| Error::unavailable("the lake's folder does not tell").caused_by(error);
        let mode = std::fs::metadata(&folder).map_err(failed)?.permissions().mode();
        let space = rustix::fs::statvfs(&folder).map_err(|e| failed(e.into()))?;
        Ok(vec![access(mode), free(space.f_bavail.saturating_mul(space.f_frsize))])
    })
    .await
}

fn access(mode: u32) -> Finding {
    const NAME: &str = "public access";
    if mode & 0o002 != 0 {
        return Finding::warning(NAME, "every user of this machine may write in the folder")
            .with_cause(format!("its mode is {:o}", mode & 0o7777))
            .with_fix("chmod o-w, and better o-rwx");
    }
    let others =
        if mode & 0o004 != 0 { "other users of this machine may look into" } else { "no other user may look into" };
    Finding::ok(NAME, format!("{others} the folder, and none may write"))
}

fn free(bytes: u64) -> Finding {
    let what = format!("{} MiB are free", bytes >> 20);
    if bytes >= LITTLE {
        return Finding::ok("disk", what);
    }
    Finding::warning("disk", what)
        .with_cause("the disk of the folder is nearly full, or the user's share of it")
        .with_fix("make room: delete old partitions, or move the lake")
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopstream_core::doctor::Severity;

    #[test]
    fn who_may_write_and_what_is_free() {
        for (mode, severity, says) in [
            (0o40777, Severity::Warning, "every user"),
            (0o41777, Severity::Warning, "every user"),
            (0o40755, Severity::Ok, "may look into the folder"),
            (0o40750, Severity::Ok, "no other user may look into the folder"),
        ] {
            let finding = access(mode);
            assert_eq!(finding.severity, severity, "{finding}");
            assert!(finding.what.contains(says), "{finding}");
        }
        assert_eq!((free(LITTLE).severity, free(LITTLE - 1).severity), (Severity::Ok, Severity::Warning));
        assert_eq!(free(5 << 20).what, "5 MiB are free");
    }
}
