use super::*;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use proptest::prelude::*;

fn at(s: i64) -> Instant {
    Instant::from_micros(s)
}
#[test]
fn a_name_has_one_key_until_it_is_removed() {
    let mut keys = Keys::new(10, 1);
    let a = keys.intern("org_1").unwrap();
    assert_eq!((keys.intern("org_1"), keys.find("org_1"), keys.find("org_2")), (Ok(a), Some(a), None));
    let handle = keys.handle(a);
    assert!(handle > 0 && handle < 1 << 53);
    assert_eq!(keys.resolve(handle), Ok(a));
    assert!(keys.remove(a) && !keys.remove(a));
    assert_eq!(keys.resolve(handle), Err(Code::StaleHandle));
    let b = keys.intern("org_2").unwrap();
    assert_eq!(b, a, "the slot freed last is taken first");
    assert_eq!(keys.resolve(handle), Err(Code::StaleHandle));
    assert_ne!(keys.handle(b), handle);
    assert_eq!((keys.resolve(0), keys.resolve(u64::MAX)), (Err(Code::StaleHandle), Err(Code::StaleHandle)));
}
#[test]
fn names_have_1_to_256_bytes() {
    let mut keys = Keys::new(10, 1);
    assert_eq!(keys.intern(""), Err(KeyError::Bad(Code::KeyEmpty)));
    assert_eq!(keys.intern(&"x".repeat(257)), Err(KeyError::Bad(Code::KeyTooLong)));
    for n in [1, 21, 22, 23, 256] {
        let name = "é".repeat(n / 2) + &"x".repeat(n % 2);
        let id = keys.intern(&name).unwrap();
        assert_eq!((keys.name(id).as_ref(), keys.find(&name)), (name.as_str(), Some(id)));
    }
}
#[test]
fn the_cap_holds_and_a_removal_makes_room() {
    let mut keys = Keys::new(2, 1);
    let a = keys.intern("a").unwrap();
    keys.intern("b").unwrap();
    assert_eq!(keys.intern("c"), Err(KeyError::Full));
    assert_eq!(keys.intern("a"), Ok(a));
    keys.remove(a);
    assert!(keys.intern("c").is_ok() && keys.len() == 2);
}
#[test]
fn a_group_holds_its_parts() {
    let mut keys = Keys::new(10, 1);
    let (t, u) = (keys.intern("org").unwrap(), keys.intern("ana").unwrap());
    let g = keys.intern_group(&[t, u]).unwrap();
    assert_eq!(
        (keys.intern_group(&[t, u]), keys.find_group(&[t, u]), keys.find_group(&[u, t])),
        (Ok(g), Some(g), None)
    );
    assert_eq!(
        (keys.name(g).as_ref(), keys.shown(g).as_ref(), keys.parts(g)),
        ("org\u{1f}ana", "org,ana", &[t, u][..])
    );
    assert_eq!((keys.len(), keys.find("org\u{1f}ana")), (3, None));
    keys.file(t, at(1));
    assert!(!keys.remove(t));
    assert_eq!(keys.pop_due(at(9)), None, "a part is not offered while its group lives");
    assert!(keys.remove(g));
    assert_eq!([keys.pop_due(at(9)), keys.pop_due(at(9)), keys.pop_due(at(9))], [Some(t), Some(u), None]);
    assert!(keys.remove(t) && keys.remove(u) && keys.is_empty());
    assert_eq!(keys.intern_group(&[t, u]), Err(KeyError::Bad(Code::StaleHandle)));
    assert_eq!(keys.intern_group(&[]), Err(KeyError::Bad(Code::KeyEmpty)));
}
#[test]
fn a_group_of_one_is_its_part_and_groups_do_not_nest() {
    let mut keys = Keys::new(10, 1);
    let (a, b) = (keys.intern("a").unwrap(), keys.intern("b").unwrap());
    assert_eq!(keys.intern_group(&[a]), Ok(a));
    let g = keys.intern_group(&[a, b]).unwrap();
    assert_eq!(keys.intern_group(&[g, a]), Err(KeyError::Bad(Code::StaleHandle)));
    assert_eq!(keys.intern_group(&[a, b, a, b, a]), Err(KeyError::Bad(Code::TooMany)));
}
#[test]
fn hashes_do_not_depend_on_the_seed() {
    let hash = |seed| {
        let mut keys = Keys::new(10, seed);
        keys.intern(&format!("first {seed}")).unwrap();
        let (a, b) = (keys.intern("a").unwrap(), keys.intern("b").unwrap());
        let g = keys.intern_group(&[a, b]).unwrap();
        (keys.hash(a), keys.hash(g))
    };
    assert_eq!(hash(1), hash(2));
    assert_eq!(hash(1).0, stable(b"a"));
    assert_ne!(hash(1).0, hash(1).1);
}
#[test]
fn the_lowest_bound_comes_first_and_each_key_once() {
    let mut keys = Keys::new(10, 1);
    let ids: Vec<KeyId> = ["a", "b", "c"].iter().map(|n| keys.intern(n).unwrap()).collect();
    keys.file(ids[0], at(30));
    keys.file(ids[1], at(10));
    keys.file(ids[2], at(20));
    keys.file(ids[0], at(0));
    assert_eq!((keys.pop_due(at(9)), keys.pop_due(at(10))), (None, Some(ids[1])));
    keys.file(ids[1], at(40));
    keys.hasten(ids[0], at(11));
    assert_eq!(
        [keys.pop_due(at(40)), keys.pop_due(at(40)), keys.pop_due(at(40))],
        [Some(ids[0]), Some(ids[2]), Some(ids[1])]
    );
    assert_eq!(keys.pop_due(at(99)), None);
}
#[test]
fn the_queue_does_not_grow_with_removals() {
    let mut keys = Keys::new(4, 1);
    for n in 0..10_000 {
        let id = keys.intern(&n.to_string()).unwrap();
        keys.file(id, Instant::NEVER);
        keys.remove(id);
    }
    assert!(keys.rest.len() <= 2 * keys.len() + 64 && keys.index_end() == 1);
}
#[test]
fn a_hundred_thousand_keys_take_little_memory() {
    let cap = 100_000;
    let mut keys = Keys::new(cap, 7);
    for n in 0..cap {
        let id = keys.intern(&format!("org_{n:012}")).unwrap();
        keys.file(id, at(n as i64));
    }
    assert!(keys.memory_bytes() / cap <= 72, "{} bytes a key", keys.memory_bytes() / cap);
    for n in cap..cap + 150_000 {
        let name = format!("org_{n:012}");
        assert_eq!(keys.intern(&name), Err(KeyError::Full));
        let id = keys.pop_due(Instant::NEVER).unwrap();
        assert!(keys.remove(id));
        let id = keys.intern(&name).unwrap();
        keys.file(id, at(n as i64));
    }
    assert_eq!(keys.len(), cap);
    assert!(keys.memory_bytes() / cap <= 72, "{} bytes a key after many changes", keys.memory_bytes() / cap);
    assert_eq!((keys.find("org_000000000000"), keys.find("org_000000149999")), (None, None));
    assert!(keys.find("org_000000150000").is_some());
}
#[test]
fn handles_of_another_interner_are_stale() {
    let handles = |salt| {
        let mut keys = Keys::new(10, 1);
        keys.intern("a").unwrap();
        keys.renew(salt, Instant::EPOCH);
        let (a, b) = (keys.find("a").unwrap(), keys.intern("b").unwrap());
        let out = [keys.handle(a), keys.handle(b)];
        assert_eq!(out.map(|h| keys.resolve(h)), [Ok(a), Ok(b)]);
        assert!(out.iter().all(|h| *h < 1 << 53));
        (keys, out)
    };
    let ((one, _), (_, others)) = (handles(1), handles(2));
    assert!(others.iter().all(|h| one.resolve(*h) == Err(Code::StaleHandle)));
}

