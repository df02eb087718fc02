//! How goals stand, against slow ways to say the same, and for whatever may come.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use goals_core::testing::{goal, measures};
use goals_core::{
    Change, CheckIn, CheckInId, Fold, Goal, GoalDraft, GoalId, Health, MeasureKind, MeasurePatch, OwnerId, Quantity,
    Standing, Status, TimeZone,
};
use proptest::prelude::*;
use uuid::Uuid;

fn ana() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(0xA))
}

/// A day around a leap day.
fn day(offset: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 12, 1).unwrap() + Days::new(offset)
}

fn noon(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(12)
}

fn metric(start: NaiveDate, deadline: NaiveDate, from: i32, target: i32, fold: Fold) -> Goal {
    let measure = MeasurePatch {
        kind: Change::Set(MeasureKind::Metric),
        start: Change::Set(from.into()),
        target: Change::Set(target.into()),
        fold: Change::Set(fold),
        ..MeasurePatch::default()
    };
    let deadline = deadline.to_string().parse().ok();
    let draft = GoalDraft { start: Some(start), deadline, measure, ..GoalDraft::new("Read") };
    draft.into_goal(GoalId::from_uuid(Uuid::nil()), ana(), noon(start)).unwrap()
}

fn entry(goal: &Goal, number: u128, day: NaiveDate, second: i64, value: Option<Quantity>) -> CheckIn {
    let at = noon(day) + TimeDelta::seconds(second);
    CheckIn {
        id: CheckInId::from_uuid(Uuid::from_u128(number)),
        owner: goal.owner,
        goal: goal.id,
        day,
        at,
        value,
        note: None,
    }
}

proptest! {
    #[test]
    fn the_distance_is_counted_day_by_day(
        length in 0_u64..400,
        today in 0_u64..400,
        way in prop_oneof![-60_i32..0, 1_i32..60],
        done in 0_i32..60,
    ) {
        let today = today.min(length);
        let mut goal = metric(day(0), day(length), 100, 100 + way, Fold::Last);
        let done = done.min(way.abs());
        let reading = 100 + done * way.signum();
        goal.standing = Standing { amount: Some(reading.into()), day: Some(day(0)), check_ins: 1 };
        let pace = goal.pace(noon(day(today)), TimeZone::UTC);
        if done == way.abs() {
            prop_assert_eq!(pace.health, Health::Done);
            return Ok(());
        }
        // One day after the other: how many are over, and for how many enough is done.
        let (mut gone, mut all) = (0_i64, 0_i64);
        let mut at = day(0);
        while at <= day(length) {
            gone += i64::from(at < day(today));
            all += 1;
            at = at.succ_opt().unwrap();
        }
        let (done, way) = (i64::from(done), i64::from(way.abs()));
        let covers = |days: i64| done * all >= days * way;
        let mut ahead = 0;
        while covers(gone + ahead + 1) {
            ahead += 1;
        }
        while ahead <= 0 && done * all <= (gone + ahead - 1) * way {
            ahead -= 1;
        }
        prop_assert_eq!(pace.days_ahead, Some(ahead));
        let health = if ahead > 0 {
            Health::Ahead
        } else if ahead == 0 {
            Health::OnTrack
        } else if (way - done) * all * 2 <= way * (all - gone) * 3 {
            Health::AtRisk
        } else {
            Health::OffTrack
        };
        prop_assert_eq!(pace.health, health);
        // The next safe day is the last one on whose morrow the goal is still on track.
        let mut safe = None;
        let mut at = day(today);
        while at < day(length) {
            let morrow = goal.pace(noon(at.succ_opt().unwrap()), TimeZone::UTC).health;
            if !matches!(morrow, Health::Ahead | Health::OnTrack) {
                break;
            }
            safe = Some(at);
            at = at.succ_opt().unwrap();
        }
        prop_assert_eq!(pace.next_safe_day.filter(|safe| *safe < day(length)), safe);
    }

    #[test]
    fn an_entry_more_is_the_log_with_it(
        which in 0_usize..20,
        log in prop::collection::vec((0_u64..40, 0_i64..3, prop::option::of(-5_i32..50)), 0..12),
    ) {
        let measures = measures();
        let mut goal = goal(ana(), 1, "Read");
        goal.measure = measures[which % measures.len()].clone();
        let (mut standing, mut entries) = (Standing::default(), Vec::new());
        for (n, (at, second, value)) in log.into_iter().enumerate() {
            let value = value.map(Quantity::from).or(Some(Quantity::ONE));
            let new = entry(&goal, 99 - n as u128, day(at), second, value);
            let others: Vec<_> = entries.iter().filter(|other: &&CheckIn| other.day >= new.day).cloned().collect();
            let others = if standing.needs_others(&goal.measure, &new) { others } else { Vec::new() };
            standing = standing.with(&goal.measure, &new, &others).unwrap();
            entries.push(new);
            prop_assert_eq!(Standing::of(&goal.measure, &entries), Some(standing));
        }
    }

    #[test]
    fn whatever_comes_is_said_in_bounds(
        which in 0_usize..20,
        status in prop::sample::select(Status::ALL),
        start in prop::option::of(693_000_i32..800_000),
        deadline in prop::option::of(0_i32..3_652_058),
        made in 0_i64..4_000_000_000,
        now in 0_i64..4_000_000_000,
        idle in 0_i64..1_000_000_000,
        zone in prop::sample::select(&["UTC", "Pacific/Kiritimati", "Pacific/Niue", "America/Sao_Paulo"][..]),
        log in prop::collection::vec((0_u64..2_000, prop::option::of(-50_i32..50)), 0..40),
    ) {
        let measures = measures();
        let mut goal = goal(ana(), 1, "Read");
        let in_days = NaiveDate::from_num_days_from_ce_opt;
        goal.measure = measures[which % measures.len()].clone();
        goal.status = status;
        goal.created_at = DateTime::from_timestamp(made, 0).unwrap();
        goal.start = start.and_then(in_days);
        goal.deadline = deadline.and_then(in_days).and_then(|day| day.to_string().parse().ok());
        goal.idle_for = TimeDelta::seconds(idle);
        goal.idle_since = (status != Status::Active).then_some(goal.created_at);
        let log: Vec<_> = log.into_iter().enumerate().map(|(n, (at, value))| {
            entry(&goal, n as u128, day(at), 0, value.map(Quantity::from))
        }).collect();
        goal.standing = Standing::of(&goal.measure, &log).unwrap_or_default();
        let outlook = goal.outlook(&log, DateTime::from_timestamp(now, 0).unwrap(), zone.parse().unwrap());
        prop_assert!((0.0..=1.0).contains(&outlook.pace.progress));
        prop_assert!(outlook.pace.expected.is_none_or(|expected| (0.0..=1.0).contains(&expected)));
        prop_assert!(outlook.pace.required_rate.is_none_or(f64::is_finite));
        prop_assert!(!outlook.pace.reasons.is_empty());
        if let Ok(forecast) = outlook.forecast {
            prop_assert!(outlook.today <= forecast.early && forecast.early <= forecast.likely);
            prop_assert!(forecast.late.is_none_or(|late| forecast.likely <= late));
        }
    }
}
