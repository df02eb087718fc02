//! Links, kept in memory.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{MemoryStore, State};
use crate::password::PasswordHash;
use crate::recovery::{Link, LinkRepository, Purpose};
use crate::store::StoreError;
use crate::ticket::Ticket;
use crate::user::User;

impl State {
    /// Takes a link that is good out of the store.
    fn position(&self, shown: &Ticket, purpose: Purpose, now: DateTime<Utc>) -> Option<usize> {
        let is_meant = |link: &Link| link.ticket == *shown && link.purpose == purpose && link.expires_at > now;
        self.links.iter().position(is_meant)
    }
}

#[async_trait]
impl LinkRepository for MemoryStore {
    async fn issue(&self, link: &Link, now: DateTime<Utc>, max: u32) -> Result<bool, StoreError> {
        let mut state = self.state();
        let user = link.ticket.user;
        let is_living = |l: &&Link| l.ticket.user == user && l.purpose == link.purpose && l.expires_at > now;
        let count = state.links.iter().filter(is_living).count();
        if !state.users.contains_key(&user) || count >= max as usize {
            return Ok(false);
        }
        state.links.push(link.clone());
        Ok(true)
    }

    async fn find(&self, shown: &Ticket, now: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        let state = self.state();
        let found = state.position(shown, Purpose::PasswordReset, now);
        Ok(found.and_then(|_| state.users.get(&shown.user)).map(|known| known.user.clone()))
    }

    async fn reset_password(
        &self,
        shown: &Ticket,
        hash: &PasswordHash,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        if state.position(shown, Purpose::PasswordReset, now).is_none() {
            return Ok(false);
        }
        let Some(known) = state.users.get_mut(&shown.user) else { return Ok(false) };
        known.hash = hash.clone();
        state.sessions.retain(|(user, _), _| *user != shown.user);
        state.api_tokens.retain(|(user, _), _| *user != shown.user);
        state.links.retain(|link| link.ticket.user != shown.user || link.purpose != Purpose::PasswordReset);
        Ok(true)
    }

    async fn confirm_email(&self, shown: &Ticket, now: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        let mut state = self.state();
        let Some(place) = state.position(shown, Purpose::EmailVerification, now) else { return Ok(None) };
        let Some(known) = state.users.get(&shown.user).map(|known| known.user.clone()) else { return Ok(None) };
        let Some(next) = state.links[place].email.as_ref().and_then(|email| known.verified(email, now)) else {
            return Ok(None);
        };
        state.check_names(&next)?;
        state.links.remove(place);
        if let Some(known) = state.users.get_mut(&shown.user) {
            known.user = next.clone();
        }
        Ok(Some(next))
    }

    async fn forget_expired(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut state = self.state();
        let before = state.links.len();
        state.links.retain(|link| link.expires_at > now);
        Ok((before - state.links.len()) as u64)
    }
}
