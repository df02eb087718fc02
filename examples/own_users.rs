//! Goals for the users that a program has already: `cargo run --example own_users`, then open
//! <http://127.0.0.1:3000/> and sign in with any name.
//!
//! The program has a table of users with numbers for ids, and sessions of its own; goals live in
//! the same database, on the same pool, and know nothing of either.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};
use data_encoding::HEXLOWER;
use goals_core::{BoxError, Goals, IdSource as _, OwnerId, SystemClock, SystemIds};
use goals_http::{Authenticator, GoalsApi, Identity, Limits, async_trait, http::request::Parts, serve};
use goals_pg::deadpool_postgres::{Manager, Pool};
use goals_pg::tokio_postgres::NoTls;
use goals_pg::{Migrations, PgConfig, PgStore, local::LocalPostgres};
use tokio::net::TcpListener;
use uuid::Uuid;

/// Any UUID, made once and never changed: it makes user 42 of this program one owner of goals.
const MY_APP: Uuid = Uuid::from_u128(0x8b0c_6f9e_3d4f_4f0a_9a52_1f6a_7d1c_2e33);

/// The program's own tables.
const TABLES: &str = "
    CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE,
        time_zone text NOT NULL DEFAULT 'America/Sao_Paulo');
    CREATE TABLE sessions (token text PRIMARY KEY, user_id bigint NOT NULL REFERENCES users);";

/// The program's own sessions.
#[derive(Clone)]
struct Sessions {
    pool: Pool,
}

impl Sessions {
    /// Begins one for whoever is called `name`, and gives its token.
    async fn begin(&self, name: &str) -> Result<String, BoxError> {
        let (client, token) = (self.pool.get().await?, HEXLOWER.encode(&SystemIds.secret()?));
        let user = "INSERT INTO users (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = $1 RETURNING id";
        let id: i64 = client.query_one(user, &[&name]).await?.get(0);
        client.execute("INSERT INTO sessions VALUES ($1, $2)", &[&token, &id]).await?;
        Ok(token)
    }
}

// What goals have to know of all this.
#[async_trait]
impl Authenticator for Sessions {
    async fn identify(&self, request: &Parts) -> Result<Option<Identity>, BoxError> {
        let cookies = request.headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let Some(token) = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("session=")) else {
            return Ok(None);
        };
        let sql = "SELECT id, name, time_zone FROM users JOIN sessions ON user_id = id WHERE token = $1";
        let Some(user) = self.pool.get().await?.query_opt(sql, &[&token]).await? else { return Ok(None) };
        let owner = OwnerId::from_name(MY_APP, &user.get::<_, i64>(0).to_string());
        let zone = user.get::<_, &str>(2).parse()?;
        Ok(Some(Identity::new(owner).name(user.get::<_, &str>(1)).time_zone(zone)))
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // A database for this example alone; yours goes here.
    let database = tokio::task::spawn_blocking(LocalPostgres::temporary).await??;
    let config = PgConfig::new(database.config("goals"));
    let pool = Pool::builder(Manager::new(config.server.clone(), NoTls)).build()?;
    pool.get().await?.batch_execute(TABLES).await?;

    // Goals: on the program's pool, in a schema of their own, without accounts.
    let store = PgStore::new(pool.clone(), &config);
    store.migrate(&Migrations::goals_only(&config.schema)).await?;
    let goals = Goals::new(Arc::new(store), Arc::new(SystemClock), Arc::new(SystemIds));
    let sessions = Sessions { pool };
    let api = GoalsApi::with_own_users(sessions.clone(), goals).base_path("/goals").sign_in_url("/").build()?;

    let app = Router::new()
        .route("/", get(welcome))
        .route("/sign-in", post(sign_in))
        .with_state(sessions)
        .nest_service("/goals", api);
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}/", listener.local_addr()?);
    serve(listener, app, Limits::default(), async { drop(tokio::signal::ctrl_c().await) }).await;
    Ok(())
}

async fn welcome() -> Html<&'static str> {
    Html(
        "<form method=post action=/sign-in><input name=name placeholder='Your name' required> <button>Sign in</button></form>",
    )
}

async fn sign_in(State(sessions): State<Sessions>, Form(form): Form<HashMap<String, String>>) -> Response {
    let name = form.get("name").map(String::as_str).unwrap_or_default();
    match sessions.begin(name).await {
        Ok(token) => {
            // Over TLS, which this example does not speak, `Secure` goes with it.
            let cookie = format!("session={token}; HttpOnly; SameSite=Lax; Path=/");
            ([(SET_COOKIE, cookie)], Redirect::to("/goals/")).into_response()
        }
        Err(error) => {
            eprintln!("nobody can sign in: {error}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
