//! The folder of a private server: what is where, and whether it may be used.
//!
//! ```text
//! lock          held by the process that uses the folder
//! server.log    of the present run
//! socket/       0700, the server's
//! postgres/     0700, the server's: the data
//! postgres.new/ data that is still being made
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf, absolute};
use std::process::Command;

use super::LocalError;
use super::account::Account;

/// The name of the socket's file follows from the port; there is no TCP.
pub(super) const PORT: u16 = 5432;

/// The longest path of a socket on the systems we know: macOS, with its final zero byte.
const LONGEST_SOCKET: usize = 103;

/// What the names of temporary folders begin with.
const TEMPORARY: &str = "goals-pg-";

/// A folder that is ours, locked until this value is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes `path` for the process, making it if it is missing.
    pub(super) fn open(path: &Path, account: &Account) -> Result<Self, LocalError> {
        check_length(path)?;
        if !path.exists() {
            create_shared(path, account).map_err(LocalError::folder(path))?;
        }
        // One name for it, by which a server of an earlier process is known.
        let path = fs::canonicalize(path).map_err(LocalError::folder(path))?;
        check_length(&path)?;
        check_owner(&path, account)?;
        open_passage(&path, account).map_err(LocalError::folder(&path))?;
        check_reach(&path, account)?;
        let lock = lock(&path)?;
        let folder = Self { path, _lock: lock };
        make_private(&folder.socket(), account)?;
        Ok(folder)
    }

    /// Makes a folder with a name of its own in `parent` and takes it.
    pub(super) fn temporary(parent: &Path, account: &Account) -> Result<Self, LocalError> {
        let name = format!("{:016x}", RandomState::new().hash_one(parent));
        let path = parent.join(format!("{TEMPORARY}{name}"));
        check_length(&path)?;
        // Only once it is locked does it get the name that is swept.
        let unlocked = parent.join(format!("goals-new-{name}"));
        // Fails when it is there already: in a folder for everybody that one may be anybody's.
        DirBuilder::new()
            .mode(0o700)
            .create(&unlocked)
            .and_then(|()| let_pass(&unlocked, account))
            .map_err(LocalError::folder(&unlocked))?;
        let lock = lock(&unlocked)?;
        fs::rename(&unlocked, &path).map_err(LocalError::folder(&path))?;
        let folder = Self { path, _lock: lock };
        make_private(&folder.socket(), account)?;
        check_reach(&folder.path, account)?;
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.path.join("socket")
    }

    pub(super) fn data(&self) -> PathBuf {
        data(&self.path)
    }

    pub(super) fn unfinished(&self) -> PathBuf {
        self.path.join("postgres.new")
    }

    fn log(&self) -> PathBuf {
        self.path.join("server.log")
    }

    /// The log, emptied.
    pub(super) fn new_log(&self) -> Result<File, LocalError> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(self.log())
            .map_err(LocalError::folder(self.log()))
    }

    /// Removes the folder with all that is in it, as far as that goes.
    pub(super) fn remove(self) {
        let _ = fs::remove_dir_all(self.path);
    }
}

/// Makes the folder `path` the server's alone, if it is missing.
pub(super) fn make_private(path: &Path, account: &Account) -> Result<(), LocalError> {
    let made = match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => account.give(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    };
    made.map_err(LocalError::folder(path))
}

/// Where the data is in the folder `path`.
pub(super) fn data(path: &Path) -> PathBuf {
    path.join("postgres")
}

/// The folder for temporary servers: memory when there is plenty, else the temporary folder.
pub(super) fn temporary_parent() -> Result<PathBuf, LocalError> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() && free_kib(memory).is_some_and(|free| free >= 2 * 1024 * 1024) {
        return Ok(memory.to_owned());
    }
    let folder = std::env::temp_dir();
    absolute(&folder).map_err(LocalError::folder(folder))
}

/// The free space, from the fourth column of the second line of `df -Pk`.
fn free_kib(folder: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

/// Removes the temporary folders whose process is gone. There are some only when the keeper was
/// killed together with its process.
pub(super) fn sweep(parent: &Path, account: &Account) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    let ours = entries.flatten().filter(|entry| {
        entry.file_name().to_string_lossy().starts_with(TEMPORARY)
            && entry.metadata().is_ok_and(|found| found.is_dir() && account.covers(found.uid()))
    });
    for entry in ours {
        let lock = OpenOptions::new().write(true).open(lock_file(&entry.path()));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            // Whoever else sweeps at this moment removes the same.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn lock_file(path: &Path) -> PathBuf {
    path.join("lock")
}

fn lock(path: &Path) -> Result<File, LocalError> {
    let name = lock_file(path);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&name)
        .map_err(LocalError::folder(path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LocalError::InUse { folder: path.to_owned() }),
        Err(TryLockError::Error(cause)) => Err(LocalError::Folder { folder: name, cause }),
    }
}

fn check_length(path: &Path) -> Result<(), LocalError> {
    let limit = LONGEST_SOCKET - "/socket/.s.PGSQL.5432".len();
    if path.as_os_str().len() > limit {
        return Err(LocalError::PathTooLong { folder: path.to_owned(), limit });
    }
    Ok(())
}

fn create_shared(path: &Path, account: &Account) -> io::Result<()> {
    fs::create_dir_all(path)?;
    let_pass(path, account)
}

/// The folder stays ours; the server's user needs no more than to pass through it.
fn let_pass(path: &Path, account: &Account) -> io::Result<()> {
    let mode = if account.is_root() { 0o711 } else { 0o700 };
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Lets the server's user pass through a folder of ours that was made without a server in mind.
fn open_passage(path: &Path, account: &Account) -> io::Result<()> {
    let mode = fs::metadata(path)?.mode() & 0o7777;
    if !account.is_root() || mode & 0o011 == 0o011 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode | 0o011))
}

/// Whoever can write a folder can put other things in the place of ours.
pub(super) fn check_owner(path: &Path, account: &Account) -> Result<(), LocalError> {
    let found = fs::metadata(path).map_err(LocalError::folder(path))?;
    if !found.is_dir() {
        return Err(LocalError::folder(path)(io::ErrorKind::NotADirectory.into()));
    }
    if !account.owns(found.uid()) || found.mode() & 0o002 != 0 {
        return Err(LocalError::ForeignFolder { folder: path.to_owned() });
    }
    Ok(())
}

fn check_reach(path: &Path, account: &Account) -> Result<(), LocalError> {
    if !account.is_root() || account.can_enter(path)? {
        return Ok(());
    }
    let mut from_the_top: Vec<&Path> = path.ancestors().collect();
    from_the_top.reverse();
    for folder in from_the_top {
        if !account.can_enter(folder)? {
            return Err(LocalError::Unreachable { barrier: folder.to_owned(), user: account.name().to_owned() });
        }
    }
    Ok(())
}
