//! The compute kernels against the plainest way to say the same, on random rows: small ones of every kind, and enough
//! of them to be split over threads.
#![allow(clippy::unwrap_used)]

mod arithmetic;
mod group;
mod lookup;
mod order;
mod random;
