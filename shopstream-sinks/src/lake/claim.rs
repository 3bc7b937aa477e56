//! A writer's hold on a manifest's number, and its last step.
//!
//! A write that is to get number *n* first creates the claim of *n*, which only one writer can; from then on the keys
//! of the files of *n* are its own. It writes them, creates the manifest, and removes the claim; a claim goes only
//! after its manifest came or its files went. The claim of a writer
//! that died stays, and later writers go past its number: nobody can tell a dead writer from a slow one, and a file
//! that a slow one still writes must not come to stand under another's manifest. A clean-up is told how old a claim is
//! that must be a dead one's; a writer whose claim it took does not commit.

use shopstream_core::{Error, ErrorKind, Manifest, Partition, Result};
use std::{
    process,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{store::Store, task};

/// The claims that this process took.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// A number that is held, by all of its clones. When the last is dropped before a [`commit`](Claim::commit), the files
/// are removed, and then the number is let go.
#[derive(Clone)]
pub(super) struct Claim(Arc<Held>);

struct Held {
    store: Arc<Store>,
    partition: Partition,
    number: u32,
    key: String,
    /// What the claim says, which no other writer's does.
    token: Vec<u8>,
    state: Mutex<State>,
}

struct State {
    files: Vec<String>,
    /// Files that the store is putting in their places, which goes on when we are dropped.
    placing: usize,
    held: bool,
}

impl Claim {
    /// Takes the number after the highest, for the write of a manifest.
    pub(super) async fn take(store: &Arc<Store>, manifest: &Manifest) -> Result<Self> {
        let partition = &manifest.partition;
        let taken = store.numbers(partition).await?;
        let number = taken.manifests.last().max(taken.claims.last()).map_or(1, |highest| highest + 1);
        let key = store.layout.claim(partition, number)?;
        // Told apart from every other writer's, so that it is known again when the store's answer was lost.
        let (process, count) = (process::id(), TAKEN.fetch_add(1, Ordering::Relaxed));
        let token = format!("process {process}, write {count}, {}\n", manifest.written_at).into_bytes();
        store.create(&key, &token).await.map_err(|e| match e.kind() {
            ErrorKind::Conflict => other_writer(partition, number),
            _ => e,
        })?;
        let state = State { files: vec![], placing: 0, held: true };
        let (store, partition) = (store.clone(), partition.clone());
        let claim = Self(Arc::new(Held { store, partition, number, key, token, state: Mutex::new(state) }));
        // Who held the number before may have put its manifest and let go since the numbers were listed.
        let held = &claim.0;
        match held.store.get(&held.store.layout.manifest(&held.partition, number)?).await {
            Ok(None) => Ok(claim),
            Ok(Some(_)) => Err(claim.let_go(other_writer(&held.partition, number)).await),
            Err(error) => Err(claim.let_go(error).await),
        }
    }

    pub(super) fn number(&self) -> u32 {
        self.0.number
    }

    /// Notes a file that will be written, to be removed if it comes to nothing.
    pub(super) fn add_file(&self, key: &str) {
        self.0.state().files.push(key.to_owned());
    }

    /// Notes that a file is being put in its place, until [`placed`](Claim::placed).
    ///
    /// A writer that slept until its claim was taken from it finds out here: the key may be another's by now.
    pub(super) async fn placing(&self) -> Result<()> {
        let held = &self.0;
        if held.store.get(&held.key).await?.is_none_or(|found| found != held.token) {
            return Err(other_writer(&held.partition, held.number));
        }
        held.state().placing += 1;
        Ok(())
    }

    /// Notes that a file is in its place.
    pub(super) fn placed(&self) {
        self.0.state().placing -= 1;
    }

    /// Puts the manifest, which makes the files count. Once begun, it ends, whoever still waits for it.
    pub(super) async fn commit(self, manifest: Manifest) -> Result<Manifest> {
        task::to_the_end(self.commit_here(manifest)).await
    }

    async fn commit_here(self, mut manifest: Manifest) -> Result<Manifest> {
        let held = &*self.0;
        let taken = held.store.numbers(&held.partition).await?;
        let passed = taken.manifests.last().is_some_and(|highest| *highest >= held.number);
        if passed || !taken.claims.contains(&held.number) {
            return Err(self.let_go(other_writer(&held.partition, held.number)).await);
        }
        let key = held.store.layout.manifest(&held.partition, held.number)?;
        let bytes = manifest.encode()?;
        if let Err(error) = held.store.create(&key, &bytes).await {
            match held.store.get(&key).await {
                Ok(_) if error.kind() == ErrorKind::Conflict => {
                    return Err(self.let_go(other_writer(&held.partition, held.number)).await);
                }
                Ok(None) => return Err(self.let_go(error).await),
                // Nobody knows whether it is there: the files must stay.
                Ok(Some(_)) | Err(_) => {
                    held.state().held = false;
                    return Err(error.with("partition", &held.partition));
                }
            }
        }
        held.state().held = false;
        held.store.sync(&key).await?;
        // A claim that stays behind is below the highest manifest, where it hinders nobody.
        let _ = held.store.remove(&held.key).await;
        Ok(manifest)
    }

    /// Removes the files and lets go of the number, on account of an error, which is returned.
    pub(super) async fn let_go(&self, error: Error) -> Error {
        if let Some(work) = self.0.removal() {
            let _ = task::to_the_end(work).await;
        }
        error
    }
}

impl Held {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn removal(&self) -> Option<impl Future<Output = Result<()>> + Send + 'static> {
        let mut state = self.state();
        if !std::mem::replace(&mut state.held, false) {
            return None;
        }
        let (store, claim, token) = (self.store.clone(), self.key.clone(), self.token.clone());
        let (files, placing) = (std::mem::take(&mut state.files), state.placing > 0);
        Some(async move {
            // The keys are ours only while the claim is.
            if store.get(&claim).await?.is_none_or(|found| found != token) {
                return Ok(());
            }
            for file in files {
                store.remove(&file).await?;
            }
            // A file that may yet appear keeps its number, so that no other writer takes its key.
            if placing { Ok(()) } else { store.remove(&claim).await }
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.removal(), task::runtime()) {
            runtime.spawn(work);
        }
    }
}

fn other_writer(partition: &Partition, number: u32) -> Error {
    Error::conflict("another writer was first: read its manifest, then decide whether to write again")
        .with("partition", partition)
        .with("number", number)
}
