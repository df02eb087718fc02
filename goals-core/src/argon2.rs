//! The argon2id password hasher.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::argon2::password_hash::phc::PasswordHash as Phc;
use ::argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _};
use ::argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::error::BoxError;
use crate::password::{HashError, Password, PasswordHash, PasswordHasher, Verdict};

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Params {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

impl Default for Argon2Params {
    /// 19 MiB, 2 passes, 1 lane: the least that the OWASP Password Storage Cheat Sheet asks for.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, iterations: 2, parallelism: 1 }
    }
}

/// argon2id ([RFC 9106](https://www.rfc-editor.org/rfc/rfc9106)) on the blocking threads of tokio,
/// a bounded number at a time, so that many log-ins at once cost time and not memory.
///
/// A hash with weaker parameters is answered as [`Verdict::RightButOutdated`].
#[derive(Clone)]
pub struct Argon2Hasher {
    argon2: Argon2<'static>,
    permits: Arc<Semaphore>,
    max_wait: Duration,
}

impl Argon2Hasher {
    /// A hasher that runs `permits` hashes at once and lets others wait `max_wait` for their turn.
    ///
    /// # Errors
    /// When argon2 does not allow the parameters.
    pub fn new(params: Argon2Params, permits: usize, max_wait: Duration) -> Result<Self, BoxError> {
        let params = Params::new(params.memory_kib, params.iterations, params.parallelism, None)?;
        Ok(Self::with(params, permits, max_wait))
    }

    fn with(params: Params, permits: usize, max_wait: Duration) -> Self {
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            permits: Arc::new(Semaphore::new(permits.max(1))),
            max_wait,
        }
    }

    /// Runs `work` on a blocking thread once there is a permit. The thread holds the permit, for
    /// it goes on working when the caller has gone away.
    async fn run<T, F>(&self, work: F) -> Result<T, HashError>
    where
        T: Send + 'static,
        F: FnOnce(&Argon2<'static>) -> Result<T, HashError> + Send + 'static,
    {
        let permit = timeout(self.max_wait, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| HashError::Busy)?.map_err(|closed| HashError::Failed(closed.into()))?;
        let argon2 = self.argon2.clone();
        let task = tokio::task::spawn_blocking(move || {
            let result = work(&argon2);
            drop(permit);
            result
        });
        task.await.map_err(|failed| HashError::Failed(failed.into()))?
    }
}

impl Default for Argon2Hasher {
    /// One hash per core with the parameters of [`Argon2Params::default`]; others wait 2 seconds.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // The defaults of the crate are those of `Argon2Params`; a test holds them together.
        Self::with(Params::default(), cores, Duration::from_secs(2))
    }
}

impl fmt::Debug for Argon2Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let free = self.permits.available_permits();
        f.debug_struct("Argon2Hasher").field("free", &free).field("max_wait", &self.max_wait).finish_non_exhaustive()
    }
}

fn failed(error: password_hash::Error) -> HashError {
    HashError::Failed(error.into())
}

fn is_weaker(hash: &Phc, params: &Params) -> bool {
    Params::try_from(hash).map_or(true, |used| {
        used.m_cost() < params.m_cost() || used.t_cost() < params.t_cost() || used.p_cost() < params.p_cost()
    })
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        self.run(move |argon2| {
            let hash = argon2.hash_password(password.expose().as_bytes()).map_err(failed)?;
            Ok(PasswordHash::new(hash.to_string()))
        })
        .await
    }

    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<Verdict, HashError> {
        self.run(move |argon2| {
            let Some(hash) = hash else {
                argon2.hash_password(password.expose().as_bytes()).map_err(failed)?;
                return Ok(Verdict::Wrong);
            };
            let hash = Phc::new(hash.expose()).map_err(|e| HashError::Failed(e.into()))?;
            match argon2.verify_password(password.expose().as_bytes(), &hash) {
                Ok(()) if is_weaker(&hash, argon2.params()) => Ok(Verdict::RightButOutdated),
                Ok(()) => Ok(Verdict::Right),
                Err(password_hash::Error::PasswordInvalid) => Ok(Verdict::Wrong),
                Err(error) => Err(failed(error)),
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password() -> Password {
        Password::new("correct horse battery staple".into())
    }

    fn cheap(iterations: u32) -> Argon2Hasher {
        let params = Argon2Params { memory_kib: 64, iterations, parallelism: 1 };
        Argon2Hasher::new(params, 1, Duration::from_secs(2)).unwrap()
    }

    #[tokio::test]
    async fn a_hash_is_compared() {
        let hash = cheap(1).hash(password()).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert_eq!(cheap(1).verify(password(), Some(hash.clone())).await.unwrap(), Verdict::Right);
        assert_eq!(cheap(2).verify(password(), Some(hash.clone())).await.unwrap(), Verdict::RightButOutdated);
        let other = Password::new("Correct horse battery staple".into());
        assert_eq!(cheap(1).verify(other, Some(hash)).await.unwrap(), Verdict::Wrong);
        assert_eq!(cheap(1).verify(password(), None).await.unwrap(), Verdict::Wrong);
        let broken = Some(PasswordHash::new("plain".into()));
        assert!(matches!(cheap(1).verify(password(), broken).await, Err(HashError::Failed(_))));
    }

    #[tokio::test]
    async fn who_waits_too_long_is_told_so() {
        let hasher = Argon2Hasher { max_wait: Duration::ZERO, ..cheap(1) };
        let taken = Arc::clone(&hasher.permits).acquire_owned().await.unwrap();
        assert!(matches!(hasher.hash(password()).await, Err(HashError::Busy)));
        drop(taken);
        assert!(hasher.hash(password()).await.is_ok());
    }

    #[test]
    fn the_defaults_are_the_ones_written_down() {
        let ours = Argon2Params::default();
        let hasher = Argon2Hasher::default();
        let used = hasher.argon2.params();
        assert_eq!((used.m_cost(), used.t_cost(), used.p_cost()), (ours.memory_kib, ours.iterations, ours.parallelism));
    }
}
