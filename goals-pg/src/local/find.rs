//! Finding the binaries of `PostgreSQL`.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

use super::LocalError;
use super::account::Account;
use super::environment::Environment;
use super::fetch;

/// `CREATE DATABASE … STRATEGY` came with 15, and older ones have no support any more.
const OLDEST: u32 = 15;

/// Folders whose sub-folders carry a version: parent, what the name begins with, and where the
/// binaries are below it.
const VERSIONED: [(&str, &str, &str); 8] = [
    ("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                  // Fedora and its kin, packages of the PGDG
    ("/usr/libexec", "postgresql", ""),         // Alpine
    ("/usr/lib", "postgresql", "bin"),          // SUSE
    ("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew
    ("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// Folders that hold one version: Fedora's own package, and what is built from source.
const PLAIN: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/usr/local/pgsql/bin"];

/// Binaries that belong together.
#[derive(Debug)]
pub(super) struct Installation {
    bin: PathBuf,
    pub(super) major: u32,
}

impl Installation {
    pub(super) fn postgres(&self) -> PathBuf {
        self.bin.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.bin.join("initdb")
    }

    /// The installation in `bin`, if the server's user can run it and it is recent enough.
    fn at(bin: PathBuf, account: &Account) -> Option<Self> {
        if !bin.join("initdb").is_file() {
            return None;
        }
        let output = account.command(bin.join("postgres")).arg("--version").output().ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        (major >= OLDEST).then_some(Self { bin, major })
    }
}

/// The newest binaries, or those that fit the data in `data`.
pub(super) fn find(environment: &Environment, account: &Account, data: &Path) -> Result<Installation, LocalError> {
    let made_by = major_of_data(data);
    let fits = |major: u32| made_by.is_none_or(|made_by| made_by == major);
    let mut found = match &environment.bin {
        Some(bin) => vec![given(bin, account)?],
        None => installed(environment, account),
    };
    found.sort_by_key(|installation| Reverse(installation.major));
    let majors = found.iter().map(|installation| installation.major).collect();
    if let Some(newest) = found.into_iter().find(|installation| fits(installation.major)) {
        return Ok(newest);
    }
    let fetched = if environment.bin.is_none() && fits(fetch::MAJOR) {
        fetched(environment, account)
    } else {
        Err(String::new())
    };
    fetched.map_err(|fetch| match made_by {
        Some(made_by) => LocalError::OtherMajor { folder: data.to_owned(), made_by, found: majors },
        None => LocalError::NotFound { oldest: OLDEST, fetch },
    })
}

fn given(bin: &Path, account: &Account) -> Result<Installation, LocalError> {
    Installation::at(bin.to_owned(), account).ok_or_else(|| LocalError::UnusableBinaries {
        folder: bin.to_owned(),
        oldest: OLDEST,
        user: account.name().to_owned(),
    })
}

fn installed(environment: &Environment, account: &Account) -> Vec<Installation> {
    let cached = environment.cache.as_deref().and_then(|cache| fetch::cached(cache, account));
    let places = environment.places.iter().cloned();
    places.chain(cached).filter_map(|bin| Installation::at(bin, account)).collect()
}

fn fetched(environment: &Environment, account: &Account) -> Result<Installation, String> {
    let bin = fetch::fetch(environment, account)?;
    let message = format!("and {} cannot run {}", account.name(), bin.display());
    Installation::at(bin, account).ok_or(message)
}

fn major_of_data(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// Where the systems we know keep the binaries.
pub(super) fn usual_places() -> impl Iterator<Item = PathBuf> {
    VERSIONED
        .iter()
        .flat_map(|&(parent, prefix, below)| versions(parent, prefix, below))
        .chain(PLAIN.iter().map(PathBuf::from))
}

fn versions(parent: &str, prefix: &str, below: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join(below))
        .collect()
}

/// The major version in what `postgres --version` prints: `postgres (PostgreSQL) 15.13 (…)`.
fn major_of(version: &str) -> Option<u32> {
    let number = version.strip_prefix("postgres (PostgreSQL) ")?;
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Account, Environment, find, major_of};

    fn nowhere() -> Environment {
        Environment { bin: None, places: Vec::new(), may_fetch: false, cache: None }
    }

    #[test]
    fn says_the_three_ways_out() {
        let error = find(&nowhere(), &Account::current().unwrap(), Path::new("")).unwrap_err();
        let message = error.to_string();
        for part in ["15 or newer", "GOALS_PG_FETCH=off", "DATABASE_URL", "install", "GOALS_PG_BIN"] {
            assert!(message.contains(part), "no {part} in: {message}");
        }
    }

    #[test]
    fn finds_what_is_installed() {
        let account = Account::current().unwrap();
        let environment = Environment { places: super::usual_places().collect(), ..nowhere() };
        let installation = find(&environment, &account, Path::new("")).unwrap();
        assert!(fs::exists(installation.initdb()).unwrap());
    }

    #[test]
    fn reads_the_major_version() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta2\n"), Some(18));
        assert_eq!(major_of("postgres (PostgreSQL) 19\n"), Some(19));
        assert_eq!(major_of("another program 7\n"), None);
    }
}
