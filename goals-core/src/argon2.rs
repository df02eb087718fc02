//! The argon2id password hasher.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use ::argon2::{Algorithm, Argon2, Block, Params, Version};
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
/// The memory that a hash fills is kept for the next one: an allocator that gave each thread its
/// own was seen to hold 13 times 58 MiB after a burst of log-ins, on two cores.
///
/// A hash with weaker parameters is answered as [`Verdict::RightButOutdated`].
#[derive(Clone)]
pub struct Argon2Hasher {
    engine: Arc<Engine>,
    permits: Arc<Semaphore>,
    max_wait: Duration,
}

struct Engine {
    params: Params,
    /// One for each permit that has ever been used at the same time.
    memory: Mutex<Vec<Vec<Block>>>,
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
            engine: Arc::new(Engine { params, memory: Mutex::default() }),
            permits: Arc::new(Semaphore::new(permits.max(1))),
            max_wait,
        }
    }

    /// Runs `work` on a blocking thread once there is a permit. The thread holds the permit, for
    /// it goes on working when the caller has gone away.
    async fn run<T, F>(&self, work: F) -> Result<T, HashError>
    where
        T: Send + 'static,
        F: FnOnce(&Engine) -> Result<T, BoxError> + Send + 'static,
    {
        let permit = timeout(self.max_wait, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| HashError::Busy)?.map_err(|closed| HashError::Failed(closed.into()))?;
        let engine = Arc::clone(&self.engine);
        let task = tokio::task::spawn_blocking(move || {
            let result = work(&engine);
            drop(permit);
            result
        });
        task.await.map_err(|failed| HashError::Failed(failed.into()))?.map_err(HashError::Failed)
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

impl Engine {
    fn hash(&self, password: &Password) -> Result<Phc, BoxError> {
        let mut salt = [0; Salt::RECOMMENDED_LENGTH];
        getrandom::fill(&mut salt)?;
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        self.fill(&argon2, password, &salt, &mut output)?;
        Ok(Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params)?,
            salt: Some(Salt::new(&salt)?),
            hash: Some(Output::new(&output)?),
        })
    }

    fn verify(&self, password: &Password, hash: &PasswordHash) -> Result<Verdict, BoxError> {
        let hash = Phc::new(hash.expose())?;
        let (Some(salt), Some(known)) = (&hash.salt, &hash.hash) else { return Err("the hash is not whole".into()) };
        let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
        let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
        let params = Params::try_from(&hash)?;
        let is_weaker = self.is_stronger_than(&params) || algorithm != Algorithm::Argon2id;
        let mut output = vec![0; known.as_ref().len()];
        self.fill(&Argon2::new(algorithm, version, params), password, salt, &mut output)?;
        // Outputs are compared in constant time.
        Ok(match Output::new(&output)? == *known {
            false => Verdict::Wrong,
            true if is_weaker => Verdict::RightButOutdated,
            true => Verdict::Right,
        })
    }

    fn is_stronger_than(&self, used: &Params) -> bool {
        let asked = &self.params;
        used.m_cost() < asked.m_cost() || used.t_cost() < asked.t_cost() || used.p_cost() < asked.p_cost()
    }

    fn fill(
        &self,
        argon2: &Argon2<'_>,
        password: &Password,
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), ::argon2::Error> {
        let mut blocks = self.memory().pop().unwrap_or_default();
        blocks.resize(argon2.params().block_count(), Block::new());
        let result = argon2.hash_password_into_with_memory(password.expose().as_bytes(), salt, output, &mut blocks);
        self.memory().push(blocks);
        result
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        self.run(move |engine| Ok(PasswordHash::new(engine.hash(&password)?.to_string()))).await
    }

    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<Verdict, HashError> {
        self.run(move |engine| match hash {
            Some(hash) => engine.verify(&password, &hash),
            None => engine.hash(&password).map(|_| Verdict::Wrong),
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
        for broken in ["plain", "$argon2id$v=19$m=64,t=1,p=1", "$scrypt$ln=1$c2FsdHNhbHQ$aGFzaGhhc2g"] {
            let broken = Some(PasswordHash::new(broken.into()));
            assert!(matches!(cheap(1).verify(password(), broken).await, Err(HashError::Failed(_))));
        }
    }

    #[tokio::test]
    async fn a_hash_of_the_library_is_understood_and_ours_by_it() {
        use ::argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

        let secret = password();
        let theirs = Argon2::default().hash_password(secret.expose().as_bytes()).unwrap().to_string();
        let hasher = Argon2Hasher::default();
        assert_eq!(hasher.verify(password(), Some(PasswordHash::new(theirs))).await.unwrap(), Verdict::Right);
        let ours = hasher.hash(password()).await.unwrap();
        assert!(Argon2::default().verify_password(secret.expose().as_bytes(), ours.expose()).is_ok());
        assert_ne!(ours, hasher.hash(password()).await.unwrap(), "every hash has a salt of its own");
    }

    #[tokio::test]
    async fn memory_is_used_again() {
        let hasher = cheap(1);
        for _ in 0..9 {
            hasher.verify(password(), None).await.unwrap();
        }
        assert_eq!(hasher.engine.memory().len(), 1);
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
        let used = &hasher.engine.params;
        assert_eq!((used.m_cost(), used.t_cost(), used.p_cost()), (ours.memory_kib, ours.iterations, ours.parallelism));
    }
}
