//! What the machine is asked through environment variables, read in this one place.

use std::env;
use std::ffi::OsString;
use std::path::{PathBuf, absolute};

use super::find;

/// The variables that steer how the binaries are found.
#[derive(Debug)]
pub(super) struct Environment {
    /// `GOALS_PG_BIN`: use this folder and look nowhere else.
    pub(super) bin: Option<PathBuf>,
    /// Where else to look, in this order: `PATH`, then the usual places.
    pub(super) places: Vec<PathBuf>,
    /// False when `GOALS_PG_FETCH` is `off`.
    pub(super) may_fetch: bool,
    /// Where fetched binaries are kept; `None` when the machine names no home.
    pub(super) cache: Option<PathBuf>,
}

impl Environment {
    pub(super) fn read(root: bool) -> Self {
        Self {
            bin: variable("GOALS_PG_BIN").and_then(|bin| absolute(PathBuf::from(bin)).ok()),
            places: path().into_iter().chain(find::usual_places()).collect(),
            may_fetch: variable("GOALS_PG_FETCH").is_none_or(|value| value != "off"),
            cache: user_folder(root, "/var/cache", "XDG_CACHE_HOME", ".cache"),
        }
    }
}

/// The folders of `PATH`. A relative one means another folder in every program that we start.
fn path() -> Vec<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    env::split_paths(&path).filter(|folder| folder.is_absolute()).collect()
}

/// Where a program of this user keeps its data when nobody says otherwise.
pub(super) fn data_dir(root: bool) -> Option<PathBuf> {
    user_folder(root, "/var/lib", "XDG_DATA_HOME", ".local/share")
}

/// The address of the server that tests are to use instead of a private one.
pub(super) fn test_database_url() -> Option<String> {
    variable("GOALS_TEST_DATABASE_URL").and_then(|url| url.into_string().ok())
}

fn user_folder(root: bool, system: &str, variable_name: &str, in_home: &str) -> Option<PathBuf> {
    let base = if root {
        PathBuf::from(system)
    } else {
        // The XDG specification says that a relative path is to be ignored.
        variable(variable_name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| env::home_dir().map(|home| home.join(in_home)))?
    };
    Some(base.join("goals"))
}

/// An empty variable means the same as none.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
