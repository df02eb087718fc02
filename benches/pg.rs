//! What the statements cost one caller, on a server in memory that writes nothing through.
//!
//! Times depend on the machine, so each is also said as a ratio to a bare `SELECT 1` on the same
//! pool in the same run: that is one round trip with nothing to do.
#![expect(clippy::unwrap_used, reason = "a benchmark stops by panicking")]

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta};
use criterion::Criterion;
use deadpool_postgres::{Manager, Pool};
use goals_core::{
    Deadline, DuplicateCheck, DuplicatePolicy, EventId, EventKind, Goal, GoalDraft, GoalId, GoalQuery, GoalRepository,
    IdSource as _, LoginName, NewEvent, OwnerId, PasswordHash, SystemIds, User, UserId, UserRepository,
};
use goals_pg::local::LocalPostgres;
use goals_pg::{Migrations, PgConfig, PgStore};
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

/// How many goals an owner has, and how many users there are.
const MANY: u32 = 1_000;

/// What everything is compared with.
const ROUND_TRIP: &str = "select 1";

struct Bench {
    runtime: Runtime,
    pool: Pool,
    store: PgStore,
    /// What was measured, unless it was filtered out.
    means: RefCell<Vec<(&'static str, Duration)>>,
}

impl Bench {
    fn new(server: &LocalPostgres) -> Self {
        let runtime = Runtime::new().unwrap();
        let config = PgConfig::new(server.config("goals"));
        let pool = Pool::builder(Manager::new(config.server.clone(), NoTls)).build().unwrap();
        let store = PgStore::new(pool.clone(), &config);
        runtime.block_on(store.migrate(&Migrations::all(&config.schema))).unwrap();
        Self { runtime, pool, store, means: RefCell::default() }
    }

    /// Measures `call`, which gets a number that is another one every time.
    fn measure(&self, c: &mut Criterion, name: &'static str, call: &impl AsyncFn(&Self, u32)) {
        let (number, spent, calls) = (Cell::new(0), Cell::new(Duration::ZERO), Cell::new(0_u32));
        c.bench_function(name, |b| {
            b.to_async(&self.runtime).iter_custom(async |iterations| {
                let begun = Instant::now();
                for _ in 0..iterations {
                    call(self, number.replace(number.get() + 1)).await;
                }
                let elapsed = begun.elapsed();
                spent.set(spent.get() + elapsed);
                calls.set(calls.get() + u32::try_from(iterations).unwrap());
                elapsed
            });
        });
        if calls.get() > 0 {
            self.means.borrow_mut().push((name, spent.get() / calls.get()));
        }
    }

    fn print_ratios(&self) {
        let means = self.means.borrow();
        let Some((_, round_trip)) = means.iter().find(|(name, _)| *name == ROUND_TRIP) else { return };
        for (name, mean) in &*means {
            let ratio = mean.as_secs_f64() / round_trip.as_secs_f64();
            println!("{name:<24}{:>10.1} µs{ratio:>8.2} × SELECT 1", mean.as_secs_f64() * 1e6);
        }
    }
}

fn now() -> DateTime<chrono::Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// The `number`-th goal of its owner.
fn goal(owner: OwnerId, number: u32) -> Goal {
    let draft = GoalDraft {
        description: "Três corridas por semana; a longa no domingo.".to_owned(),
        deadline: Some(Deadline::Moment(now() + TimeDelta::hours(number.into()))),
        tags: vec!["saúde".to_owned()],
        ..GoalDraft::new(format!("Correr {number} km"))
    };
    draft.into_goal(GoalId::from_uuid(SystemIds.id(now())), owner, now()).unwrap()
}

fn event(goal: &Goal) -> NewEvent {
    NewEvent::created(EventId::from_uuid(SystemIds.id(now())), goal)
}

fn user(number: u32) -> User {
    User {
        id: UserId::from_uuid(SystemIds.id(now())),
        username: format!("user{number}").parse().unwrap(),
        email: format!("user{number}@example.org").parse().unwrap(),
        locale: goals_core::Locale::default(),
        time_zone: goals_core::TimeZone::UTC,
        version: 1,
        created_at: now(),
        updated_at: now(),
        email_verified_at: None,
        pending_email: None,
        two_factor: false,
    }
}

fn new_owner() -> OwnerId {
    OwnerId::from_uuid(SystemIds.id(now()))
}

fn main() {
    let server = LocalPostgres::temporary().unwrap();
    let bench = Bench::new(&server);
    let (owner, hash) = (new_owner(), PasswordHash::new("$argon2id$".to_owned()));
    let goals: Vec<_> = (0..MANY).map(|number| goal(owner, number)).collect();
    bench.runtime.block_on(async {
        for (number, goal) in (0..).zip(&goals) {
            GoalRepository::insert(&bench.store, goal, &event(goal), DuplicatePolicy::Refuse, MANY.into())
                .await
                .unwrap();
            UserRepository::insert(&bench.store, &user(number), &hash).await.unwrap();
        }
        bench.pool.get().await.unwrap().batch_execute("VACUUM ANALYZE").await.unwrap();
    });

    let c = &mut Criterion::default().configure_from_args();
    bench.measure(c, ROUND_TRIP, &async |bench, _| {
        let client = bench.pool.get().await.unwrap();
        let statement = client.prepare_cached("SELECT 1").await.unwrap();
        client.query(&statement, &[]).await.unwrap();
    });
    let writer = Cell::new(owner);
    bench.measure(c, "goal insert", &async |bench, number| {
        if number % MANY == 0 {
            writer.set(new_owner());
        }
        let goal = goal(writer.get(), number);
        GoalRepository::insert(&bench.store, &goal, &event(&goal), DuplicatePolicy::Refuse, MANY.into()).await.unwrap();
    });
    let version = Cell::new(0);
    bench.measure(c, "goal update", &async |bench, number| {
        version.update(|version| version + 1);
        let before = Goal { version: version.get(), ..goals[0].clone() };
        let next = Goal { description: number.to_string(), version: version.get() + 1, ..before.clone() };
        let id = EventId::from_uuid(SystemIds.id(now()));
        let event = NewEvent::changed(id, EventKind::GoalChanged, &before, &next);
        let check = DuplicateCheck::Keep;
        assert!(GoalRepository::update(&bench.store, &next, &event, version.get(), check).await.unwrap());
    });
    bench.measure(c, "goal get", &async |bench, number| {
        let id = goals[(number % MANY) as usize].id;
        GoalRepository::find(&bench.store, owner, id).await.unwrap().unwrap();
    });
    let page = GoalQuery { limit: 20, ..GoalQuery::default() };
    bench.measure(c, "goal list page", &async |bench, _| {
        GoalRepository::list(&bench.store, owner, &page).await.unwrap();
    });
    bench.measure(c, "login lookup", &async |bench, number| {
        let login = LoginName::Username(format!("user{}", number % MANY));
        bench.store.find_by_login(&login).await.unwrap().unwrap();
    });
    c.final_summary();
    bench.print_ratios();
}
