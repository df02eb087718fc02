//! How to reach the database and how long to wait for it.

use std::time::Duration;

use tokio_postgres::Config;

use crate::schema::Schema;

/// How statements are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StatementMode {
    /// Prepared once per connection under a name: the fastest. Needs connections of one's own, or
    /// a pooler that keeps track of names, such as `PgBouncer` from 1.21 on with
    /// `max_prepared_statements`.
    #[default]
    Named,
    /// Parsed at every call, about half as many reads a second. For a pooler in transaction mode
    /// that keeps no track of names: there, a name may stand for somebody else's statement.
    Unnamed,
}

/// How [`PgStore::connect`](crate::PgStore::connect) reaches the database.
///
/// ```
/// use goals_pg::{PgConfig, StatementMode};
///
/// let config = PgConfig {
///     mode: StatementMode::Unnamed,
///     ..PgConfig::from_url("postgres://goals@localhost/goals")?
/// };
/// assert_eq!(config.pool_size, 16);
/// # Ok::<(), tokio_postgres::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PgConfig {
    /// Where the server is and who we are. Its encoding of the database must be UTF-8.
    pub server: Config,
    /// The schema with the tables.
    pub schema: Schema,
    /// The most connections at a time; 16 unless set. A call holds one for as long as its
    /// statements take, so a few per core of the server are enough.
    pub pool_size: usize,
    /// How long a call waits for a connection, be it a free one or a new one; 2 seconds unless
    /// set.
    pub acquire: Duration,
    /// How long a call may then take in all, retries included; 3 seconds unless set. The server
    /// is told too (`statement_timeout` and `idle_in_transaction_session_timeout`), save with
    /// [`StatementMode::Unnamed`], for poolers refuse such options: there, set them for the role.
    pub statement: Duration,
    /// How statements are sent.
    pub mode: StatementMode,
}

impl PgConfig {
    /// A configuration with the defaults that are written at each field.
    #[must_use]
    pub fn new(server: Config) -> Self {
        Self {
            server,
            schema: Schema::default(),
            pool_size: 16,
            acquire: Duration::from_secs(2),
            statement: Duration::from_secs(3),
            mode: StatementMode::default(),
        }
    }

    /// The same from an address such as `postgres://user:password@host:5432/database`, or
    /// `host=/run/postgresql user=goals dbname=goals`.
    ///
    /// # Errors
    /// When it is no such address.
    pub fn from_url(url: &str) -> Result<Self, tokio_postgres::Error> {
        url.parse().map(Self::new)
    }

    /// The server's configuration for the connections of a pool.
    pub(crate) fn pooled(&self) -> Config {
        let mut server = self.named();
        if self.mode == StatementMode::Named {
            let limit = self.statement.as_millis();
            let given = server.get_options().unwrap_or_default();
            let options =
                format!("{given} -c statement_timeout={limit} -c idle_in_transaction_session_timeout={limit}");
            server.options(options.trim_start());
        }
        server
    }

    /// The server's configuration, with a name for its list of connections.
    fn named(&self) -> Config {
        let mut server = self.server.clone();
        if server.get_application_name().is_none() {
            server.application_name("goals");
        }
        server
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_told_the_deadline() {
        let config = PgConfig::from_url("host=h options='-c jit=off' application_name=shop").unwrap();
        let pooled = config.pooled();
        let told = "-c jit=off -c statement_timeout=3000 -c idle_in_transaction_session_timeout=3000";
        assert_eq!(pooled.get_options(), Some(told));
        assert_eq!(pooled.get_application_name(), Some("shop"));
    }

    #[test]
    fn a_pooler_is_told_nothing() {
        let config = PgConfig { mode: StatementMode::Unnamed, ..PgConfig::from_url("host=h").unwrap() };
        assert_eq!(config.pooled().get_options(), None);
    }
}
