//! What the rules cost, with no store behind them.
#![expect(clippy::unwrap_used, reason = "a benchmark stops by panicking")]

use std::hint::black_box;

use chrono::{DateTime, TimeDelta};
use criterion::{Criterion, criterion_group, criterion_main};
use goals_core::{
    AttributeValue, Cursor, Deadline, Fingerprint, GoalDraft, GoalId, IdSource as _, OwnerId, Priority, Quantity, Sort,
    SystemIds,
};

/// As people write them: some accents, some lines, a few tags.
fn draft() -> GoalDraft {
    GoalDraft {
        description: "Três corridas por semana; a longa no domingo.\n".repeat(20),
        deadline: Some(Deadline::Moment(DateTime::UNIX_EPOCH + TimeDelta::days(20_000))),
        priority: Priority::High,
        icon: Some("🏃🏽‍♀️".to_owned()),
        tags: ["Saúde", "corrida", "2026"].map(str::to_owned).into(),
        attributes: [("distance".to_owned(), AttributeValue::Number("21.0975".parse().unwrap()))].into(),
        ..GoalDraft::new("Correr a meia maratona de São Paulo em 1h59")
    }
}

fn core(c: &mut Criterion) {
    let draft = draft();
    c.bench_function("draft validation", |b| b.iter(|| black_box(&draft).validate().is_ok()));
    c.bench_function("fingerprint", |b| b.iter(|| Fingerprint::of(black_box(&draft.title))));
    c.bench_function("quantity parse", |b| b.iter(|| black_box("-123456789.012345").parse::<Quantity>()));

    let now = DateTime::UNIX_EPOCH;
    let (id, owner) = (SystemIds.id(now), SystemIds.id(now));
    let goal = draft.into_goal(GoalId::from_uuid(id), OwnerId::from_uuid(owner), now).unwrap();
    let cursor = Cursor::of(&goal, Sort::default());
    c.bench_function("cursor round trip", |b| b.iter(|| black_box(&cursor).to_string().parse::<Cursor>()));
}

criterion_group!(benches, core);
criterion_main!(benches);
