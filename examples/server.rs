//! The whole product: the API and its page on PostgreSQL.
//!
//! ```text
//! cargo run --release --example server
//! ```
//!
//! Without `--database-url` it starts a private PostgreSQL of its own; `--help` explains the rest.

#[path = "server/keys.rs"]
mod keys;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use goals_core::{
    AccountStore, Accounts, Argon2Hasher, BoxError, GoalStore, Goals, MemoryStore, ProcessLimiter, RateLimiter,
    SystemClock, SystemIds, reset_link,
};
use goals_http::{GoalsApi, Limits, serve};
use goals_pg::local::{LocalError, LocalPostgres, default_data_dir};
use goals_pg::{Migrations, PgConfig, PgStore};
use ipnet::IpNet;
use keys::KeyOptions;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How often what has been kept for too long is removed: goals from the trash, idempotency keys.
const PURGE_EVERY: Duration = Duration::from_secs(3_600);
/// How often accounts are rid of what has run out.
const CLEAN_UP_EVERY: Duration = Duration::from_secs(300);

/// Serves goals: an HTTP API and a web page.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,

    /// Where to listen
    #[arg(long, env = "GOALS_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// PostgreSQL to keep everything in; without it, a private one in the data folder
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,

    /// Folder of the private PostgreSQL and of the signing key [default: /var/lib/goals as root,
    /// else `$XDG_DATA_HOME/goals`]
    #[arg(long, env = "GOALS_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Keep everything in memory, and forget it at the end
    #[arg(long, env = "GOALS_MEMORY", value_parser = FalseyValueParser::new())]
    memory: bool,

    #[command(flatten)]
    keys: KeyOptions,

    /// How many goals a person may have, those in the trash counted
    #[arg(long, env = "GOALS_LIMIT_GOALS", value_name = "N", default_value_t = 1_000)]
    goals_per_owner: u64,

    /// Whether log-ins, registrations, refreshes and other proofs of a password are throttled
    #[arg(long, env = "GOALS_THROTTLE", value_name = "on|off", default_value = "on")]
    throttle: Switch,

    /// Let the browser's cookie travel over plain HTTP: for a network that is trusted
    #[arg(long, env = "GOALS_INSECURE_COOKIE", value_parser = FalseyValueParser::new())]
    insecure_cookie: bool,

    /// Networks of proxies whose word on the client's address is taken, separated by commas
    #[arg(long, env = "GOALS_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',')]
    trusted_proxy: Vec<IpNet>,

    /// Connections to PostgreSQL at once
    #[arg(long, env = "GOALS_POOL_SIZE", value_name = "N", default_value = "8")]
    pool_size: std::num::NonZeroU16,

    /// What to log, such as `info` or `warn,goals_http=debug`
    #[arg(long, env = "GOALS_LOG", value_name = "FILTER", default_value = "info", value_parser = log_filter)]
    log: EnvFilter,

    /// How to write the log, on standard error
    #[arg(long, env = "GOALS_LOG_FORMAT", value_name = "text|json", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints a link with which somebody sets another password: to hand over in person, where no
    /// mail is sent. It is good for an hour, and once. Takes the options of the server before its
    /// name; one with a private PostgreSQL has to be stopped first
    ResetLink {
        /// Their username or e-mail address
        name: String,

        /// Where people reach the page
        #[arg(long, env = "GOALS_PUBLIC_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
        public_url: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    start_log(&options);
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", with_causes(&*error));
            // 2: the caller can mend it, by installing PostgreSQL or naming another place.
            ExitCode::from(if error.is::<LocalError>() { 2 } else { 1 })
        }
    }
}

/// At `debug` the driver logs the values of its statements, hashes and addresses among them, so it
/// is kept at `warn` whatever is asked for.
fn log_filter(text: &str) -> Result<EnvFilter, BoxError> {
    Ok(EnvFilter::try_new(text)?.add_directive("tokio_postgres=warn".parse()?))
}

fn start_log(options: &Options) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(options.log.clone())
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match options.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

async fn run(options: Options) -> Result<(), BoxError> {
    // First, so that a signal during a slow start is not lost.
    let stop = stop_signal()?;
    if options.memory && options.command.is_none() {
        tracing::warn!("everything is kept in memory and forgotten at the end");
        let limiter = Arc::new(ProcessLimiter::new());
        return serve_store(&options, Arc::new(MemoryStore::new()), limiter, "memory", stop).await;
    }
    // Held until the end: dropping it stops the private server.
    let (_private, config) = database(&options).await?;
    let config = PgConfig { pool_size: options.pool_size.get().into(), ..config };
    let store = PgStore::connect(&config)?;
    store.migrate(&Migrations::all(&config.schema)).await?;
    let store = Arc::new(store);
    if let Some(Command::ResetLink { name, public_url }) = &options.command {
        let token = accounts(&options, &store, Arc::clone(&store) as _)?.password_reset_token(name).await?;
        println!("{}", reset_link(public_url, &token));
        return Ok(());
    }
    // Other instances on this database hear of what is written here, and this one of theirs.
    let relay = tokio::spawn({
        let (store, server) = (Arc::clone(&store), config.server);
        async move { store.relay(&server).await }
    });
    let served = serve_store(&options, Arc::clone(&store), store, "postgres", stop).await;
    relay.abort();
    served
}

