//! Who runs the server: ourselves, or when we are root somebody else.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::LocalError;

/// The user id of root.
const ROOT: u32 = 0;

/// Us, and the user who runs the server.
#[derive(Debug)]
pub(super) struct Account {
    own: u32,
    /// `None`: the server runs as us.
    server: Option<Identity>,
}

#[derive(Debug)]
struct Identity {
    name: String,
    user: u32,
    group: u32,
}

impl Account {
    /// The user for data that is still to be made.
    pub(super) fn current() -> Result<Self, LocalError> {
        let own = id(&["-u"])?.ok_or(LocalError::NoServerUser)?;
        let server = if own == ROOT { Some(Identity::find()?) } else { None };
        Ok(Self { own, server })
    }

    /// The user for `data`: its owner when it is there, so that a user `postgres` that came to
    /// the machine later does not lock us out of what `nobody` made.
    pub(super) fn for_data(data: &Path) -> Result<Self, LocalError> {
        let mut account = Self::current()?;
        if let (Some(server), Ok(found)) = (&mut account.server, fs::metadata(data))
            && found.uid() != ROOT
            && found.uid() != server.user
        {
            *server = Identity { name: format!("user {}", found.uid()), user: found.uid(), group: found.gid() };
        }
        Ok(account)
    }

    pub(super) fn is_root(&self) -> bool {
        self.own == ROOT
    }

    /// The name for messages.
    pub(super) fn name(&self) -> &str {
        self.server.as_ref().map_or("this user", |server| &server.name)
    }

    pub(super) fn owns(&self, user: u32) -> bool {
        user == self.own
    }

    /// Whether `user` is us or the one who runs the server.
    pub(super) fn covers(&self, user: u32) -> bool {
        user == self.own || self.server.as_ref().is_some_and(|server| server.user == user)
    }

    /// Makes `path` the server's.
    pub(super) fn give(&self, path: &Path) -> io::Result<()> {
        match &self.server {
            Some(server) => chown(path, Some(server.user), Some(server.group)),
            None => Ok(()),
        }
    }

    /// A command that runs as the server's user, in a folder that everybody can enter and with
    /// messages in English.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").env("LC_ALL", "C").stdin(Stdio::null());
        if let Some(server) = &self.server {
            command.uid(server.user).gid(server.group);
        }
        command
    }

    /// Runs a command made by [`Account::command`] to its end.
    pub(super) fn output(&self, command: &mut Command) -> Result<Output, LocalError> {
        command.output().map_err(|cause| self.cannot_run(command, cause))
    }

    pub(super) fn cannot_run(&self, command: &Command, cause: io::Error) -> LocalError {
        LocalError::Run {
            program: command.get_program().to_string_lossy().into_owned(),
            user: self.name().to_owned(),
            cause,
        }
    }

    /// Asks the system rather than the permission bits, which do not tell the whole story.
    pub(super) fn can_enter(&self, folder: &Path) -> Result<bool, LocalError> {
        let mut command = self.command("/bin/sh");
        command.args(["-c", "cd -- \"$1\"", "enter"]).arg(folder);
        Ok(self.output(&mut command)?.status.success())
    }
}

impl Identity {
    fn find() -> Result<Self, LocalError> {
        for name in ["postgres", "nobody"] {
            if let (Some(user), Some(group)) = (id(&["-u", name])?, id(&["-g", name])?) {
                return Ok(Self { name: format!("`{name}`"), user, group });
            }
        }
        Err(LocalError::NoServerUser)
    }
}

/// What `id` prints. The standard library has no such question, and `id` also knows the users
/// that are not in `/etc/passwd`.
fn id(arguments: &[&str]) -> Result<Option<u32>, LocalError> {
    let output = Command::new("id").args(arguments).output().map_err(|cause| LocalError::Run {
        program: "id".to_owned(),
        user: "this user".to_owned(),
        cause,
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok())
}
