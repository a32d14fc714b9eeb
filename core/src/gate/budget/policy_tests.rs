use super::*;
use crate::base::calendar::DAY_MICROS;
use crate::base::doc::Faults;
use crate::gate::budget::increase::line_name;

const DOLLAR: u64 = 1_000_000_000;

fn read(text: &str) -> (Vec<BudgetPolicy>, Vec<(Code, String)>) {
    let json = Json::parse(text).unwrap();
    let faults = Faults::of(&json);
    let table = faults.root().table().unwrap();
    let budgets = read_budgets(&table);
    table.finish();
    (budgets, faults.into_vec().iter().map(|f| (f.code, f.path.clone())).collect())
}
fn one(body: &str) -> BudgetPolicy {
    let (mut budgets, faults) = read(&format!(r#"{{"budgets":{{"b":{body}}}}}"#));
    assert_eq!(faults, []);
    budgets.remove(0)
}
fn faults(body: &str) -> Vec<(Code, String)> {
    read(&format!(r#"{{"budgets":{{"b":{body}}}}}"#)).1
}
fn lines(b: &BudgetPolicy) -> Vec<(String, u64)> {
    b.lines.iter().map(|l| (line_name(l), l.limit)).collect()
}

#[test]
fn a_budget_with_nothing_but_a_limit_takes_the_defaults() {
    let b = one(r#"{"day":"50.00"}"#);
    assert_eq!(lines(&b), [("day".into(), 50 * DOLLAR)]);
    let shares: Vec<Ratio> = b.thresholds.iter().map(|t| t.at).collect();
    assert_eq!(shares, [50, 80, 95, 100].map(Ratio::percent));
    assert!(b.thresholds.iter().all(|t| t.action == Action::Alert));
    assert_eq!((b.refuse_at, b.degrade_at, b.estimate), (Some(Ratio::ONE), None, Estimate::P95 { cap: None }));
    assert_eq!((b.unit.word(), b.forecast, b.scope, &b.zone), ("usd", true, Scope::Process, &None));
}
// covers: R-1085, E-05
#[test]
fn day_and_month_are_limits_of_their_own() {
    let b = one(
        r#"{"day":"50.00","month":"500.00","per_tenant_day":"2.00","thresholds":[0.5,0.8,1.0],"at_limit":"refuse"}"#,
    );
    assert_eq!(
        lines(&b),
        [("per_tenant_day".into(), 2 * DOLLAR), ("day".into(), 50 * DOLLAR), ("month".into(), 500 * DOLLAR)]
    );
    assert_eq!(
        lines(&one(r#"{"month":"500","day":"16.67"}"#)),
        [("day".into(), 16_670_000_000), ("month".into(), 500 * DOLLAR)]
    );
}
// covers: R-1144, R-1145, R-1146, R-1151, R-1152, R-1153, R-1154, R-1155, R-1156
#[test]
fn the_budgets_of_a_product_read_as_written() {
    let (budgets, faults) = read(
        r#"{"budgets":{
        "openai":{"day":"50","month":"500","thresholds":[0.5,0.8,1.0]},
        "twilio":{"day":"20","month":"200","thresholds":[0.8,1.0]},
        "supabase":{"day":"10","month":"100","thresholds":[0.9,1.0]},
        "vercel":{"day":"5","month":"50","thresholds":[0.9,1.0]},
        "maps":{"day":"30","month":"300","thresholds":[0.8,1.0]},
        "total":{"day":"200","month":"2000","thresholds":[0.5,0.8,0.9,1.0]}}}"#,
    );
    assert_eq!(faults, []);
    let read: Vec<_> = budgets
        .iter()
        .map(|b| {
            let dollars: Vec<u64> = b.lines.iter().map(|l| l.limit / DOLLAR).collect();
            let percents: Vec<u64> = b.thresholds.iter().map(|t| t.at.billionths() / 10_000_000).collect();
            (b.name.as_str(), dollars, percents)
        })
        .collect();
    let row = |name, day, percents: &[u64]| (name, alloc::vec![day, day * 10], percents.to_vec());
    assert_eq!(
        read,
        [
            row("maps", 30, &[80, 100]),
            row("openai", 50, &[50, 80, 100]),
            row("supabase", 10, &[90, 100]),
            row("total", 200, &[50, 80, 90, 100]),
            row("twilio", 20, &[80, 100]),
            row("vercel", 5, &[90, 100]),
        ]
    );
}
#[test]
fn all_fields_read() {
    let b = one(
        r#"{"unit":"tokens","per_tenant_rolling":{"limit":100,"length":"5h"},"week":1000,"week_start":"sunday","per":["user"],
        "thresholds":[1.2,{"at":0.9,"action":"degrade"},{"at":1.1,"action":"refuse"}],"at_limit":"alert","degrade_to":"mini",
        "estimate":"cap","cap":50,"forecast":false,"scope":"fleet","zone":"-03:00","mode":"shadow",
        "increases":[{"of":"week","amount":500,"from":"2026-11-27","until":"2026-11-30T12:00"}]}"#,
    );
    assert_eq!(lines(&b), [("per_tenant_rolling".into(), 100), ("week".into(), 1_000)]);
    assert_eq!(b.lines[0].period.kind, Kind::Rolling(Span::from_secs(18_000)));
    assert_eq!(b.lines[1].period.week_start, Weekday::Sunday);
    assert_eq!(
        (b.per(Counts::Tenant), b.per(Counts::Plain)),
        (alloc::vec!["tenant".into()], alloc::vec!["user".into()])
    );
    assert_eq!(
        b.thresholds.iter().map(|t| t.action).collect::<Vec<_>>(),
        [Action::Degrade, Action::Refuse, Action::Alert]
    );
    assert_eq!((b.refuse_at, b.degrade_at), (Some(Ratio::percent(110)), Some(Ratio::percent(90))));
    assert_eq!((b.degrade_to.as_deref(), b.estimate, b.forecast), (Some("mini"), Estimate::Cap(50), false));
    assert_eq!((b.scope, b.zone), (Scope::Fleet, Some(Zone::Fixed(-10_800))));
    let plan = &b.increases[0];
    assert_eq!((plan.line, plan.amount, plan.until - plan.from.unwrap()), (1, 500, 7 * DAY_MICROS / 2));
}
#[test]
fn every_fault_is_told_with_its_path() {
    let all = faults(
        r#"{"day":50,"month":"5,00","year":"-1","week":"0","per_tenant_day":"0.0000000001","total":"1000000001","unit":"usd",
        "thresholds":[0,0.5,0.5,{"action":"explode"}],"at_limit":"degrade","estimate":"cap","zone":"America/New_York","anchor":"2026-13-01",
        "increases":[{"of":"day","amount":"1","until":"2026-01-01"}],"colour":"red"}"#,
    );
    let want = [
        (Code::NumberOutOfRange, "anchor"),
        (Code::BadMoney, "per_tenant_day"),
        (Code::WrongType, "day"),
        (Code::NumberOutOfRange, "week"),
        (Code::BadMoney, "month"),
        (Code::NumberOutOfRange, "year"),
        (Code::NumberOutOfRange, "total"),
        (Code::NumberOutOfRange, "thresholds[0]"),
        (Code::WrongType, "thresholds[3].action"),
        (Code::MissingField, "thresholds[3].at"),
        (Code::DuplicateName, "thresholds"),
        (Code::MissingField, "cap"),
        (Code::UnknownName, "increases[0].of"),
        (Code::WrongType, "zone"),
        (Code::MissingField, "degrade_to"),
        (Code::MissingField, ""),
        (Code::UnknownField, "colour"),
    ];
    let path = |p: &str| if p.is_empty() { "budgets.b".into() } else { format!("budgets.b.{p}") };
    let want: Vec<_> = want.iter().map(|(code, p)| (*code, path(p))).collect();
    assert_eq!(all, want);
}
#[test]
fn fields_that_contradict_each_other_are_faults() {
    for (body, code, at) in [
        (r#"{"day":"1","week_start":"monday"}"#, Code::Conflict, "week_start"),
        (r#"{"week":"1","week_start":"monday","anchor":"2026-01-01"}"#, Code::Conflict, "week_start"),
        (r#"{"day":"1","estimate":"clip","cap":"1"}"#, Code::Conflict, "cap"),
        (r#"{"day":"1","degrade_to":"mini"}"#, Code::Conflict, "degrade_to"),
        (r#"{"day":"1","unit":"tokens"}"#, Code::WrongType, "day"),
        (r#"{"rolling":{"limit":"1"}}"#, Code::MissingField, "rolling.length"),
        (
            r#"{"day":"1","increases":[{"of":"day","amount":"1","from":"2026-02-01","until":"2026-02-01"}]}"#,
            Code::NumberOutOfRange,
            "increases[0].until",
        ),
    ] {
        let found = faults(body);
        assert!(found.contains(&(code, format!("budgets.b.{at}"))), "{body}: {found:?}");
    }
}
#[test]
fn a_hold_stands_at_least_as_long_as_the_lease() {
    let ttl = |text: &str| {
        let json = Json::parse(text).unwrap();
        let faults = Faults::of(&json);
        let table = faults.root().table().unwrap();
        (read_hold_ttl(&table, Span::from_secs(60)), faults.into_vec().len())
    };
    assert_eq!(ttl("{}"), (Span::from_secs(60), 0));
    assert_eq!(ttl(r#"{"hold_ttl":"2m"}"#), (Span::from_secs(120), 0));
    assert_eq!(ttl(r#"{"hold_ttl":"59s"}"#), (Span::from_secs(60), 1));
}