async fn database(options: &Options) -> Result<(Option<LocalPostgres>, PgConfig), BoxError> {
    if let Some(url) = &options.database_url {
        // The address holds a password, so what is wrong with it is told without it.
        let config = PgConfig::from_url(url).map_err(|_| "the database URL is not one PostgreSQL understands")?;
        return Ok((None, config));
    }
    let folder = data_dir(options)?;
    tracing::info!(folder = %folder.display(), "starting a private PostgreSQL");
    let server = tokio::task::spawn_blocking(move || LocalPostgres::persistent(&folder)).await??;
    let config = PgConfig::new(server.config("goals"));
    Ok((Some(server), config))
}

fn accounts<S>(options: &Options, store: &Arc<S>, limiter: Arc<dyn RateLimiter>) -> Result<Accounts, BoxError>
where
    S: AccountStore + 'static,
{
    let folder = || data_dir(options).map(|folder| (!options.memory).then_some(folder));
    let (tokens, codes) = (options.keys.codec(folder)?, options.keys.codes(folder)?);
    let (hasher, clock, ids) = (Arc::new(Argon2Hasher::default()), Arc::new(SystemClock), Arc::new(SystemIds));
    Ok(Accounts::new(Arc::clone(store), hasher, Arc::new(tokens), clock, ids)
        .with_two_factor(Arc::new(codes))
        .with_rate_limiter((options.throttle == Switch::On).then_some(limiter)))
}

async fn serve_store<S>(
    options: &Options,
    store: Arc<S>,
    limiter: Arc<dyn RateLimiter>,
    storage: &str,
    stop: impl Future<Output = ()>,
) -> Result<(), BoxError>
where
    S: AccountStore + GoalStore + 'static,
{
    let accounts = accounts(options, &store, limiter)?;
    let goals = Goals::new(store, Arc::new(SystemClock), Arc::new(SystemIds)).with_max_goals(options.goals_per_owner);
    if options.insecure_cookie {
        tracing::warn!("the browser's cookie travels over plain HTTP: whoever listens in can take the session");
    }
    let api = GoalsApi::builder(accounts.clone(), goals.clone())
        .storage(storage)
        .insecure_cookie(options.insecure_cookie)
        .trusted_proxies(options.trusted_proxy.iter().copied())
        .metrics(metrics()?)
        .build()?;
    let listener =
        TcpListener::bind(options.listen).await.map_err(|e| format!("cannot listen on {}: {e}", options.listen))?;
    let housekeeping = tokio::spawn(async move {
        tokio::join!(purge_now_and_then(goals), clean_up_now_and_then(accounts));
    });
    println!("listening on http://{}", listener.local_addr()?);
    let cut = serve(listener, api, Limits::default(), stop).await;
    housekeeping.abort();
    if cut > 0 {
        tracing::warn!(cut, "connections were still busy and have been cut off");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Counts what happens from now on, and gives what writes the counts as text.
fn metrics() -> Result<impl Fn() -> String, BoxError> {
    let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
    let recorder = PrometheusBuilder::new().set_buckets(&seconds)?.install_recorder()?;
    let told = recorder.clone();
    // What is measured waits in memory until somebody sums it up, and nobody may ever ask.
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(5));
        loop {
            ticks.tick().await;
            recorder.run_upkeep();
        }
    });
    Ok(move || told.render())
}

async fn purge_now_and_then(goals: Goals) {
    let mut ticks = tokio::time::interval(PURGE_EVERY);
    loop {
        ticks.tick().await;
        match goals.purge_expired().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "goals left the trash for good"),
            Err(error) => tracing::warn!(error = with_causes(&error), "the trash was not emptied; trying again later"),
        }
        if let Err(error) = goals.forget_keys().await {
            tracing::warn!(error = with_causes(&error), "old idempotency keys were not forgotten; trying again later");
        }
    }
}

async fn clean_up_now_and_then(accounts: Accounts) {
    let mut ticks = tokio::time::interval(CLEAN_UP_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = accounts.clean_up().await {
            tracing::warn!(error = with_causes(&error), "accounts were not cleaned up; trying again later");
        }
    }
}

/// Completes at the first `SIGTERM` or `SIGINT`.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: finishing what has begun");
    })
}

fn data_dir(options: &Options) -> Result<PathBuf, LocalError> {
    match &options.data_dir {
        Some(folder) => Ok(folder.clone()),
        None => Ok(default_data_dir()?),
    }
}
