//! The keys that seal access tokens, and what is not to be read in a copy of the database: from the
//! command line, from files, or made once and kept.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use clap::Args;
use data_encoding::HEXLOWER_PERMISSIVE;
use goals_core::{BoxError, IdSource as _, JwtCodec, JwtKey, SystemIds, TotpCodes};

/// Which keys seal and open.
#[derive(Debug, Args)]
pub(crate) struct KeyOptions {
    /// Secret that signs access tokens, 32 random bytes at least; without it, one made once and
    /// kept in the data folder. The command line shows it to other users of the machine, the
    /// variable does not
    #[arg(long = "jwt-secret", env = "GOALS_JWT_SECRET", value_name = "HEX", hide_env_values = true)]
    secret: Option<String>,

    /// Ed25519 private key that signs access tokens instead of a secret (PKCS#8 PEM, as `openssl
    /// genpkey -algorithm ed25519` writes it); others find its public half at /.well-known/jwks.json
    #[arg(long = "jwt-key-file", env = "GOALS_JWT_KEY_FILE", value_name = "PATH", conflicts_with = "secret")]
    key_file: Option<PathBuf>,

    /// More secrets whose tokens are accepted, separated by commas. To change a key without signing
    /// anybody out, start every instance with the new one here, then every instance with the two
    /// exchanged, and after 15 days without the old one
    #[arg(
        long = "jwt-accept-secret",
        env = "GOALS_JWT_ACCEPT_SECRET",
        value_name = "HEX",
        value_delimiter = ',',
        hide_env_values = true
    )]
    accept_secret: Vec<String>,

    /// More key files whose tokens are accepted, separated by commas
    #[arg(long = "jwt-accept-key-file", env = "GOALS_JWT_ACCEPT_KEY_FILE", value_name = "PATH", value_delimiter = ',')]
    accept_key_file: Vec<PathBuf>,

    /// Secret that seals the devices of two-factor in the database, 32 random bytes at least and the
    /// same for every instance; without it, one made once and kept in the data folder. With another
    /// one no device works any more, and recovery codes alone do
    #[arg(long, env = "GOALS_DATA_KEY", value_name = "HEX", hide_env_values = true)]
    data_key: Option<String>,
}

impl KeyOptions {
    /// The codec with these keys. `folder` says where a key can be kept; without one, people sign in
    /// again after a restart.
    pub(crate) fn codec<E: Into<BoxError>>(
        &self,
        folder: impl FnOnce() -> Result<Option<PathBuf>, E>,
    ) -> Result<JwtCodec, BoxError> {
        let first = match (&self.key_file, &self.secret) {
            (Some(path), _) => from_file(path)?,
            (None, Some(hex)) => from_hex(hex)?,
            (None, None) => JwtKey::secret(&match folder().map_err(Into::into)? {
                Some(folder) => kept(&folder, "jwt-secret")?,
                None => SystemIds.secret()?.to_vec(),
            })?,
        };
        let mut codec = JwtCodec::new(first, "goals", "goals");
        for hex in &self.accept_secret {
            codec = codec.accepting(from_hex(hex)?);
        }
        for path in &self.accept_key_file {
            codec = codec.accepting(from_file(path)?);
        }
        Ok(codec)
    }

    /// The codes of two-factor, with the secrets of devices sealed. `folder` as above.
    pub(crate) fn codes<E: Into<BoxError>>(
        &self,
        folder: impl FnOnce() -> Result<Option<PathBuf>, E>,
    ) -> Result<TotpCodes, BoxError> {
        let key = match &self.data_key {
            Some(hex) => bytes(hex)?,
            None => match folder().map_err(Into::into)? {
                Some(folder) => kept(&folder, "data-key")?,
                None => SystemIds.secret()?.to_vec(),
            },
        };
        TotpCodes::new(&key, "goals")
    }
}

fn bytes(hex: &str) -> Result<Vec<u8>, BoxError> {
    // What was given is a secret even when it is not hexadecimal, so it is not repeated.
    let secret = HEXLOWER_PERMISSIVE.decode(hex.as_bytes());
    Ok(secret.map_err(|_| "a secret must be hexadecimal: two digits a byte")?)
}

fn from_hex(hex: &str) -> Result<JwtKey, BoxError> {
    Ok(JwtKey::secret(&bytes(hex)?)?)
}

fn from_file(path: &Path) -> Result<JwtKey, BoxError> {
    let told = |error: &dyn Display| format!("the key file {}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| told(&error))?;
    let mode = fs::metadata(path).map_err(|error| told(&error))?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), mode = format!("{:o}", mode & 0o777), "others can read the key file");
    }
    Ok(JwtKey::ed25519_pem(&text).map_err(|error| told(&error))?)
}

/// The secret of this name in the data folder, or one that is made now.
fn kept(folder: &Path, name: &str) -> Result<Vec<u8>, BoxError> {
    let path = folder.join(name);
    kept_secret(folder, &path).map_err(|error| cannot_keep(&path, &error))
}

fn kept_secret(folder: &Path, path: &Path) -> Result<Vec<u8>, BoxError> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        found => return Ok(found?),
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let secret = SystemIds.secret()?;
    // Whole or not at all, and never over another instance's: written aside, then linked.
    let aside = path.with_extension(std::process::id().to_string());
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    let linked = fs::hard_link(&aside, path);
    fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(fs::read(path)?),
    }
}

fn cannot_keep(path: &Path, error: &dyn Display) -> BoxError {
    format!("the key cannot be kept in {}: {error}; name another folder with --data-dir", path.display()).into()
}
