//! Second factors, kept in memory.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{MemoryStore, State};
use crate::ids::UserId;
use crate::second_factor::{RecoveryCode, SecondFactor, SecondFactorRepository, Spend};
use crate::store::StoreError;

impl State {
    fn set_two_factor(&mut self, user: UserId, is_on: bool, now: DateTime<Utc>) {
        if let Some(known) = self.users.get_mut(&user) {
            known.user.two_factor = is_on;
            known.user.version += 1;
            known.user.updated_at = now;
        }
    }
}

#[async_trait]
impl SecondFactorRepository for MemoryStore {
    async fn enrol(&self, user: UserId, sealed: &[u8]) -> Result<bool, StoreError> {
        let mut state = self.state();
        let is_on = state.second_factors.get(&user).is_some_and(|(factor, _)| factor.is_confirmed);
        if is_on || !state.users.contains_key(&user) {
            return Ok(false);
        }
        let factor = SecondFactor { sealed: sealed.to_vec(), is_confirmed: false, last_step: 0 };
        state.second_factors.insert(user, (factor, Vec::new()));
        Ok(true)
    }

    async fn find(&self, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
        Ok(self.state().second_factors.get(&user).map(|(factor, _)| factor.clone()))
    }

    async fn confirm(
        &self,
        user: UserId,
        sealed: &[u8],
        step: i64,
        recovery: &[RecoveryCode],
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let waiting = state.second_factors.get_mut(&user).filter(|(f, _)| !f.is_confirmed && f.sealed == sealed);
        let Some((factor, codes)) = waiting else { return Ok(false) };
        (factor.is_confirmed, factor.last_step) = (true, step);
        *codes = recovery.to_vec();
        state.set_two_factor(user, true, now);
        Ok(true)
    }

    async fn spend(&self, user: UserId, code: &Spend) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some((factor, codes)) = state.second_factors.get_mut(&user).filter(|(f, _)| f.is_confirmed) else {
            return Ok(false);
        };
        match code {
            Spend::Step(step) if *step > factor.last_step => factor.last_step = *step,
            Spend::Step(_) => return Ok(false),
            Spend::Recovery(code) => {
                let before = codes.len();
                codes.retain(|kept| kept != code);
                return Ok(codes.len() < before);
            }
        }
        Ok(true)
    }

    async fn remove(&self, user: UserId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut state = self.state();
        if !state.second_factors.get(&user).is_some_and(|(factor, _)| factor.is_confirmed) {
            return Ok(false);
        }
        state.second_factors.remove(&user);
        state.set_two_factor(user, false, now);
        Ok(true)
    }
}
