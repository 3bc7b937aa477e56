//! Sets of keys, compared exactly.

use arrow::{
    array::{Array, ArrayRef, BooleanArray},
    compute::cast,
    datatypes::DataType,
    row::{RowConverter, Rows, SortField},
};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::{fmt, hash::BuildHasher};

use crate::{Result, table::is_text};

/// Keys of one or more columns, held as the bytes of Arrow's row format one behind the other: two keys are the same
/// when all of their values are, NULL included.
pub(crate) struct KeySet {
    types: Vec<DataType>,
    converter: RowConverter,
    bytes: Vec<u8>,
    /// Where each key ends.
    ends: Vec<usize>,
    places: HashTable<usize>,
    hasher: FixedState,
}

impl KeySet {
    /// No keys yet, of columns of these types; text may come in any encoding.
    pub(crate) fn new<'a>(types: impl IntoIterator<Item = &'a DataType>) -> Result<Self> {
        let types: Vec<DataType> = types.into_iter().map(key_type).collect();
        let converter = RowConverter::new(types.iter().map(|t| SortField::new(t.clone())).collect())?;
        let (bytes, ends, places) = (vec![], vec![], HashTable::new());
        Ok(Self { types, converter, bytes, ends, places, hasher: FixedState::default() })
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Adds the keys of rows.
    pub(crate) fn insert(&mut self, columns: &[ArrayRef]) -> Result<()> {
        for row in &self.rows(columns)? {
            let hash = self.hasher.hash_one(row.as_ref());
            if self.find(hash, row.as_ref()).is_none() {
                let (bytes, ends, hasher) = (&mut self.bytes, &mut self.ends, &self.hasher);
                bytes.extend_from_slice(row.as_ref());
                ends.push(bytes.len());
                self.places.insert_unique(hash, ends.len() - 1, |place| hasher.hash_one(key(bytes, ends, *place)));
            }
        }
        Ok(())
    }

    /// Of each row, whether its key is in the set.
    pub(crate) fn contains(&self, columns: &[ArrayRef]) -> Result<BooleanArray> {
        let rows = self.rows(columns)?;
        let found = rows.iter().map(|row| self.find(self.hasher.hash_one(row.as_ref()), row.as_ref()).is_some());
        Ok(found.collect::<Vec<bool>>().into())
    }

    fn find(&self, hash: u64, row: &[u8]) -> Option<&usize> {
        self.places.find(hash, |place| key(&self.bytes, &self.ends, *place) == row)
    }

    fn rows(&self, columns: &[ArrayRef]) -> Result<Rows> {
        let alike = columns.iter().zip(&self.types).map(|(column, data_type)| match column.data_type() == data_type {
            true => Ok(column.clone()),
            false => cast(column, data_type),
        });
        Ok(self.converter.convert_columns(&alike.collect::<Result<Vec<_>, _>>()?)?)
    }
}

fn key<'a>(bytes: &'a [u8], ends: &[usize], place: usize) -> &'a [u8] {
    let start = if place == 0 { 0 } else { ends[place - 1] };
    &bytes[start..ends[place]]
}

/// The type in which keys of a type are compared: one for all text.
fn key_type(data_type: &DataType) -> DataType {
    if is_text(data_type) { DataType::Utf8View } else { data_type.clone() }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet").field("types", &self.types).field("keys", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray, StringViewArray};
    use proptest::prelude::*;
    use std::{collections::HashSet, sync::Arc};

    type Key = (Option<i64>, Option<String>);

    fn columns(keys: &[Key], view: bool) -> Vec<ArrayRef> {
        let numbers = Arc::new(keys.iter().map(|k| k.0).collect::<Int64Array>()) as ArrayRef;
        let texts = keys.iter().map(|k| k.1.as_deref());
        let texts: ArrayRef =
            if view { Arc::new(texts.collect::<StringViewArray>()) } else { Arc::new(texts.collect::<StringArray>()) };
        vec![numbers, texts]
    }

    fn keys() -> impl Strategy<Value = Vec<Key>> {
        let number = prop::option::of(prop_oneof![-2i64..2, Just(i64::MAX), Just(i64::MIN), Just((1 << 53) + 1)]);
        prop::collection::vec((number, prop::option::of("[a\\x00é]{0,3}")), 0..40)
    }

    proptest! {
        #[test]
        fn holds_what_a_set_of_values_holds(first in keys(), second in keys(), asked in keys()) {
            let mut set = KeySet::new([&DataType::Int64, &DataType::Utf8]).unwrap();
            set.insert(&columns(&first, true)).unwrap();
            set.insert(&columns(&second, false)).unwrap();
            let expected: HashSet<&Key> = first.iter().chain(&second).collect();
            prop_assert_eq!(set.len(), expected.len());
            let found = set.contains(&columns(&asked, true)).unwrap();
            let found: Vec<bool> = found.iter().flatten().collect();
            prop_assert_eq!(found, asked.iter().map(|k| expected.contains(k)).collect::<Vec<_>>());
        }
    }
}
