//! Two instances of the service, and requests to them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use goals_core::{Accounts, Goals, JwtCodec, JwtKey, SystemIds};
use goals_http::{GoalsApi, Limits, serve};
use goals_pg::local::{TestDatabase, TestTemplate};
use goals_pg::tokio_postgres::{Config, NoTls};
use goals_pg::{MigrateError, Migrations, PgConfig, PgStore, Schema};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::doubles::{CountingHasher, MovedClock};

pub(crate) const PASSWORD: &str = "tr0ub4dour&3xyz";

static MIGRATED: TestTemplate = TestTemplate::new();

async fn migrate(config: Config) -> Result<(), MigrateError> {
    let store = PgStore::connect(&PgConfig::new(config)).unwrap();
    store.migrate(&Migrations::all(&Schema::default())).await.map(drop)
}

/// Instances that share nothing but the database, the key and the time.
pub(crate) struct Instances {
    pub(crate) here: SocketAddr,
    pub(crate) there: SocketAddr,
    pub(crate) accounts: Accounts,
    pub(crate) clock: Arc<MovedClock>,
    pub(crate) hasher: Arc<CountingHasher>,
    pub(crate) database: TestDatabase,
}

impl Instances {
    pub(crate) async fn start() -> Self {
        let database = MIGRATED.database(migrate).await.unwrap();
        let (clock, hasher) = (Arc::new(MovedClock::new()), Arc::new(CountingHasher::default()));
        let (here, accounts) = instance(database.config(), &clock, &hasher).await;
        let (there, _) = instance(database.config(), &clock, &hasher).await;
        Self { here, there, accounts, clock, hasher, database }
    }

    /// Registers somebody and signs them in.
    pub(crate) async fn user(&self, name: &str) -> Tokens {
        let email = format!("{name}@example.org");
        let body = json!({ "username": name, "email": email, "password": PASSWORD });
        Ask::new("POST", "/api/v1/users").json(&body).at(self.here).await.is(201);
        self.sign_in(name).await
    }

    pub(crate) async fn sign_in(&self, name: &str) -> Tokens {
        let answer = log_in(name, PASSWORD).at(self.here).await.is(201);
        let text = |name: &str| answer.json[name].as_str().unwrap().to_owned();
        Tokens { access: text("access_token"), refresh: text("refresh_token") }
    }

    /// Each of the two in turn.
    pub(crate) fn nth(&self, n: usize) -> SocketAddr {
        if n.is_multiple_of(2) { self.here } else { self.there }
    }

    /// What the database answers to one question.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let (client, connection) = self.database.config().connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query_one(sql, &[]).await.unwrap().get(0)
    }
}

async fn instance(database: &Config, clock: &Arc<MovedClock>, hasher: &Arc<CountingHasher>) -> (SocketAddr, Accounts) {
    let store = Arc::new(PgStore::connect(&PgConfig { pool_size: 6, ..PgConfig::new(database.clone()) }).unwrap());
    let key = JwtKey::secret(b"0123456789abcdef0123456789abcdef").unwrap();
    let (tokens, ids) = (Arc::new(JwtCodec::new(key, "goals", "goals")), Arc::new(SystemIds));
    let accounts = Accounts::new(Arc::clone(&store), hasher.clone(), tokens, clock.clone(), ids.clone())
        .with_rate_limiter(Some(Arc::clone(&store) as _));
    let goals = Goals::new(store, clock.clone(), ids);
    let api = GoalsApi::builder(accounts.clone(), goals).trusted_proxies(["127.0.0.0/8".parse().unwrap()]);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, api.build().unwrap(), Limits::default(), std::future::pending()));
    (address, accounts)
}

/// Of somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

pub(crate) fn log_in(login: &str, password: &str) -> Ask {
    Ask::new("POST", "/api/v1/sessions").json(&json!({ "login": login, "password": password }))
}

pub(crate) fn refresh(token: &str) -> Ask {
    Ask::new("POST", "/api/v1/sessions/refresh").json(&json!({ "refresh_token": token }))
}

/// A request to be.
#[derive(Clone)]
pub(crate) struct Ask {
    line: String,
    headers: String,
    body: String,
}

impl Ask {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { line: format!("{method} {path} HTTP/1.1"), headers: String::new(), body: String::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers = format!("{}{name}: {value}\r\n", self.headers);
        self
    }

    pub(crate) fn by(self, tokens: &Tokens) -> Self {
        self.with("authorization", &format!("Bearer {}", tokens.access))
    }

    /// From another address.
    pub(crate) fn from(self, address: &str) -> Self {
        self.with("x-forwarded-for", address)
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string();
        self.with("content-type", "application/json")
    }

    /// Sends it on a connection of its own.
    pub(crate) async fn at(&self, instance: SocketAddr) -> Answer {
        let mut stream = TcpStream::connect(instance).await.unwrap();
        let Self { line, headers, body } = self;
        let text = format!(
            "{line}\r\nhost: goals.example\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let (status, headers) = head.split_once("\r\n").unwrap();
        let headers = headers.split("\r\n").filter_map(|line| line.split_once(": "));
        Answer {
            status: status.split(' ').nth(1).unwrap().parse().unwrap(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            json: serde_json::from_str(body).unwrap_or_default(),
        }
    }
}

/// Sends `count` requests at the same time, to both instances in turn.
pub(crate) async fn all_at_once(instances: &Instances, count: usize, ask: impl Fn(usize) -> Ask) -> Vec<Answer> {
    let asks = (0..count).map(|n| {
        let (ask, at) = (ask(n), instances.nth(n));
        tokio::spawn(async move { ask.at(at).await })
    });
    let mut answers = Vec::with_capacity(count);
    for answer in asks.collect::<Vec<_>>() {
        answers.push(answer.await.unwrap());
    }
    answers
}

/// What came back; `json` is null when the body is not JSON.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) json: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.json);
        self
    }

    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, &self.json["code"]), (status, &json!(code)), "{}", self.json);
        self
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The cookie as a browser sends it back.
    pub(crate) fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}
