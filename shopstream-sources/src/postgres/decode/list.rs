//! Arrays on the wire: a head, one dimension, and the items as fields of their own.

use arrow::{
    array::{ArrayRef, ListArray},
    buffer::{NullBuffer, OffsetBuffer, ScalarBuffer},
};
use std::sync::Arc;

use super::{Fault, Rule, column::Column};

/// Dimensions that PostgreSQL's arrays have at most.
const MAX_DIMENSIONS: i32 = 6;

/// The lists of a column: where each ends among the items, after a first 0.
#[derive(Debug)]
pub(super) struct List {
    /// The items' type.
    item: u32,
    ends: Vec<i32>,
    items: Column,
}

impl List {
    pub(super) fn new(rule: Rule, item: u32, rows: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self { item, ends, items: Column::new(rule.of_items()) }
    }

    /// How many lists there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len() - 1
    }

    pub(super) fn push_empty(&mut self) {
        self.ends.push(self.ends.last().copied().unwrap_or(0));
    }

    /// Takes back the lists behind so many.
    pub(super) fn truncate(&mut self, lists: usize) {
        self.ends.truncate(lists + 1);
        // An end among the items, which is no less than 0.
        self.items.truncate(self.ends.last().copied().unwrap_or(0) as usize);
    }

    /// Reads one array. What it claims to hold is believed only as far as its bytes reach.
    #[inline(never)]
    pub(super) fn push(&mut self, mut field: &[u8]) -> Result<(), Fault> {
        let dimensions = word(&mut field)?;
        let flags = word(&mut field)?;
        // An oid, of which all 32 bits are digits.
        let item = word(&mut field)? as u32;
        if !(0..=MAX_DIMENSIONS).contains(&dimensions) || !(0..=1).contains(&flags) || item != self.item {
            return Err(Fault::Malformed);
        }
        let count = match dimensions {
            0 => 0,
            1 => {
                let count = usize::try_from(word(&mut field)?).map_err(|_| Fault::Malformed)?;
                if word(&mut field)? != 1 {
                    return Err(Fault::Dimensions);
                }
                count
            }
            _ => return Err(Fault::Dimensions),
        };
        let before = self.ends.last().copied().unwrap_or(0);
        // Each item has a length of four bytes.
        if count > field.len() / 4 {
            return Err(Fault::Malformed);
        }
        let end = i32::try_from(count).ok().and_then(|count| before.checked_add(count)).ok_or(Fault::OutOfRange)?;
        for _ in 0..count {
            match word(&mut field)? {
                -1 => self.items.push_null()?,
                length => {
                    let length = usize::try_from(length).map_err(|_| Fault::Malformed)?;
                    self.items.push(field.split_off(..length).ok_or(Fault::Malformed)?)?;
                }
            }
        }
        if !field.is_empty() {
            return Err(Fault::Malformed);
        }
        self.ends.push(end);
        Ok(())
    }

    pub(super) fn into_array(mut self, rule: Rule, nulls: Option<NullBuffer>) -> Result<ArrayRef, Fault> {
        let items = self.items.finish()?;
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        Ok(Arc::new(ListArray::new(rule.item_field(), ends, items, nulls)))
    }

    /// Bytes that it has room for.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.ends.capacity() * 4 + self.items.room()
    }
}

/// The next four bytes as a number.
fn word(bytes: &mut &[u8]) -> Result<i32, Fault> {
    let (word, rest) = bytes.split_first_chunk::<4>().ok_or(Fault::Malformed)?;
    *bytes = rest;
    Ok(i32::from_be_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::decode::Kind;
    use arrow::{array::AsArray, datatypes::Int32Type};

    const INT4: u32 = 23;

    fn column() -> Column {
        Column::new(Rule { kind: Kind::Int4, item: Some(INT4), nullable: true, specials_null: false })
    }

    fn words(words: &[i32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn lists_hold_items_and_nulls_and_may_be_empty_or_null() {
        let mut column = column();
        column.push(&words(&[1, 1, 23, 3, 1, 4, 7, -1, 4, -8])).unwrap();
        column.push(&words(&[0, 0, 23])).unwrap();
        column.push_null().unwrap();
        column.push(&words(&[1, 0, 23, 1, 1, 4, 9])).unwrap();
        let array = column.finish().unwrap();
        let expected = [Some(vec![Some(7), None, Some(-8)]), Some(vec![]), None, Some(vec![Some(9)])];
        assert_eq!(array.as_list::<i32>(), &ListArray::from_iter_primitive::<Int32Type, _, _>(expected));
        assert_eq!(column.finish().unwrap().len(), 0);
    }

    #[test]
    fn what_is_no_list_is_refused_and_nothing_is_allocated_for_a_claim() {
        for (field, fault) in [
            (words(&[2, 0, 23, 1, 1, 1, 1, 4, 7]), Fault::Dimensions),
            (words(&[6, 0, 23]), Fault::Dimensions),
            (words(&[1, 0, 23, 1, 0, 4, 7]), Fault::Dimensions),
            (words(&[7, 0, 23]), Fault::Malformed),
            (words(&[-1, 0, 23]), Fault::Malformed),
            (words(&[1, 2, 23, 1, 1, 4, 7]), Fault::Malformed),
            (words(&[1, 0, 20, 1, 1, 4, 7]), Fault::Malformed),
            (words(&[1, 0, 23, -1, 1]), Fault::Malformed),
            (words(&[1, 0, 23, i32::MAX, 1, 4, 7]), Fault::Malformed),
            (words(&[1, 0, 23, 1, 1, 5, 7]), Fault::Malformed),
            (words(&[1, 0, 23, 1, 1, i32::MAX, 7]), Fault::Malformed),
            (words(&[1, 0, 23, 1, 1, -2, 7]), Fault::Malformed),
            (words(&[1, 0, 23, 1, 1, 4, 7, 7]), Fault::Malformed),
            (words(&[0, 0, 23, 7]), Fault::Malformed),
            (words(&[0, 0]), Fault::Malformed),
            (vec![], Fault::Malformed),
        ] {
            let mut column = column();
            assert_eq!(column.push(&field), Err(fault), "{field:?}");
            assert!(column.room() < 2000, "{field:?}");
        }
    }

    #[test]
    fn an_item_that_arrow_has_not_is_null_where_that_is_allowed() {
        let rule = Rule { kind: Kind::Date, item: Some(1082), nullable: false, specials_null: true };
        let field = words(&[1, 0, 1082, 2, 1, 4, i32::MAX, 4, 0]);
        let mut column = Column::new(rule);
        column.push(&field).unwrap();
        let items = column.finish().unwrap().as_list::<i32>().value(0);
        assert_eq!((items.len(), items.is_null(0), items.is_null(1)), (2, true, false));
        let mut strict = Column::new(Rule { specials_null: false, ..rule });
        assert_eq!(strict.push(&field), Err(Fault::Special));
    }
}
