//! Stopping the server however our process ends.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};

use super::LocalError;
use super::account::Account;

/// Runs the server and waits on the standard input for the end of our process: the pipe is
/// closed by the system whether we return, panic, abort or are killed. Then it signals until the
/// server is gone, because a signal that comes before the server has its handlers is lost.
///
/// Its arguments: the folder to remove at the end or nothing, the signal, the server's command.
/// After a minute an orderly stop becomes an immediate one, from which `PostgreSQL` recovers.
/// The waiting is done in the background so that the end of the server is the end of the keeper.
/// Descriptor 3 is the pipe; the server does not inherit it.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
remove=$1 signal=$2
shift 2
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{
    while read -r _; do :; done <&3
    tries=0
    while kill -s "$signal" "$server" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || signal=QUIT
        sleep 0.1 2>/dev/null || sleep 1
    done
} &
waiter=$!
wait "$server"
kill -s KILL "$waiter" 2>/dev/null
if [ -n "$remove" ]; then
    rm -rf -- "$remove" || { sleep 1; rm -rf -- "$remove"; }
fi
"#;

/// How the server is told to stop.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stop<'a> {
    /// Write everything down first.
    Orderly,
    /// At once, and remove this folder.
    Discard(&'a Path),
}

/// The shell that keeps the server. Dropping it stops the server and waits until it is gone.
#[derive(Debug)]
pub(super) struct Keeper(Child);

impl Keeper {
    /// Runs `server` with its messages going to `log`.
    ///
    /// `stale` is the id of a process that took the number of an earlier server. `PostgreSQL`
    /// would hold it for that server; it accepts the number of its own grandparent, and then
    /// still makes sure that nobody is attached to the data.
    pub(super) fn start(
        account: &Account,
        server: &[OsString],
        stop: Stop<'_>,
        log: &File,
        stale: Option<u32>,
    ) -> Result<Self, LocalError> {
        let (remove, signal) = match stop {
            Stop::Orderly => (Path::new(""), "INT"),
            Stop::Discard(folder) => (folder, "QUIT"),
        };
        let mut command = account.command("/bin/sh");
        command.args(["-c", SCRIPT, "goals-keeper"]).arg(remove).arg(signal).args(server);
        if let Some(stale) = stale {
            command.env("PG_GRANDPARENT_PID", stale.to_string());
        }
        // A group of its own: Ctrl-C in a terminal is for us, and we may still need the server.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null());
        log.try_clone()
            .and_then(|log| command.stderr(log).spawn())
            .map(Self)
            .map_err(|cause| account.cannot_run(&command, cause))
    }

    /// Whether the server has ended.
    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.try_wait()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // Waiting closes the pipe first. There is nobody to tell when it fails.
        let _ = self.0.wait();
    }
}
