//! Hostile bytes: a target that takes any, and mutations of valid rows that are thrown at it for a bounded time.
//!
//! `SHOPSTREAM_FUZZ_SECONDS` says how long, `SHOPSTREAM_FUZZ_INPUT` is an input to try again, in hex.

use arrow::{
    array::Array,
    datatypes::{Field, Schema},
};
use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

use super::*;
use crate::postgres::writer::numeric_wire;

const KINDS: [Kind; 18] = [
    Kind::Bool,
    Kind::Int2,
    Kind::Int4,
    Kind::Int8,
    Kind::Oid,
    Kind::Float4,
    Kind::Float8,
    Kind::Numeric { precision: 10, scale: 2 },
    Kind::Numeric { precision: 38, scale: 38 },
    Kind::Numeric { precision: 38, scale: 0 },
    Kind::Text,
    Kind::Jsonb,
    Kind::Bytes,
    Kind::Uuid,
    Kind::Date,
    Kind::Time,
    Kind::Timestamp { utc: false },
    Kind::Timestamp { utc: true },
];
/// The items' type of every array: what it is makes no difference to the bytes of an item.
const ITEM: u32 = 25;
/// Inputs that are tried however slow they are.
const AT_LEAST: u64 = 2000;

/// What the first bytes of an input choose.
struct Setting {
    framing: Framing,
    rules: Vec<Rule>,
    piece: usize,
    max_rows: usize,
}

impl Setting {
    /// A byte for framing and the number of columns, two for each, one for the size of pieces, one for the rows of a
    /// batch.
    fn read(data: &mut &[u8]) -> Self {
        let mut byte = || data.split_off_first().copied().unwrap_or(0);
        let first = byte();
        let (framing, columns) = (if first < 128 { Framing::Copy } else { Framing::None }, first % 6);
        let rule = |(kind, flags): (u8, u8)| Rule {
            kind: KINDS[usize::from(kind) % KINDS.len()],
            item: (flags & 1 != 0).then_some(ITEM),
            nullable: flags & 2 != 0,
            specials_null: flags & 6 == 6,
        };
        let rules = (0..columns).map(|_| rule((byte(), byte()))).collect();
        Self { framing, rules, piece: usize::from(byte()) + 1, max_rows: usize::from(byte()) + 1 }
    }

    fn decode(&self, bytes: &[u8], piece: usize) -> (Vec<RecordBatch>, bool) {
        let fields = self.rules.iter().enumerate();
        let fields = fields.map(|(i, r)| Field::new(format!("c{i}"), r.data_type(), r.nullable));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let mut decoder = Decoder::new(self.framing, schema, &self.rules, self.max_rows, 4096);
        let mut out = VecDeque::new();
        let pushed = bytes.chunks(piece).try_for_each(|piece| decoder.push(piece, Some(0..piece.len()), &mut out));
        // NULL of four bytes is a number of sixteen, room doubles when it grows, and a new batch has that of the last.
        let bound = 64 * bytes.len() + 4096 * (self.rules.len() + 1);
        assert!(decoder.room() <= bound, "room for {} bytes after {}", decoder.room(), bytes.len());
        let ended = pushed.and_then(|()| decoder.finish(&mut out));
        (out.into(), ended.is_ok())
    }
}

/// Any bytes are rows or an error, the same however they come; says which. What comes out is sound.
fn target(mut data: &[u8]) -> bool {
    let setting = Setting::read(&mut data);
    let (batches, fine) = setting.decode(data, usize::MAX);
    assert!((batches.clone(), fine) == setting.decode(data, setting.piece), "pieces make a difference");
    for array in batches.iter().flat_map(RecordBatch::columns) {
        array.to_data().validate_full().unwrap();
    }
    fine
}

