//! Making the data and starting the server on it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::LocalError;
use super::account::Account;
use super::find::Installation;
use super::folder::{Folder, PORT, make_private};
use super::keeper::{Keeper, Stop};

/// The superuser of a private server, and the database that is always there.
pub(super) const GOALS: &str = "goals";

/// Recovery after a crash of the machine takes time, and to cut it short would not help.
const START_LIMIT: Duration = Duration::from_secs(600);

/// Longer than the keeper's patience.
const STOP_LIMIT: Duration = Duration::from_secs(90);

const POLL: Duration = Duration::from_millis(20);

/// How much the data is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// What was committed survives everything.
    Lasting,
    /// The data ends with the process.
    Throwaway,
}

impl Durability {
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Lasting => &["log_checkpoints=off"],
            Self::Throwaway => &[
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                // Within the data, so that nothing of it stays elsewhere.
                "dynamic_shared_memory_type=mmap",
                "wal_level=minimal",
                "max_wal_senders=0",
                "max_connections=300",
                "log_checkpoints=off",
            ],
        }
    }
}

/// Makes the data, with the database in it, unless it is there.
pub(super) fn init(
    folder: &Folder,
    installation: &Installation,
    account: &Account,
    durability: Durability,
) -> Result<(), LocalError> {
    let (data, unfinished) = (folder.data(), folder.unfinished());
    if data.join("PG_VERSION").exists() {
        return Ok(());
    }
    if data.exists() {
        return Err(LocalError::NotData { folder: data });
    }
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(LocalError::folder(&unfinished))?;
    }
    make_private(&unfinished, account)?;
    initdb(&unfinished, installation, account, durability)?;
    create_database(&unfinished, installation, account)?;
    fs::rename(&unfinished, &data)
        .and_then(|()| File::open(folder.path())?.sync_all())
        .map_err(LocalError::folder(data))
}

