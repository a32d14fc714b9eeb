//! In which order statuses are computed: needs first. A circle of needs has no order and is a fault.
use alloc::collections::BinaryHeap;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;

/// An order in which every node comes after all it needs, smallest number first among equals, and every circle that was found.
///
/// `needs[n]` lists what node `n` needs. A circle starts and ends with its smallest node: `[1, 4, 1]` says that 1 needs 4 and 4 needs 1.
/// Nodes of a circle come into the order as if the circle were cut, so the order always holds all nodes. Cost: O((nodes + needs) log nodes).
pub fn order(needs: &[Vec<usize>]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let n = needs.len();
    let mut open: Vec<usize> = vec![0; n];
    let mut wanted_by: Vec<Vec<usize>> = vec![Vec::new(); n];
    for (node, list) in needs.iter().enumerate() {
        for m in list.iter().copied().filter(|m| *m < n) {
            // A need that is named twice counts once.
            if wanted_by[m].last() != Some(&node) {
                wanted_by[m].push(node);
                open[node] += 1;
            }
        }
    }
    let mut left = vec![true; n];
    let mut ready: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
    (0..n).filter(|m| open[*m] == 0).for_each(|m| ready.push(Reverse(m)));
    let (mut out, mut circles) = (Vec::with_capacity(n), Vec::new());
    let mut first = 0;
    loop {
        while let Some(Reverse(node)) = ready.pop() {
            if !core::mem::replace(&mut left[node], false) {
                continue;
            }
            out.push(node);
            for m in &wanted_by[node] {
                open[*m] = open[*m].saturating_sub(1);
                if open[*m] == 0 && left[*m] {
                    ready.push(Reverse(*m));
                }
            }
        }
        while first < n && !left[first] {
            first += 1;
        }
        if first == n {
            break;
        }
        let circle = find_circle(first, needs, &left);
        circle.iter().for_each(|m| ready.push(Reverse(*m)));
        circles.push(circle);
    }
    (out, circles)
}

/// Every node that is left needs another that is left, so a walk along needs comes back to itself.
fn find_circle(from: usize, needs: &[Vec<usize>], left: &[bool]) -> Vec<usize> {
    let mut walk = vec![from];
    let mut at = from;
    loop {
        let next = needs[at].iter().copied().filter(|m| left.get(*m) == Some(&true)).min().unwrap_or(at);
        if let Some(i) = walk.iter().position(|m| *m == next) {
            let circle = &walk[i..];
            let smallest = circle.iter().enumerate().min_by_key(|(_, m)| **m).map_or(0, |(i, _)| i);
            let mut turned = circle[smallest..].to_vec();
            turned.extend_from_slice(&circle[..=smallest]);
            return turned;
        }
        walk.push(next);
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_come_first_and_ties_go_by_number() {
        let (order, circles) = order(&[vec![2], vec![], vec![1], vec![]]);
        assert_eq!(order, [1, 2, 0, 3]);
        assert!(circles.is_empty());
    }
    #[test]
    fn every_circle_is_named_from_its_smallest_node() {
        let (all, circles) = order(&[vec![0], vec![3], vec![1], vec![2], vec![1], vec![]]);
        assert_eq!(circles, [vec![0, 0], vec![1, 3, 2, 1]]);
        assert_eq!(all.len(), 6);
    }
}
