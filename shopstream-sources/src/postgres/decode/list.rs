//! Arrays on the wire: a head, one dimension, and the items as fields of their own.

use arrow::{
    array::{ArrayRef, ListArray},
    buffer::{NullBuffer, OffsetBuffer, ScalarBuffer},
};
use std::sync::Arc;

use super::{
    Fault, Rule,
    column::Column,
    fields::{Fields, Mark},
};

/// Dimensions that PostgreSQL's arrays have at most.
const MAX_DIMENSIONS: i32 = 6;

/// The lists of a column.
#[derive(Debug)]
pub(super) struct List {
    /// Where each ends among the items, after a first 0.
    pub(super) ends: Vec<i32>,
    pub(super) items: Items,
}

/// The items of all lists, one behind another.
#[derive(Debug)]
pub(super) struct Items {
    /// Their type.
    item: u32,
    values: Column,
    count: i32,
    marks: Vec<Mark>,
}

impl Items {
    /// Reads one array, and says how many items there are then. What it claims to hold is believed only as far as its
    /// bytes reach.
    #[inline(never)]
    pub(super) fn append(&mut self, field: &[u8]) -> Result<i32, Fault> {
        let mut rest = field;
        let dimensions = word(&mut rest)?;
        let flags = word(&mut rest)?;
        // An oid, of which all 32 bits are digits.
        let item = word(&mut rest)? as u32;
        if !(0..=MAX_DIMENSIONS).contains(&dimensions) || !(0..=1).contains(&flags) || item != self.item {
            return Err(Fault::Malformed);
        }
        let count = match dimensions {
            0 => 0,
            1 => {
                let count = usize::try_from(word(&mut rest)?).map_err(|_| Fault::Malformed)?;
                if word(&mut rest)? != 1 {
                    return Err(Fault::Dimensions);
                }
                count
            }
            _ => return Err(Fault::Dimensions),
        };
        // Each item has a length of four bytes.
        if count > rest.len() / 4 {
            return Err(Fault::Malformed);
        }
        self.marks.clear();
        for _ in 0..count {
            self.marks.push(match word(&mut rest)? {
                -1 => Mark::null(),
                length => {
                    let length = u32::try_from(length).map_err(|_| Fault::Malformed)?;
                    let at = field.len() - rest.len();
                    rest.split_off(..length as usize).ok_or(Fault::Malformed)?;
                    Mark::field(at, length)
                }
            });
        }
        if !rest.is_empty() {
            return Err(Fault::Malformed);
        }
        self.values.extend(Fields::new(field, &self.marks, 1)).map_err(|(_, fault)| fault)?;
        let end = i32::try_from(count).ok().and_then(|count| self.count.checked_add(count)).ok_or(Fault::OutOfRange)?;
        self.count = end;
        Ok(end)
    }
}

impl List {
    pub(super) fn new(rule: Rule, item: u32, rows: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self { ends, items: Items { item, values: Column::new(rule.of_items()), count: 0, marks: vec![] } }
    }

    /// How many lists there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len() - 1
    }

    pub(super) fn into_array(mut self, rule: Rule, nulls: Option<NullBuffer>) -> Result<ArrayRef, Fault> {
        let items = self.items.values.finish()?;
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        Ok(Arc::new(ListArray::new(rule.item_field(), ends, items, nulls)))
    }

    /// Bytes that it has room for.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.ends.capacity() * 4 + self.items.values.room() + self.items.marks.capacity() * size_of::<Mark>()
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

    fn push(column: &mut Column, field: &[u8]) -> Result<(), Fault> {
        column.extend(Fields::new(field, &[Mark::field(0, field.len() as u32)], 1)).map_err(|(_, fault)| fault)
    }

    #[test]
    fn lists_hold_items_and_nulls_and_may_be_empty_or_null() {
        let mut column = column();
        push(&mut column, &words(&[1, 1, 23, 3, 1, 4, 7, -1, 4, -8])).unwrap();
        push(&mut column, &words(&[0, 0, 23])).unwrap();
        column.extend(Fields::new(&[], &[Mark::null()], 1)).unwrap();
        push(&mut column, &words(&[1, 0, 23, 1, 1, 4, 9])).unwrap();
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
            assert_eq!(push(&mut column, &field), Err(fault), "{field:?}");
            assert!(column.room() < 2000, "{field:?}");
        }
    }

    #[test]
    fn an_item_that_arrow_has_not_is_null_where_that_is_allowed() {
        let rule = Rule { kind: Kind::Date, item: Some(1082), nullable: false, specials_null: true };
        let field = words(&[1, 0, 1082, 2, 1, 4, i32::MAX, 4, 0]);
        let mut column = Column::new(rule);
        push(&mut column, &field).unwrap();
        let items = column.finish().unwrap().as_list::<i32>().value(0);
        assert_eq!((items.len(), items.is_null(0), items.is_null(1)), (2, true, false));
        let mut strict = Column::new(Rule { specials_null: false, ..rule });
        assert_eq!(push(&mut strict, &field), Err(Fault::Special));
    }
}
