//! The order of tables by what they are made of.

use std::collections::BTreeSet;

/// For each table, by its position: what it is made of, and what is made of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) inputs: Vec<BTreeSet<usize>>,
    pub(super) consumers: Vec<BTreeSet<usize>>,
}

impl Graph {
    pub(super) fn new(inputs: Vec<BTreeSet<usize>>) -> Self {
        let mut consumers = vec![BTreeSet::new(); inputs.len()];
        for (table, inputs) in inputs.iter().enumerate() {
            for input in inputs {
                consumers[*input].insert(table);
            }
        }
        Self { inputs, consumers }
    }

    /// All that these tables are made of, and they themselves.
    pub(super) fn upstream(&self, of: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        reach(&self.inputs, of)
    }

    /// All that is made of these tables, and they themselves.
    pub(super) fn downstream(&self, of: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        reach(&self.consumers, of)
    }
}

fn reach(edges: &[BTreeSet<usize>], from: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
    let mut left: Vec<usize> = from.into_iter().collect();
    let mut reached = BTreeSet::new();
    while let Some(table) = left.pop() {
        if reached.insert(table) {
            left.extend(&edges[table]);
        }
    }
    reached
}

/// The positions ordered so that each comes after its inputs, else as they were; or the cycles that forbid it, each
/// as a path in the direction of the data that ends where it began.
pub(super) fn order(inputs: &[BTreeSet<usize>]) -> Result<Vec<usize>, Vec<Vec<usize>>> {
    let mut left: BTreeSet<usize> = (0..inputs.len()).collect();
    let (mut order, mut cycles) = (vec![], vec![]);
    loop {
        while let Some(next) = left.iter().copied().find(|t| inputs[*t].is_disjoint(&left)) {
            left.remove(&next);
            order.push(next);
        }
        let Some(first) = left.first() else { break };
        // Whatever is left has an input that is left: going back along them ends in a cycle.
        let mut path = vec![*first];
        let cycle = loop {
            let Some(back) = path.last().and_then(|t| inputs[*t].intersection(&left).next()) else { break vec![] };
            match path.iter().position(|t| t == back) {
                Some(start) => {
                    let mut cycle = path.split_off(start);
                    cycle.push(*back);
                    cycle.reverse();
                    break cycle;
                }
                None => path.push(*back),
            }
        };
        for table in &cycle {
            left.remove(table);
        }
        cycles.push(cycle);
    }
    if cycles.is_empty() { Ok(order) } else { Err(cycles) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inputs(lists: &[&[usize]]) -> Vec<BTreeSet<usize>> {
        lists.iter().map(|l| l.iter().copied().collect()).collect()
    }

    #[test]
    fn every_cycle_is_a_path() {
        let graph = inputs(&[&[], &[3, 0], &[1], &[2], &[3], &[5], &[4]]);
        assert_eq!(order(&graph), Err(vec![vec![1, 2, 3, 1], vec![5, 5]]));
    }

    proptest! {
        #[test]
        fn inputs_come_first(edges in prop::collection::vec((0usize..30, 0usize..30), 0..80), names in Just((0..30).collect::<Vec<usize>>()).prop_shuffle()) {
            // Edges from lower to higher ranks have no cycle, whatever the positions.
            let mut graph = vec![BTreeSet::new(); 30];
            for (a, b) in edges.iter().filter(|(a, b)| a != b) {
                graph[names[*a.max(b)]].insert(names[*a.min(b)]);
            }
            let order = order(&graph).unwrap();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..30).collect::<Vec<_>>());
            let place = |t: usize| order.iter().position(|o| *o == t);
            for (table, inputs) in graph.iter().enumerate() {
                prop_assert!(inputs.iter().all(|i| place(*i) < place(table)));
            }
        }
    }
}
