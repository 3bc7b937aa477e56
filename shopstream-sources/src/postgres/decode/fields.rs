//! Where the fields of some rows lie in the bytes that hold them.

/// A field; nothing of it is read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    at: u32,
    length: u32,
}

/// The length of NULL, on the wire too, where it is -1: no field is that long.
pub(super) const NULL: u32 = u32::MAX;

impl Mark {
    pub(super) fn null() -> Self {
        Self { at: 0, length: NULL }
    }

    /// A field from here on, of so many bytes, among no more than 4 GiB.
    #[inline]
    pub(super) fn field(at: usize, length: u32) -> Self {
        Self { at: at as u32, length }
    }
}

/// The fields of one column in some rows.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    marks: &'a [Mark],
    columns: usize,
}

impl<'a> Fields<'a> {
    /// Of the column whose marks are the first of these and then each `columns`-th.
    pub(super) fn new(bytes: &'a [u8], marks: &'a [Mark], columns: usize) -> Self {
        Self { bytes, marks, columns: columns.max(1) }
    }

    /// How many rows there are.
    pub(super) fn len(self) -> usize {
        self.marks.len().div_ceil(self.columns)
    }

    /// Their bytes, or `None` for NULL.
    #[inline]
    pub(super) fn iter(self) -> impl ExactSizeIterator<Item = Option<&'a [u8]>> {
        self.iter_to_end().map(|field| field.map(|(bytes, length)| bytes.get(..length).unwrap_or_default()))
    }

    /// The same with all that comes behind each, and how many of the bytes are its own.
    #[inline]
    pub(super) fn iter_to_end(self) -> impl ExactSizeIterator<Item = Option<(&'a [u8], usize)>> {
        self.marks.iter().step_by(self.columns).map(move |mark| {
            let bytes = || self.bytes.get(mark.at as usize..).unwrap_or_default();
            (mark.length != NULL).then(|| (bytes(), mark.length as usize))
        })
    }
}