/// Numbers that are the same in every run: SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    /// Whole rows as a server sends them, and mutations of them.
    fn input(&mut self) -> Vec<u8> {
        let columns = self.below(6);
        // A multiple of six, which leaves the number of columns as it is, from 128 on.
        let bare = if self.one_in(2) { 22 * 6 } else { 0 };
        let mut head = vec![bare + columns as u8];
        head.extend(self.bytes(2 * columns + 2));
        let Setting { framing, rules, .. } = Setting::read(&mut &head[..]);
        let mut body = if framing == Framing::Copy { [&SIGNATURE[..], &[0; 8]].concat() } else { vec![] };
        for _ in 0..self.below(12) {
            body.extend_from_slice(&(columns as i16).to_be_bytes());
            rules.iter().for_each(|rule| self.field(rule, &mut body));
        }
        if framing == Framing::Copy {
            body.extend_from_slice(&[0xFF, 0xFF]);
        }
        for _ in 0..self.below(4) {
            self.mutate(&mut body);
        }
        [head, body].concat()
    }

    fn field(&mut self, rule: &Rule, out: &mut Vec<u8>) {
        if rule.nullable && self.one_in(6) {
            return out.extend_from_slice(&(-1i32).to_be_bytes());
        }
        let value = match rule.item {
            None => self.value(rule.kind),
            Some(_) if self.one_in(6) => [0, 0, ITEM].iter().flat_map(|word: &u32| word.to_be_bytes()).collect(),
            Some(item) => {
                let count = self.below(6);
                let mut array: Vec<u8> =
                    [1, 1, item, count as u32, 1].iter().flat_map(|word| word.to_be_bytes()).collect();
                (0..count).for_each(|_| self.field(&rule.of_items(), &mut array));
                array
            }
        };
        out.extend_from_slice(&(value.len() as i32).to_be_bytes());
        out.extend_from_slice(&value);
    }

    fn value(&mut self, kind: Kind) -> Vec<u8> {
        let text = |dice: &mut Self| {
            let count = if dice.one_in(50) { 3000 } else { dice.below(20) };
            (0..count).map(|_| ['a', '"', ',', 'é', '漢', '🦀', '\0'][dice.below(7)]).collect::<String>().into_bytes()
        };
        match kind {
            Kind::Bool => vec![self.below(2) as u8],
            Kind::Int2 => self.bytes(2),
            Kind::Int4 | Kind::Float4 | Kind::Oid => self.bytes(4),
            Kind::Date if self.one_in(4) => [i32::MAX, i32::MIN, i32::MAX - 1][self.below(3)].to_be_bytes().into(),
            Kind::Date => (self.next() as i32 >> 4).to_be_bytes().into(),
            Kind::Time => (self.next() as i64).rem_euclid(86_400_000_001).to_be_bytes().into(),
            Kind::Timestamp { .. } if self.one_in(4) => {
                [i64::MAX, i64::MIN, i64::MAX - 1][self.below(3)].to_be_bytes().into()
            }
            Kind::Timestamp { .. } => (self.next() as i64 >> 4).to_be_bytes().into(),
            Kind::Int8 | Kind::Float8 => self.bytes(8),
            Kind::Numeric { .. } if self.one_in(4) => {
                // Weight, sign and digits as they come.
                let digits = self.below(8);
                [(digits as u16).to_be_bytes().to_vec(), self.bytes(2), vec![self.below(256) as u8, 0, 0, 2]]
                    .into_iter()
                    .flatten()
                    .chain((0..digits).flat_map(|_| (self.below(10_001) as u16).to_be_bytes()))
                    .collect()
            }
            Kind::Numeric { precision, scale } => {
                let digits = self.below(usize::from(precision)) as u32 + 1;
                let number = (i128::from(self.next() as i64) << 64 | i128::from(self.next())) % 10i128.pow(digits);
                let mut field = vec![];
                numeric_wire(number, scale, &mut field);
                field
            }
            Kind::Text => text(self),
            Kind::Jsonb => [vec![1], text(self)].concat(),
            Kind::Bytes => {
                let count = self.below(30);
                self.bytes(count)
            }
            Kind::Uuid => self.bytes(16),
        }
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        // More often behind the head, without which nothing is read.
        let from = if self.one_in(10) { 0 } else { 19.min(bytes.len()) };
        let at = from + self.below(bytes.len() - from);
        let end = (at + self.below(9)).min(bytes.len());
        let words = [-1, -2, 0, 1, 2, 3, 4, 16, 1 << 10, 1 << 24, 1 << 29, (1 << 30) + 1, i32::MAX, i32::MIN];
        match self.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = self.next() as u8,
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let more = bytes[at..end].repeat(1 + self.below(300));
                drop(bytes.splice(at..at, more));
            }
            5 => {
                let count = self.below(20);
                let more = self.bytes(count);
                drop(bytes.splice(at..at, more));
            }
            // A length, a count or a number of dimensions.
            _ => {
                let word = words[self.below(words.len())].to_be_bytes();
                let end = (at + 4).min(bytes.len());
                drop(bytes.splice(at..end, word));
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

#[test]
fn hostile_bytes_are_rows_or_an_error() {
    if let Ok(input) = env::var("SHOPSTREAM_FUZZ_INPUT") {
        target(&unhex(&input));
        return;
    }
    let seconds = env::var("SHOPSTREAM_FUZZ_SECONDS").map_or(5, |s| s.parse().unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, finished) = channel();
    let stopped = stop.clone();
    let runner = thread::spawn(move || {
        let mut dice = Dice(20_260_114);
        let (mut inputs, mut rows) = (0, 0);
        while inputs < AT_LEAST || !stopped.load(Ordering::Relaxed) {
            let input = if dice.one_in(50) { dice.bytes(200) } else { dice.input() };
            match catch_unwind(AssertUnwindSafe(|| target(&input))) {
                Ok(fine) => rows += u64::from(fine),
                Err(_) => panic!("try again with SHOPSTREAM_FUZZ_INPUT={}", hex(&input)),
            }
            inputs += 1;
        }
        drop(sender);
        (inputs, rows)
    });
    // The sender sends nothing: it is gone when the runner has failed.
    if finished.recv_timeout(Duration::from_secs(seconds)) == Err::<(), _>(RecvTimeoutError::Timeout) {
        stop.store(true, Ordering::Relaxed);
    }
    let (inputs, rows) = runner.join().unwrap();
    println!("{inputs} inputs, {rows} of them rows to the end");
    assert!(rows > inputs / 20 && rows < inputs / 2, "{rows} of {inputs} were read to the end");
}
