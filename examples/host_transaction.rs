//! A row of a program's own and a goal are there together, or neither is:
//! `cargo run --example host_transaction`.

use std::sync::Arc;

use goals_core::{BoxError, Error, Goal, GoalDraft, GoalQuery, Goals, OwnerId, SystemClock, SystemIds};
use goals_pg::{Migrations, PgConfig, PgStore, local::LocalPostgres};
use uuid::Uuid;

struct Shop {
    store: PgStore,
    goals: Goals,
}

impl Shop {
    /// Sells a course and gives its buyer the goal to finish it. Whoever has an open goal that says
    /// the same buys nothing.
    async fn sell(&self, buyer: OwnerId, course: &str) -> Result<Goal, BoxError> {
        let transaction = self.store.begin().await?;
        transaction.client().await?.execute("INSERT INTO orders (course) VALUES ($1)", &[&course]).await?;
        // With `?` the transaction is dropped, and the order with it.
        let goal = transaction.goals(&self.goals).create(buyer, GoalDraft::new(format!("Finish {course}"))).await?;
        transaction.commit().await?;
        Ok(goal)
    }

    async fn orders(&self) -> Result<i64, BoxError> {
        let transaction = self.store.begin().await?;
        Ok(transaction.client().await?.query_one("SELECT count(*) FROM orders", &[]).await?.get(0))
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // A database for this example alone; yours goes here.
    let database = tokio::task::spawn_blocking(LocalPostgres::temporary).await??;
    let config = PgConfig::new(database.config("goals"));
    let store = PgStore::connect(&config)?;
    store.migrate(&Migrations::goals_only(&config.schema)).await?;
    let setup = store.begin().await?;
    setup.client().await?.batch_execute("CREATE TABLE orders (course text NOT NULL)").await?;
    setup.commit().await?;

    let goals = Goals::new(Arc::new(store.clone()), Arc::new(SystemClock), Arc::new(SystemIds));
    let shop = Shop { store, goals };
    let buyer = OwnerId::from_name(Uuid::NAMESPACE_DNS, "customer-42.example.org");

    let goal = shop.sell(buyer, "Portuguese for travellers").await?;
    println!("sold once: orders = {}, goal = {:?}", shop.orders().await?, goal.title);

    let again = shop.sell(buyer, "portuguese for travellers").await;
    let is_refused = again.is_err_and(
        |error| matches!(error.downcast_ref(), Some(Error::DuplicateGoal { existing }) if *existing == goal.id),
    );
    let goals = shop.goals.list(buyer, &GoalQuery::default()).await?.items.len();
    println!("sold again: refused = {is_refused}, orders = {}, goals = {goals}", shop.orders().await?);
    Ok(())
}
