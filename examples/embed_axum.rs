//! Goals inside an axum application, next to its own routes: `cargo run --example embed_axum`,
//! then open <http://127.0.0.1:3000/> and <http://127.0.0.1:3000/goals/>.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use goals_core::{
    Accounts, Argon2Hasher, BoxError, Goals, IdSource as _, JwtCodec, JwtKey, MemoryStore, SystemClock, SystemIds,
};
use goals_http::{GoalsApi, Limits, serve};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // A store of goals-pg goes here in the same way.
    let store = Arc::new(MemoryStore::new());
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    // A key that is kept lets people stay signed in over a restart.
    let tokens = JwtCodec::new(JwtKey::secret(&ids.secret()?)?, "my-app", "my-app");
    let hasher = Arc::new(Argon2Hasher::default());
    let accounts = Accounts::new(Arc::clone(&store), hasher, Arc::new(tokens), clock.clone(), ids.clone());
    let api = GoalsApi::builder(accounts, Goals::new(store, clock, ids))
        .base_path("/goals")
        // This example speaks plain HTTP; behind TLS the line goes away.
        .insecure_cookie(true)
        .build()?;

    let app = Router::new().route("/", get(|| async { "my own page" })).nest_service("/goals", api);
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}/goals/", listener.local_addr()?);
    // `axum::serve` works as well; this one also bounds what a slow or hostile client can hold.
    serve(listener, app, Limits::default(), async { drop(tokio::signal::ctrl_c().await) }).await;
    Ok(())
}
