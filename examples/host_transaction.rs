//! A row of a program's own and a goal are there together, or neither is:
//! `cargo run --example host_transaction`.

use goals_core::{
    BoxError, Clock as _, DuplicatePolicy, Goal, GoalDraft, GoalId, IdSource as _, OwnerId, StoreError, SystemClock,
    SystemIds,
};
use goals_pg::sql::GoalSql;
use goals_pg::tokio_postgres::{Client, NoTls};
use goals_pg::{Migrations, Schema, local::LocalPostgres};
use uuid::Uuid;

/// The rules of goals, on a connection of the program's.
struct Shop {
    client: Client,
    goals: GoalSql,
}

impl Shop {
    /// Sells a course and gives its buyer the goal to finish it. Whoever has an open goal that says
    /// the same buys nothing.
    async fn sell(&mut self, buyer: OwnerId, course: &str) -> Result<Goal, BoxError> {
        // What is not valid is refused before anything is written.
        let (id, now) = (GoalId::from_uuid(SystemIds.id(SystemClock.now())), SystemClock.now());
        let goal = GoalDraft::new(format!("Finish {course}")).into_goal(id, buyer, now)?;

        let mut transaction = self.client.transaction().await?;
        transaction.execute("INSERT INTO orders (course) VALUES ($1)", &[&course]).await?;
        // With `?` the transaction is dropped, and the order with it.
        self.goals.insert(&mut transaction, &goal, DuplicatePolicy::Refuse, 1_000).await?;
        transaction.commit().await?;
        Ok(goal)
    }

    async fn orders(&self) -> Result<i64, BoxError> {
        Ok(self.client.query_one("SELECT count(*) FROM orders", &[]).await?.get(0))
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // A database for this example alone; yours goes here.
    let database = tokio::task::spawn_blocking(LocalPostgres::temporary).await??;
    let (mut client, connection) = database.config("goals").connect(NoTls).await?;
    tokio::spawn(connection);
    let schema = Schema::default();
    Migrations::goals_only(&schema).migrate(&mut client).await?;
    client.batch_execute("CREATE TABLE orders (course text NOT NULL)").await?;

    let buyer = OwnerId::from_name(Uuid::NAMESPACE_DNS, "customer-42.example.org");
    let mut shop = Shop { client, goals: GoalSql::new(&schema) };

    let goal = shop.sell(buyer, "Portuguese for travellers").await?;
    println!("sold once: orders = {}, goal = {:?}", shop.orders().await?, goal.title);

    let again = shop.sell(buyer, "portuguese for travellers").await;
    let is_refused = again.err().is_some_and(
        |error| matches!(error.downcast_ref(), Some(StoreError::DuplicateGoal { existing }) if *existing == goal.id),
    );
    let goals = shop.goals.count(&mut shop.client, buyer).await?;
    println!("sold again: refused = {is_refused}, orders = {}, goals = {goals}", shop.orders().await?);
    Ok(())
}
