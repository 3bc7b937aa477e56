//! A writer's hold on a manifest's number, and its last step.
//!
//! A write that is to get number *n* first creates the claim of *n*, which only one writer can; from then on the keys
//! of the files of *n* are its own. It writes them, creates the manifest, and removes the claim; a claim goes only
//! after its manifest came or its files went. The claim of a writer
//! that died stays, and later writers go past its number: nobody can tell a dead writer from a slow one, and a file
//! that a slow one still writes must not come to stand under another's manifest.

use shopstream_core::{Error, ErrorKind, Manifest, Partition, Result};
use std::sync::Arc;

use super::{store::Store, task};

/// A number that is held. Dropped before its [`commit`](Claim::commit), it removes the files and lets go.
pub(super) struct Claim {
    store: Arc<Store>,
    partition: Partition,
    number: u32,
    key: String,
    files: Vec<String>,
    /// Whether the store is putting a file in its place, which goes on when we are dropped.
    placing: bool,
    held: bool,
}

impl Claim {
    /// Takes the number after the highest.
    pub(super) async fn take(store: &Arc<Store>, partition: &Partition) -> Result<Self> {
        let taken = store.numbers(partition).await?;
        let number = taken.manifests.last().max(taken.claims.last()).map_or(1, |highest| highest + 1);
        let key = store.layout.claim(partition, number)?;
        store.create(&key, vec![]).await.map_err(|e| match e.kind() {
            ErrorKind::Conflict => other_writer(partition, number),
            _ => e,
        })?;
        let claim = Self {
            store: store.clone(),
            partition: partition.clone(),
            number,
            key,
            files: vec![],
            placing: false,
            held: true,
        };
        // Who held the number before may have put its manifest and let go since the numbers were listed.
        match store.get(&store.layout.manifest(partition, number)?).await {
            Ok(None) => Ok(claim),
            Ok(Some(_)) => Err(claim.let_go(other_writer(partition, number)).await),
            Err(error) => Err(claim.let_go(error).await),
        }
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Notes a file that will be written, to be removed if it comes to nothing.
    pub(super) fn add_file(&mut self, key: &str) {
        self.files.push(key.to_owned());
    }

    /// Notes whether a file is being put in its place.
    pub(super) fn placing(&mut self, yes: bool) {
        self.placing = yes;
    }

    /// Puts the manifest, which makes the files count. Once begun, it ends, whoever still waits for it.
    pub(super) async fn commit(self, manifest: Manifest) -> Result<Manifest> {
        task::to_the_end(self.commit_here(manifest)).await
    }

    async fn commit_here(mut self, mut manifest: Manifest) -> Result<Manifest> {
        let other = other_writer(&self.partition, self.number);
        let taken = self.store.numbers(&self.partition).await?;
        if taken.manifests.last().is_some_and(|highest| *highest >= self.number) {
            return Err(self.let_go(other).await);
        }
        let key = self.store.layout.manifest(&self.partition, self.number)?;
        let bytes = manifest.encode()?;
        if let Err(error) = self.store.create(&key, bytes.clone()).await {
            // The answer may have been lost, not the manifest: what stands there now decides.
            match self.store.get(&key).await {
                Ok(Some(found)) if found == bytes => {}
                Ok(Some(_)) => return Err(self.let_go(other).await),
                Ok(None) => return Err(self.let_go(error).await),
                Err(_) => {
                    // Nobody knows: the files must stay.
                    self.held = false;
                    return Err(error.with("partition", &self.partition));
                }
            }
        }
        self.held = false;
        self.store.sync(&key).await?;
        // A claim that stays behind is below the highest manifest, where it hinders nobody.
        let _ = self.store.remove(&self.key).await;
        Ok(manifest)
    }

    /// Removes the files and lets go of the number, on account of an error, which is returned.
    pub(super) async fn let_go(mut self, error: Error) -> Error {
        if let Some(work) = self.removal() {
            let _ = task::to_the_end(work).await;
        }
        error
    }

    fn removal(&mut self) -> Option<impl Future<Output = Result<()>> + Send + 'static> {
        if !std::mem::replace(&mut self.held, false) {
            return None;
        }
        let (store, files, claim) = (self.store.clone(), std::mem::take(&mut self.files), self.key.clone());
        let placing = self.placing;
        Some(async move {
            for file in files {
                store.remove(&file).await?;
            }
            // A file that may yet appear keeps its number, so that no other writer takes its key.
            if !placing { store.remove(&claim).await } else { Ok(()) }
        })
    }
}

impl Drop for Claim {
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
