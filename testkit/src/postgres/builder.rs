//! What a throwaway server is to be like.

use std::{fmt, path::PathBuf};

use super::{Result, Server, find_binaries};

/// How to start a [`Server`].
#[derive(Clone)]
#[must_use]
pub struct Builder {
    pub(super) user: String,
    pub(super) password: Option<String>,
    pub(super) settings: Vec<(String, String)>,
    pub(super) parent: Option<PathBuf>,
    pub(super) own_process_group: bool,
    pub(super) tls: Option<Tls>,
    /// The address that it is to follow.
    pub(super) primary: Option<String>,
}

/// A server's certificate and its key, in PEM, and whom it trusts itself.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) certificate: String,
    pub(super) key: String,
    pub(super) clients: Option<String>,
}

impl Builder {
    pub(super) fn new() -> Self {
        // For data that nobody will miss, loaded in bulk.
        let settings = [
            ("fsync", "off"),
            ("synchronous_commit", "off"),
            ("full_page_writes", "off"),
            ("wal_level", "minimal"),
            ("max_wal_senders", "0"),
            ("max_wal_size", "4GB"),
            ("wal_init_zero", "off"),
            ("wal_recycle", "off"),
            ("checkpoint_timeout", "1h"),
            ("shared_buffers", "128MB"),
            ("maintenance_work_mem", "128MB"),
            ("autovacuum", "off"),
            ("jit", "off"),
            ("timezone", "UTC"),
            ("log_timezone", "UTC"),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            user: "postgres".to_owned(),
            password: None,
            settings: settings.map(owned).to_vec(),
            parent: None,
            own_process_group: false,
            tls: None,
            primary: None,
        }
    }

    /// The superuser's name; `postgres` unless said otherwise.
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.user = name.into();
        self
    }

    /// The superuser's password, which connections over TCP must then give (SCRAM-SHA-256). Without one, whoever
    /// reaches the loopback address is let in.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// A setting of the server, e.g. `("wal_level", "logical")`; it goes before ours.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Speaks TLS with this certificate and key, in PEM, and lets nobody in over TCP without. With the certificate of
    /// an authority for `clients`, also in PEM, it asks clients for theirs and lets no other in.
    pub fn tls(mut self, certificate: impl Into<String>, key: impl Into<String>, clients: Option<String>) -> Self {
        self.tls = Some(Tls { certificate: certificate.into(), key: key.into(), clients });
        self
    }

    /// Makes it a hot standby of another server, whose account and databases it has: a copy that follows it. The other
    /// must send what it writes (`wal_level` `replica`, `max_wal_senders` 2), and this needs the same settings.
    pub fn standby_of(mut self, primary: &Server) -> Self {
        self.primary = Some(primary.url());
        self.user = primary.user().to_owned();
        self
    }

    /// The folder to make the cluster's own folder in, where temporary files go unless said otherwise. What dead
    /// owners left is looked for there.
    pub fn within(mut self, parent: impl Into<PathBuf>) -> Self {
        self.parent = Some(parent.into());
        self
    }

    /// Keeps a Ctrl-C of the terminal from the server: for programs that catch it and drop the server themselves.
    /// Otherwise the server goes down with the group of processes that it belongs to.
    pub fn own_process_group(mut self) -> Self {
        self.own_process_group = true;
        self
    }

    /// Makes the cluster, starts the server and waits until it answers.
    ///
    /// # Errors
    /// As [`find_binaries`]; a program that failed, with the end of what it wrote; what the system refused.
    pub fn start(self) -> Result<Server> {
        Server::launch(self, find_binaries()?)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, password: _, settings, parent, own_process_group, tls, primary } = self;
        f.debug_struct("Builder")
            .field("user", user)
            .field("settings", settings)
            .field("parent", parent)
            .field("own_process_group", own_process_group)
            .field("tls", &tls.is_some())
            .field("standby", &primary.is_some())
            .finish_non_exhaustive()
    }
}
