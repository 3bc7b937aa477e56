//! Finds the fields of CSV records in bytes that may be cut anywhere.

/// The record under way.
#[derive(Debug)]
pub(super) struct Scanner {
    state: State,
    data: Vec<u8>,
    fields: Vec<End>,
    quoted: bool,
    /// The line that is scanned.
    current: u64,
    /// The line that the record starts in.
    line: u64,
    limit: usize,
}

/// Where a field ends in the record's bytes.
#[derive(Clone, Copy, Debug)]
struct End {
    at: usize,
    quoted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Before the first byte of a field.
    Start,
    /// In a field without quotes.
    Plain,
    /// In quotes.
    Quoted,
    /// Behind a quote within quotes: the last one, or the first of two.
    Quote,
    /// Behind a carriage return.
    Return,
}

impl Scanner {
    pub(super) fn new(limit: usize) -> Self {
        Self { state: State::Start, data: vec![], fields: vec![], quoted: false, current: 1, line: 1, limit }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// The line that the record starts in.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// How many fields have ended.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.data.len() + self.fields.len() * size_of::<End>()
    }

    /// Field `i` of the record, and whether it is in quotes.
    pub(super) fn field(&self, i: usize) -> (&[u8], bool) {
        let from = if i == 0 { 0 } else { self.fields[i - 1].at };
        (&self.data[from..self.fields[i].at], self.fields[i].quoted)
    }

    /// Whether the record is nothing but the end of a line.
    pub(super) fn is_blank(&self) -> bool {
        self.data.is_empty() && matches!(self.fields[..], [End { quoted: false, .. }])
    }

    /// Forgets the record, before the next one.
    pub(super) fn clear(&mut self) {
        self.data.clear();
        self.fields.clear();
        self.line = self.current;
    }

    /// Takes bytes up to the end of a record; false when it goes on behind them.
    pub(super) fn scan(&mut self, bytes: &mut &[u8]) -> Result<bool, &'static str> {
        while let Some((&byte, rest)) = bytes.split_first() {
            match (self.state, byte) {
                (State::Quoted, b'"') => (*bytes, self.state) = (rest, State::Quote),
                (State::Quoted, _) => {
                    let taken = self.take(bytes, |c| c == b'"')?;
                    self.current += taken.iter().filter(|c| **c == b'\n').count() as u64;
                }
                (State::Quote, b'"') => {
                    self.take(&mut &b"\""[..], |_| false)?;
                    (*bytes, self.state) = (rest, State::Quoted);
                }
                (State::Start, b'"') => {
                    (*bytes, self.state, self.quoted) = (rest, State::Quoted, true);
                }
                (State::Return, b'\n') | (State::Start | State::Plain | State::Quote, b'\n') => {
                    *bytes = rest;
                    self.current += 1;
                    self.end_field()?;
                    return Ok(true);
                }
                (State::Return, _) => return Err("a carriage return without a line feed, outside of quotes"),
                (_, b'\r') => (*bytes, self.state) = (rest, State::Return),
                (_, b',') => {
                    *bytes = rest;
                    self.end_field()?;
                }
                (State::Quote, _) => return Err("text behind a closing quote"),
                (State::Plain, b'"') => return Err("a quote within a field that does not start with one"),
                (State::Start | State::Plain, _) => {
                    self.state = State::Plain;
                    self.take(bytes, |c| matches!(c, b',' | b'"' | b'\n' | b'\r'))?;
                }
            }
        }
        Ok(false)
    }

    /// Ends a record that no line feed ends; false when there is none.
    pub(super) fn finish(&mut self) -> Result<bool, &'static str> {
        match self.state {
            State::Start if self.fields.is_empty() => Ok(false),
            State::Quoted => Err("a quote that is never closed"),
            State::Return => Err("a carriage return without a line feed, outside of quotes"),
            State::Start | State::Plain | State::Quote => self.end_field().map(|()| true),
        }
    }

    fn end_field(&mut self) -> Result<(), &'static str> {
        self.fields.push(End { at: self.data.len(), quoted: self.quoted });
        (self.state, self.quoted) = (State::Start, false);
        self.check(0)
    }

    /// Takes bytes up to the first that ends them, into the record.
    fn take<'a>(&mut self, bytes: &mut &'a [u8], ends: impl Fn(u8) -> bool) -> Result<&'a [u8], &'static str> {
        let at = bytes.iter().position(|c| ends(*c)).unwrap_or(bytes.len());
        let (taken, rest) = bytes.split_at(at);
        self.check(taken.len())?;
        self.data.extend_from_slice(taken);
        *bytes = rest;
        Ok(taken)
    }

    fn check(&self, more: usize) -> Result<(), &'static str> {
        if self.bytes() + more > self.limit { Err(super::TOO_LARGE) } else { Ok(()) }
    }
}
