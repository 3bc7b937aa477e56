//! Where a lake lies.

use object_store::{ObjectStore, local::LocalFileSystem, memory::InMemory};
use shopstream_core::{Error, Layout, Result};
use std::{fs, io, path::Path, sync::Arc};
use url::Url;

use super::{ObjectStoreLake, retry::Retry, store::Store, threads::Shared};

/// Bytes of a part that goes over a network: over the 5 MiB that S3 asks for at least.
const REMOTE_PART: usize = 8 << 20;
/// Bytes of a part that goes to a local file.
const LOCAL_PART: usize = 256 << 10;

impl ObjectStoreLake {
    /// A lake in any store. It must be able to create an object only if it is absent
    /// ([`PutMode::Create`](object_store::PutMode::Create)).
    pub fn new(objects: Arc<dyn ObjectStore>, layout: Layout) -> Self {
        let location = objects.to_string();
        let retry = Retry::default();
        let store = Store {
            objects,
            layout,
            part_bytes: REMOTE_PART,
            local: None,
            fsync: false,
            retry,
            threads: Shared::default(),
        };
        Self { store: Arc::new(store), location }
    }

    /// A lake in a local folder, which is made if it is missing.
    ///
    /// # Errors
    /// `Permission`, `Config` or `Unavailable` when the folder cannot be made or opened.
    pub fn local(folder: impl AsRef<Path>, layout: Layout) -> Result<Self> {
        let folder = folder.as_ref();
        let failed = |e: io::Error| {
            let error = match e.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Error::permission("the lake's folder cannot be made or opened: check its rights")
                }
                io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                    Error::config("the lake's folder is no folder")
                }
                _ => Error::unavailable("the lake's folder cannot be made or opened"),
            };
            error.with("folder", folder.display()).caused_by(e)
        };
        fs::create_dir_all(folder).map_err(failed)?;
        let folder = fs::canonicalize(folder).map_err(failed)?;
        let local = LocalFileSystem::new_with_prefix(&folder)
            .map_err(|_| {
                Error::config("the lake's folder has a name that is not text").with("folder", folder.display())
            })?
            .with_automatic_cleanup(true);
        let location = Url::from_directory_path(&folder).map_or_else(|()| folder.display().to_string(), String::from);
        let store = Store {
            objects: Arc::new(local.clone()),
            layout,
            part_bytes: LOCAL_PART,
            local: Some(local),
            fsync: false,
            retry: Retry::default(),
            threads: Shared::default(),
        };
        Ok(Self { store: Arc::new(store), location })
    }

    /// A lake at a URL: `file:///folder`, `memory://` (a new one each time), `s3://bucket/prefix`. What the URL names
    /// comes before the layout's own keys.
    ///
    /// S3 is asked with the rights of the machine (its role); see
    /// [`from_url_and_vars`](ObjectStoreLake::from_url_and_vars) for keys.
    ///
    /// # Errors
    /// `Config` when the URL is none of these, or needs a feature that is off; those of
    /// [`local`](ObjectStoreLake::local).
    pub fn from_url(url: &str, layout: Layout) -> Result<Self> {
        Self::from_url_and_vars(url, layout, [])
    }

    /// As [`from_url`](ObjectStoreLake::from_url), with S3's region, endpoint and keys from variables of the names
    /// `AWS_…`: the caller's `std::env::vars()`, or a part of it.
    ///
    /// # Errors
    /// As [`from_url`](ObjectStoreLake::from_url).
    pub fn from_url_and_vars(
        url: &str,
        layout: Layout,
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        // The URL itself is not shown: it could have a password.
        let parsed = Url::parse(url).map_err(|_| Error::config("a lake's URL is file://, memory:// or s3://"))?;
        match parsed.scheme() {
            "file" => {
                let folder = parsed.to_file_path();
                let folder =
                    folder.map_err(|()| Error::config("a local lake's URL has a whole path: file:///folder"))?;
                Self::local(folder, layout)
            }
            "memory" => {
                let lake = Self::new(Arc::new(InMemory::new()), layout);
                Ok(Self { location: "memory://".to_owned(), ..lake })
            }
            #[cfg(feature = "s3")]
            "s3" => Self::s3(&parsed, &super::S3Options::from_env_vars(vars)?, layout),
            #[cfg(not(feature = "s3"))]
            "s3" => {
                drop(vars);
                Err(Error::config("a lake in S3 needs the feature `s3`: turn it on in Cargo.toml"))
            }
            other => Err(Error::config("a lake's URL is file://, memory:// or s3://").with("scheme", other)),
        }
    }

    /// Whether each file, manifest and folder of a local lake is forced to the disk before it counts (default no:
    /// what is written survives the process, but not a loss of power). Other stores decide themselves.
    #[must_use]
    pub fn with_fsync(mut self, yes: bool) -> Self {
        Arc::make_mut(&mut self.store).fsync = yes;
        self
    }

    /// Sends files in parts of so many bytes (default 8 MiB, to a local folder 1 MiB; 0 counts as 1): three of them
    /// are in memory for each file being written. S3 takes no less than 5 MiB, and no more than 10,000 parts a file.
    #[must_use]
    pub fn with_part_bytes(mut self, bytes: usize) -> Self {
        Arc::make_mut(&mut self.store).part_bytes = bytes.max(1);
        self
    }

    #[cfg(feature = "s3")]
    pub(super) fn with_retry(mut self, retry: Retry) -> Self {
        Arc::make_mut(&mut self.store).retry = retry;
        self
    }

    /// The layout of its keys.
    pub fn layout(&self) -> &Layout {
        &self.store.layout
    }
}