fn initdb(
    data: &Path,
    installation: &Installation,
    account: &Account,
    durability: Durability,
) -> Result<(), LocalError> {
    let mut command = account.command(installation.initdb());
    command.arg("--pgdata").arg(data).args(["--username", GOALS, "--encoding", "UTF8"]);
    // Whoever can reach the socket may come in: it lies in a folder of the server's own.
    command.args(["--auth-local", "trust", "--auth-host", "reject", "--no-instructions"]);
    // Not `C`, which knows the case and the accents of ASCII alone.
    if installation.major >= 17 {
        command.args(["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]);
    }
    command.args(["--locale", "C.UTF-8"]);
    if durability == Durability::Throwaway {
        command.arg("--no-sync");
    }
    let output = account.output(&mut command)?;
    checked("initdb", output.status.success(), &output.stderr)
}

/// Makes the database before the data gets its final name, so that there is never one without
/// the other, and without a connection, so that no runtime is needed.
fn create_database(data: &Path, installation: &Installation, account: &Account) -> Result<(), LocalError> {
    let mut command = account.command(installation.postgres());
    command.arg("--single").arg("-D").arg(data).args(["-c", "exit_on_error=on", "postgres"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|cause| account.cannot_run(&command, cause))?;
    if let Some(mut stdin) = child.stdin.take() {
        // When it fails, the server has ended and says why.
        let _ = writeln!(stdin, "CREATE DATABASE {GOALS}");
    }
    let output = child.wait_with_output().map_err(|cause| account.cannot_run(&command, cause))?;
    checked("postgres --single", output.status.success(), &output.stderr)
}

fn checked(program: &str, success: bool, stderr: &[u8]) -> Result<(), LocalError> {
    if success {
        return Ok(());
    }
    Err(LocalError::Init { program: program.to_owned(), output: String::from_utf8_lossy(stderr).trim().to_owned() })
}

/// Starts the server and waits until it takes connections.
pub(super) fn start(
    folder: &Folder,
    installation: &Installation,
    account: &Account,
    durability: Durability,
) -> Result<Keeper, LocalError> {
    let stale = end_earlier(folder, account)?;
    let mut log = folder.new_log()?;
    let before = pid_file(folder);
    let command = server_command(folder, installation, durability);
    let stop = stop(folder, account, durability)?;
    let mut keeper = Keeper::start(account, &command, stop, &log, stale)?;
    if wait_until_ready(&mut keeper, folder, before.as_deref()) {
        return Ok(keeper);
    }
    drop(keeper);
    Err(LocalError::Start { folder: folder.path().to_owned(), log: tail(&mut log) })
}

fn stop<'a>(folder: &'a Folder, account: &Account, durability: Durability) -> Result<Stop<'a>, LocalError> {
    if durability == Durability::Lasting {
        return Ok(Stop::Orderly);
    }
    // So that the keeper can remove it. Not sooner: root had better make no files where another
    // user may put links.
    account.give(folder.path()).map_err(LocalError::folder(folder.path()))?;
    Ok(Stop::Discard(folder.path()))
}

fn server_command(folder: &Folder, installation: &Installation, durability: Durability) -> Vec<OsString> {
    let port = format!("port={PORT}");
    // Relative to the data: an absolute path would need the quoting of a list.
    let common = [
        "listen_addresses=",
        port.as_str(),
        "unix_socket_directories=../socket",
        "unix_socket_permissions=0700",
        "logging_collector=off",
        "log_destination=stderr",
        // Errors of single statements are the client's; they may quote what people wrote.
        "log_min_messages=log",
    ];
    let mut words =
        vec![installation.postgres().into_os_string(), OsString::from("-D"), folder.data().into_os_string()];
    for setting in common.iter().chain(durability.settings()) {
        words.push(OsString::from("-c"));
        words.push(OsString::from(setting));
    }
    words
}

/// `postmaster.pid`: the server's process id in the first line, its state in the eighth.
fn pid_file(folder: &Folder) -> Option<String> {
    fs::read_to_string(folder.data().join("postmaster.pid")).ok()
}

/// False when the server ended or took too long. What was in the file `before` is of an earlier
/// server, and may well say that that one was ready.
fn wait_until_ready(keeper: &mut Keeper, folder: &Folder, before: Option<&str>) -> bool {
    let end = Instant::now() + START_LIMIT;
    while Instant::now() < end && matches!(keeper.ended(), Ok(None)) {
        let now = pid_file(folder).filter(|now| Some(now.as_str()) != before);
        if now.is_some_and(|now| now.lines().nth(7).is_some_and(|state| state.trim() == "ready")) {
            return true;
        }
        thread::sleep(POLL);
    }
    false
}

/// Waits until the server of an earlier process is gone: its keeper is about to stop it, and if
/// the keeper is gone as well, so do we. Returns the process id that an earlier server left
/// behind if it belongs to another program by now.
fn end_earlier(folder: &Folder, account: &Account) -> Result<Option<u32>, LocalError> {
    let first_line = |text: String| text.lines().next().and_then(|pid| pid.trim().parse().ok());
    let Some(pid) = pid_file(folder).and_then(first_line) else {
        return Ok(None);
    };
    let end = Instant::now() + STOP_LIMIT;
    while is_server(pid, &folder.data()) {
        if Instant::now() > end {
            return Err(LocalError::StillRunning { folder: folder.path().to_owned(), pid });
        }
        let mut kill = account.command("/bin/sh");
        kill.args(["-c", "kill -s INT \"$1\"", "stop", &pid.to_string()]).stderr(Stdio::null());
        account.output(&mut kill)?;
        thread::sleep(POLL);
    }
    Ok(Some(pid))
}

/// Whether the process `pid` is the server on `data`, by the command line that we gave it.
fn is_server(pid: u32, data: &Path) -> bool {
    let data = data.as_os_str().as_encoded_bytes();
    match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(line) => line.split(|&byte| byte == 0).any(|word| word == data),
        Err(_) if Path::new("/proc/self").exists() => false,
        Err(_) => Command::new("ps")
            .args(["-o", "args=", "-p", &pid.to_string()])
            .output()
            .is_ok_and(|output| output.stdout.windows(data.len()).any(|part| part == data)),
    }
}

/// The last lines of the log.
fn tail(log: &mut File) -> String {
    let mut bytes = Vec::new();
    if let Err(error) = log.seek(SeekFrom::Start(0)).and_then(|_| log.read_to_end(&mut bytes)) {
        return error.to_string();
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
