//! Work split over the threads of the current rayon pool.

use rayon::prelude::*;
use std::ops::Range;

/// Rows that are worth a thread.
const GRAIN: usize = 32_768;

/// How many rows each part of `n` has.
pub(super) fn part_len(n: usize) -> usize {
    n.div_ceil(rayon::current_num_threads().min(n / GRAIN + 1)).max(1)
}

/// `f` of each part of `0..n`, in order. What is made of the answers must not depend on where the parts begin.
pub(super) fn parts<R: Send>(n: usize, f: impl Fn(Range<usize>) -> R + Sync) -> Vec<R> {
    let len = part_len(n);
    if len >= n {
        return vec![f(0..n)];
    }
    (0..n.div_ceil(len)).into_par_iter().map(|k| f(k * len..n.min((k + 1) * len))).collect()
}

/// `[f(0), f(1), …]`
pub(super) fn fill<T: Copy + Default + Send>(n: usize, f: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let mut values = vec![T::default(); n];
    let len = part_len(n);
    values.par_chunks_mut(len).enumerate().for_each(|(k, part)| {
        for (i, value) in part.iter_mut().enumerate() {
            *value = f(k * len + i);
        }
    });
    values
}
