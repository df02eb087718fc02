//! Why there is no private server, and what to do about it.

use std::error::Error;
use std::io;
use std::path::PathBuf;

/// Why a private `PostgreSQL` could not be started.
///
/// Every message is complete by itself and says what to do; there is no chain of sources to add.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// No usable binaries on this machine, and none could be fetched.
    #[error(
        "no PostgreSQL {oldest} or newer was found on this machine ({fetch}). One of these helps:\n\
         - give the address of a PostgreSQL server (DATABASE_URL; GOALS_TEST_DATABASE_URL for tests)\n\
         - install one: `apt install postgresql` (Debian, Ubuntu), `dnf install postgresql-server` \
         (Fedora), `apk add postgresql` (Alpine), `brew install postgresql@18` (macOS)\n\
         - set GOALS_PG_BIN to the folder that holds `postgres` and `initdb`"
    )]
    NotFound {
        /// The oldest major version that will do.
        oldest: u32,
        /// Why none was fetched.
        fetch: String,
    },

    /// `GOALS_PG_BIN` names a folder without usable binaries.
    #[error(
        "GOALS_PG_BIN is {}, but `postgres` {oldest} or newer and `initdb` cannot be run from there \
         by {user}; set it to the folder that holds both, or unset it to have the usual places \
         searched",
        folder.display()
    )]
    UnusableBinaries {
        /// What the variable says.
        folder: PathBuf,
        /// The oldest major version that will do.
        oldest: u32,
        /// Who has to be able to run them.
        user: String,
    },

    /// The data was made by a major version that is not here.
    #[error(
        "the data in {} was made by PostgreSQL {made_by}, and only {} can be run here; install \
         PostgreSQL {made_by}, or point GOALS_PG_BIN to it, or move the data with pg_upgrade or \
         pg_dump",
        folder.display(),
        majors(found)
    )]
    OtherMajor {
        /// The folder of the data.
        folder: PathBuf,
        /// The major version that made the data.
        made_by: u32,
        /// The major versions that were found.
        found: Vec<u32>,
    },

    /// Root may not run `PostgreSQL`, and there is no user to run it as.
    #[error(
        "PostgreSQL refuses to run as root, and this machine has neither a user `postgres` nor \
         `nobody`; run as an ordinary user, or make a user `postgres`"
    )]
    NoServerUser,

    /// This user has no home, so that nothing says where the data is to be.
    #[error("this user has no home folder to keep the data in; name a folder for it")]
    NoHome,

    /// A program that every machine has could not be run.
    #[error(
        "cannot run `{program}` as {user}: {cause}; if this is root in a container that may \
             not change users, run as an ordinary user"
    )]
    Run {
        /// The program.
        program: String,
        /// Who was to run it.
        user: String,
        /// What the system said.
        cause: io::Error,
    },

    /// A folder cannot be made, read or written.
    #[error("cannot use the folder {}: {cause}; give one that this user can write", folder.display())]
    Folder {
        /// The folder, or the file in it.
        folder: PathBuf,
        /// What the system said.
        cause: io::Error,
    },

    /// A folder is under somebody else's control.
    #[error(
        "the folder {} belongs to somebody else or can be written by everybody; give one that is \
         yours alone (`chown` and `chmod o-w` make it so)",
        folder.display()
    )]
    ForeignFolder {
        /// The folder.
        folder: PathBuf,
    },

    /// We run as root, and the user who runs the server cannot reach the folder.
    #[error(
        "the server runs as {user} because PostgreSQL refuses to run as root, and {user} cannot \
         enter {}; give a folder elsewhere, such as /var/lib/goals, or `chmod o+x` that one",
        barrier.display()
    )]
    Unreachable {
        /// The folder that cannot be entered.
        barrier: PathBuf,
        /// Who runs the server.
        user: String,
    },

    /// The path of the socket is longer than the system allows.
    #[error(
        "the folder {} is too long a path for a Unix socket; give one of at most {limit} bytes",
        folder.display()
    )]
    PathTooLong {
        /// The folder that was given.
        folder: PathBuf,
        /// How many bytes its path may have.
        limit: usize,
    },

    /// Another process uses the folder.
    #[error(
        "the data in {} is in use by another process; stop that one first, or give another folder",
        folder.display()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
    },

    /// The folder holds something that is not our data.
    #[error(
        "{} is not the data of a PostgreSQL server; move it away, or give another folder",
        folder.display()
    )]
    NotData {
        /// The folder.
        folder: PathBuf,
    },

    /// A server from an earlier run does not end.
    #[error(
        "an earlier PostgreSQL (process {pid}) still runs on {} and does not stop; stop it with \
         `kill -QUIT {pid}`",
        folder.display()
    )]
    StillRunning {
        /// The folder.
        folder: PathBuf,
        /// Its process id.
        pid: u32,
    },

    /// The data could not be made.
    #[error("`{program}` could not make the data:\n{output}")]
    Init {
        /// The program that failed.
        program: String,
        /// What it said.
        output: String,
    },

    /// The server ended, or was not ready in time.
    #[error("PostgreSQL did not start on {}; the end of its log:\n{log}", folder.display())]
    Start {
        /// The folder.
        folder: PathBuf,
        /// The last lines of its log.
        log: String,
    },

    /// A statement that makes a test database failed.
    #[error("cannot make a test database: {}", reason(.0))]
    Database(tokio_postgres::Error),

    /// The caller's migration of a test database failed.
    #[error("cannot migrate the test database: {0}")]
    Migration(Box<dyn Error + Send + Sync>),
}

impl From<tokio_postgres::Error> for LocalError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl LocalError {
    pub(super) fn folder(folder: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let folder = folder.into();
        move |cause| Self::Folder { folder, cause }
    }
}

fn majors(found: &[u32]) -> String {
    let list: Vec<String> = found.iter().map(u32::to_string).collect();
    if list.is_empty() { "no other".to_owned() } else { list.join(", ") }
}

/// The error of tokio-postgres alone reads "db error".
fn reason(error: &tokio_postgres::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