#[derive(Clone, Debug)]
enum Step {
    Intern(u8),
    Group(u8, u8),
    Remove(u8),
    File(u8, i64),
    Evict(i64),
}
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0u8..12).prop_map(Step::Intern),
        3 => (0u8..12, 0u8..12).prop_map(|(a, b)| Step::Group(a, b)),
        2 => any::<u8>().prop_map(Step::Remove),
        3 => (any::<u8>(), 0i64..50).prop_map(|(k, t)| Step::File(k, t)),
        2 => (0i64..50).prop_map(Step::Evict),
    ];
    proptest::collection::vec(step, 1..80)
}
fn pick(model: &BTreeMap<String, (KeyId, u64)>, n: u8) -> Option<(String, KeyId)> {
    (!model.is_empty())
        .then(|| model.iter().nth(n as usize % model.len()).map(|(name, (id, _))| (name.clone(), *id)).unwrap())
}
/// Parts that no group holds any more are in the queue without a bound.
fn offered_again(keys: &Keys, parts: &[KeyId], filed: &mut BTreeMap<KeyId, i64>) {
    for part in parts.iter().filter(|part| !keys.is_pinned(**part)) {
        filed.insert(*part, 0);
    }
}

proptest! {
    #[test]
    fn the_interner_agrees_with_a_map(steps in steps(), cap in 1usize..14, seed: u64) {
        let mut keys = Keys::new(cap, seed);
        let mut model: BTreeMap<String, (KeyId, u64)> = BTreeMap::new();
        let mut filed: BTreeMap<KeyId, i64> = BTreeMap::new();
        let mut now = 0;
        for step in steps {
            match step {
                Step::Intern(n) => {
                    let name = format!("k{n}");
                    let full = model.len() >= cap && !model.contains_key(&name);
                    let got = keys.intern(&name);
                    prop_assert_eq!(got == Err(KeyError::Full), full);
                    if let Ok(id) = got {
                        let now = (id, keys.handle(id));
                        let known = *model.entry(name).or_insert(now);
                        prop_assert_eq!(known, now);
                    }
                }
                Step::Group(a, b) => {
                    let (a, b) = (format!("k{a}"), format!("k{b}"));
                    let (Some(x), Some(y)) = (keys.find(&a), keys.find(&b)) else { continue };
                    let name = format!("{a}\u{1f}{b}");
                    let full = model.len() >= cap && !model.contains_key(&name);
                    let got = keys.intern_group(&[x, y]);
                    prop_assert_eq!(got == Err(KeyError::Full), full);
                    if let Ok(id) = got {
                        let now = (id, keys.handle(id));
                        let known = *model.entry(name).or_insert(now);
                        prop_assert_eq!(known, now);
                    }
                }
                Step::Remove(n) => {
                    let Some((name, id)) = pick(&model, n) else { continue };
                    let held = model.keys().any(|k| k.contains(JOINT) && k.split(JOINT).any(|p| p == name));
                    let parts = keys.parts(id).to_vec();
                    prop_assert_eq!(keys.remove(id), !held);
                    if !held { model.remove(&name); filed.remove(&id); }
                    offered_again(&keys, &parts, &mut filed);
                }
                Step::File(n, t) => {
                    let Some((_, id)) = pick(&model, n) else { continue };
                    keys.file(id, at(t));
                    filed.entry(id).or_insert(t);
                }
                Step::Evict(t) => {
                    now += t / 10;
                    let Some(id) = keys.pop_due(at(now)) else { continue };
                    prop_assert!(!keys.is_pinned(id));
                    prop_assert!(filed.remove(&id).is_none_or(|bound| bound <= now));
                    let (name, parts) = (keys.name(id).into_owned(), keys.parts(id).to_vec());
                    prop_assert!(keys.remove(id));
                    offered_again(&keys, &parts, &mut filed);
                    prop_assert!(model.remove(&name).is_some());
                }
            }
            prop_assert!(keys.len() == model.len() && keys.len() <= cap);
            let names: Vec<String> = keys.sorted().iter().map(|id| keys.name(*id).into_owned()).collect();
            let (groups, mut expected): (Vec<String>, Vec<String>) = model.keys().cloned().partition(|name| name.contains(JOINT));
            expected.extend(groups);
            prop_assert_eq!(names, expected);
            for (name, (id, handle)) in &model {
                prop_assert_eq!(keys.resolve(*handle), Ok(*id));
                prop_assert!(keys.name(*id) == *name);
            }
        }
    }
}
#[test]
fn a_part_is_offered_as_soon_as_its_last_group_goes() {
    let (now, far) = (Instant::from_millis(5), Instant::from_millis(1_000_000));
    let mut keys = Keys::new(10, 1);
    let (a, b) = (keys.intern("a").unwrap(), keys.intern("b").unwrap());
    let group = keys.intern_group(&[a, b]).unwrap();
    keys.file(a, far);
    keys.file(b, far);
    assert_eq!(keys.pop_due(now), None);
    assert!(keys.remove(group));
    let mut offered = [keys.pop_due(now), keys.pop_due(now)];
    offered.sort();
    assert_eq!(offered, [Some(a), Some(b)]);
}
