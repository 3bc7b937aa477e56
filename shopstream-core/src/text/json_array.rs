//! Finds the objects of a JSON array in bytes that may be cut anywhere.

use super::json::is_space;

/// Where in the array it is.
#[derive(Debug, Default)]
pub(super) struct ArrayScanner {
    state: State,
    depth: usize,
    escaped: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    /// Before the bracket.
    #[default]
    Open,
    /// Behind the bracket: an object or the end.
    First,
    /// Behind a comma: an object.
    Next,
    /// In an object.
    Inside,
    /// In a text of an object.
    Text,
    /// Behind an object: a comma or the end.
    Behind,
    /// Behind the array.
    Closed,
}

impl ArrayScanner {
    pub(super) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether an object is under way.
    pub(super) fn is_inside(&self) -> bool {
        matches!(self.state, State::Inside | State::Text)
    }

    /// How many bytes belong together, either between objects or to one, and whether they end an object.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Result<(usize, bool), (&'static str, usize)> {
        for (i, byte) in bytes.iter().enumerate() {
            match (self.state, byte) {
                (State::Text, _) if self.escaped => self.escaped = false,
                (State::Text, b'\\') => self.escaped = true,
                (State::Text, b'"') => self.state = State::Inside,
                (State::Text, b'\n') => return Err(("a text that is not closed", i)),
                (State::Text, _) => {}
                (State::Inside, b'"') => self.state = State::Text,
                (State::Inside, b'{' | b'[') => self.depth += 1,
                (State::Inside, b'}' | b']') => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.state = State::Behind;
                        return Ok((i + 1, true));
                    }
                }
                (State::Inside, _) => {}
                (_, byte) if is_space(byte) => {}
                (State::Open, b'[') => self.state = State::First,
                (State::First | State::Behind, b']') => self.state = State::Closed,
                (State::First | State::Next, b'{') if i == 0 => (self.state, self.depth) = (State::Inside, 1),
                // What lies between objects is taken apart from them.
                (State::First | State::Next, b'{') => return Ok((i, false)),
                (State::Behind, b',') => self.state = State::Next,
                (State::Behind, _) => return Err(("expected a comma or the end of the array", i)),
                (State::Closed, _) => return Err(("text behind the array", i)),
                (State::Open | State::First | State::Next, _) => return Err(("expected a JSON object", i)),
            }
        }
        Ok((bytes.len(), false))
    }
}
