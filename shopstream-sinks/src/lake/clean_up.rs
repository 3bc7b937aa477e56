//! What dead writers left behind.
//!
//! Files go before the claim that holds their number, so that no new writer gets their keys meanwhile; where nobody
//! holds it any more, and a new writer could, the clean-up does while it removes them.

use shopstream_core::{Date, ErrorKind, Orphans, Partition, Result, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{staging, store::Store};

/// What is to be removed, and under whose numbers it lies.
pub(super) struct Found {
    pub(super) orphans: Orphans,
    table: String,
    /// Files, and the numbers that the clean-up must hold before it removes them.
    files: Vec<(String, Option<(Date, u32)>)>,
}

/// What is known of a number of a date.
#[derive(Default)]
struct Number {
    manifest: bool,
    claim: Option<(String, Timestamp)>,
    files: Vec<(String, u64, Timestamp)>,
}

pub(super) async fn find(store: &Store, table: &str, before: Timestamp) -> Result<Found> {
    let folder = store.layout.table_folder(table)?;
    let mut dates: BTreeMap<Date, BTreeMap<u32, Number>> = BTreeMap::new();
    let layout = &store.layout;
    for object in store.objects(&folder).await? {
        let (key, at) = (object.location.to_string(), Timestamp::from_micros(object.last_modified.timestamp_micros()));
        let (manifest, claim) = (layout.parse_manifest(table, &key), layout.parse_claim(table, &key));
        let Some((date, n)) = manifest.or(claim).or_else(|| layout.parse_file(table, &key)) else { continue };
        let number = dates.entry(date).or_default().entry(n).or_default();
        match (manifest, claim) {
            (Some(_), _) => number.manifest = true,
            (_, Some(_)) => number.claim = Some((key, at)),
            _ => number.files.push((key, object.size, at)),
        }
    }

    let mut found = Found { orphans: Orphans::default(), table: table.to_owned(), files: vec![] };
    let mut living = BTreeSet::new();
    for (date, numbers) in dates {
        let partition = Partition::new(table, date);
        let highest = numbers.iter().filter(|(_, n)| n.manifest).map(|(n, _)| *n).max();
        let mut named: Option<BTreeSet<String>> = None;
        for (n, number) in &numbers {
            if number.claim.as_ref().is_some_and(|(_, at)| *at >= before) {
                living.insert((date, *n));
                continue;
            }
            for (key, bytes, _) in number.files.iter().filter(|(_, _, at)| *at < before) {
                let named = match &mut named {
                    Some(named) => named,
                    None => named.insert(named_files(store, &partition, &numbers).await?),
                };
                if !named.contains(key) {
                    let free = number.claim.is_none() && highest.is_none_or(|highest| highest < *n);
                    found.files.push((key.clone(), free.then_some((date, *n))));
                    found.orphans.files.push(key.clone());
                    found.orphans.bytes += bytes;
                }
            }
            found.orphans.claims.extend(number.claim.as_ref().map(|(key, _)| key.clone()));
        }
    }
    for (key, bytes) in staging::leftovers(store, table, &folder, before, &living).await? {
        found.files.push((key.clone(), None));
        found.orphans.files.push(key);
        found.orphans.bytes += bytes;
    }
    Ok(found)
}

/// The files that any manifest of a partition names. One that cannot be read stops the clean-up: nobody knows what it
/// names.
async fn named_files(
    store: &Store,
    partition: &Partition,
    numbers: &BTreeMap<u32, Number>,
) -> Result<BTreeSet<String>> {
    let mut named = BTreeSet::new();
    for n in numbers.iter().filter(|(_, number)| number.manifest).map(|(n, _)| *n) {
        if let Some(manifest) = store.read_manifest(partition, n).await? {
            named.extend(manifest.files.into_iter().map(|file| file.key));
        }
    }
    Ok(named)
}

pub(super) async fn remove(store: &Arc<Store>, found: Found) -> Result<Orphans> {
    let Found { mut orphans, table, files } = found;
    let mut held = BTreeMap::new();
    for (key, number) in files {
        if let Some((date, n)) = number
            && let std::collections::btree_map::Entry::Vacant(place) = held.entry((date, n))
        {
            let claim = store.layout.claim(&Partition::new(&table, date), n)?;
            let text = format!("clean-up, {}\n", std::process::id());
            match store.create(&claim, text.as_bytes()).await {
                Ok(()) => drop(place.insert(Some(claim))),
                // A writer has begun, and writes these keys anew.
                Err(error) if error.kind() == ErrorKind::Conflict => drop(place.insert(None)),
                Err(error) => return Err(error),
            }
        }
        let given_up = number.is_some_and(|number| matches!(held.get(&number), Some(None)));
        if given_up {
            orphans.files.retain(|file| *file != key);
        } else if staging::is_leftover(&key) {
            staging::remove(store, &key).await?;
        } else {
            store.remove(&key).await?;
        }
    }
    for claim in orphans.claims.iter().chain(held.values().flatten()) {
        store.remove(claim).await?;
    }
    Ok(orphans)
}
