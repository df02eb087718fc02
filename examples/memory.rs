//! Goals in a program of one's own, without a database: `cargo run --example memory`.

use std::sync::Arc;

use goals_core::{
    Change, Error, Expected, GoalDraft, GoalPatch, GoalQuery, Goals, MemoryStore, OwnerId, Priority, Status,
    SystemClock, SystemIds, TimeZone,
};
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let goals = Goals::new(Arc::new(MemoryStore::new()), Arc::new(SystemClock), Arc::new(SystemIds));

    // Your own users: any id of theirs becomes an owner.
    let ana = OwnerId::from_name(Uuid::NAMESPACE_DNS, "customer-42.example.org");

    let draft = GoalDraft {
        deadline: "2026-01-31".parse().ok(),
        priority: Priority::High,
        tags: vec!["health".to_owned()],
        ..GoalDraft::new("Run a half marathon")
    };
    let run = goals.create(ana, draft).await?;
    goals.create(ana, GoalDraft::new("Read 12 books")).await?;

    // What says the same is refused, and so is what is not valid; every error says what to do.
    for title in ["READ 12 books!", "\u{202E}"] {
        if let Err(error) = goals.create(ana, GoalDraft::new(title)).await {
            println!("refused ({}): {error}", error.code());
        }
    }

    // A change is based on a version, so nobody overwrites what they have not seen.
    let pause = GoalPatch { status: Change::Set(Status::Paused), ..GoalPatch::default() };
    goals.update(ana, run.id, Expected::Version(run.version), &pause).await?;

    for goal in goals.list(ana, &GoalQuery::default()).await?.items {
        let pace = goal.pace(goals.now(), TimeZone::UTC);
        println!("{:<20} {:<7} {}", goal.title, goal.status, pace.health);
    }
    Ok(())
}
