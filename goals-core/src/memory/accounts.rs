//! People and their sessions.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Kept, MemoryStore, State};
use crate::ids::{OwnerId, SessionId, UserId};
use crate::password::PasswordHash;
use crate::recovery::Purpose;
use crate::session::{Session, SessionSecret};
use crate::store::{Credentials, Rotated, Rotation, SAME_TIME, SessionRepository, StoreError, UserRepository};
use crate::user::{LoginName, User};

impl State {
    pub(super) fn check_names(&self, user: &User) -> Result<(), StoreError> {
        let mut others = self.users.values().map(|known| &known.user).filter(|other| other.id != user.id);
        if others.clone().any(|other| other.username.folded() == user.username.folded()) {
            return Err(StoreError::UsernameTaken);
        }
        if others.any(|other| other.email.folded() == user.email.folded()) {
            return Err(StoreError::EmailTaken);
        }
        Ok(())
    }

    fn of_user(&self, user: UserId) -> impl Iterator<Item = &Session> {
        self.sessions.values().map(|kept| &kept.session).filter(move |session| session.user == user)
    }
}

#[async_trait]
impl UserRepository for MemoryStore {
    async fn insert(&self, user: &User, hash: &PasswordHash) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.users.contains_key(&user.id) {
            return Err(StoreError::IdTaken);
        }
        state.check_names(user)?;
        state.users.insert(user.id, Credentials { user: user.clone(), hash: hash.clone() });
        Ok(())
    }

    async fn find_by_login(&self, login: &LoginName) -> Result<Option<Credentials>, StoreError> {
        let is_called = |user: &User| match login {
            LoginName::Username(name) => user.username.folded() == *name,
            LoginName::Email(email) => user.email.folded() == *email,
        };
        Ok(self.state().users.values().find(|known| is_called(&known.user)).cloned())
    }

    async fn find(&self, id: UserId) -> Result<Option<Credentials>, StoreError> {
        Ok(self.state().users.get(&id).cloned())
    }

    async fn update(&self, user: &User, expected: u64) -> Result<bool, StoreError> {
        let mut state = self.state();
        if state.users.get(&user.id).is_none_or(|known| known.user.version != expected) {
            return Ok(false);
        }
        state.check_names(user)?;
        if let Some(known) = state.users.get_mut(&user.id) {
            known.user = user.clone();
        }
        Ok(true)
    }

    async fn change_password(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        keep: SessionId,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(known) = state.users.get_mut(&id).filter(|known| known.hash == *old) else { return Ok(false) };
        known.hash = new.clone();
        state.sessions.retain(|(user, session), _| *user != id || *session == keep);
        state.links.retain(|link| link.ticket.user != id || link.purpose != Purpose::PasswordReset);
        Ok(true)
    }

    async fn rehash(&self, id: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), StoreError> {
        if let Some(known) = self.state().users.get_mut(&id).filter(|known| known.hash == *old) {
            known.hash = new.clone();
        }
        Ok(())
    }

    async fn delete(&self, id: UserId, proven: &PasswordHash) -> Result<bool, StoreError> {
        let mut state = self.state();
        if state.users.get(&id).is_none_or(|known| known.hash != *proven) {
            return Ok(false);
        }
        state.users.remove(&id);
        state.sessions.retain(|(user, _), _| *user != id);
        state.api_tokens.retain(|(user, _), _| *user != id);
        state.second_factors.remove(&id);
        state.links.retain(|link| link.ticket.user != id);
        state.goals.retain(|(owner, _), _| *owner != OwnerId::from(id));
        state.check_ins.retain(|(owner, _, _), _| *owner != OwnerId::from(id));
        state.logs.remove(&OwnerId::from(id));
        state.documents.retain(|(owner, _), _| *owner != OwnerId::from(id));
        state.receipts.retain(|(owner, _), _| *owner != OwnerId::from(id));
        Ok(true)
    }
}

#[async_trait]
impl SessionRepository for MemoryStore {
    async fn insert(
        &self,
        session: &Session,
        secret: &SessionSecret,
        proven: &PasswordHash,
        max: u32,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        if state.users.get(&session.user).is_none_or(|known| known.hash != *proven) {
            return Ok(false);
        }
        if state.sessions.contains_key(&(session.user, session.id)) {
            return Err(StoreError::IdTaken);
        }
        let now = session.created_at;
        let mut others: Vec<_> =
            state.of_user(session.user).map(|s| (s.expires_at > now, s.last_used_at, s.id)).collect();
        others.sort_unstable();
        let room = usize::try_from(max).unwrap_or(usize::MAX).saturating_sub(1);
        for (_, _, id) in others.iter().take(others.len().saturating_sub(room)) {
            state.sessions.remove(&(session.user, *id));
        }
        let kept = Kept { session: session.clone(), current: secret.clone(), spent: None };
        state.sessions.insert((session.user, session.id), kept);
        Ok(true)
    }

    async fn find(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<(User, Session)>, StoreError> {
        let state = self.state();
        let kept = state.sessions.get(&(user, id)).filter(|kept| kept.session.expires_at > now);
        let known = state.users.get(&user);
        Ok(known.zip(kept).map(|(known, kept)| (known.user.clone(), kept.session.clone())))
    }

    async fn list(&self, user: UserId, now: DateTime<Utc>) -> Result<Vec<Session>, StoreError> {
        let mut sessions: Vec<_> = self.state().of_user(user).filter(|s| s.expires_at > now).cloned().collect();
        sessions.sort_unstable_by_key(|session| std::cmp::Reverse((session.last_used_at, session.id)));
        Ok(sessions)
    }

    async fn rotate(&self, rotation: &Rotation) -> Result<Rotated, StoreError> {
        let Rotation { now, .. } = *rotation;
        let key = (rotation.user, rotation.session);
        let mut state = self.state();
        let state = &mut *state;
        let (Some(known), Some(kept)) = (state.users.get(&rotation.user), state.sessions.get_mut(&key)) else {
            return Ok(Rotated::Unknown);
        };
        if kept.session.expires_at <= now {
            return Ok(Rotated::Unknown);
        }
        let first_spent = match &kept.spent {
            _ if kept.current == rotation.shown => now,
            Some((spent, at)) if *spent == rotation.shown && now < *at + SAME_TIME => return Ok(Rotated::InProgress),
            Some((spent, at)) if *spent == rotation.shown && now < *at + rotation.grace => *at,
            _ if kept.current.family() != rotation.shown.family() => return Ok(Rotated::Unknown),
            _ => {
                state.sessions.remove(&key);
                return Ok(Rotated::Reused);
            }
        };
        kept.current = rotation.next.clone();
        kept.spent = Some((rotation.shown.clone(), first_spent));
        kept.session.last_used_at = now;
        kept.session.expires_at = (now + rotation.idle).min(kept.session.created_at + rotation.absolute);
        Ok(Rotated::Renewed(known.user.clone(), kept.session.clone()))
    }

    async fn extend(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(kept) = state.sessions.get_mut(&(user, id)) else { return Ok(false) };
        kept.session.last_used_at = now;
        kept.session.expires_at = expires_at;
        Ok(true)
    }

    async fn end(&self, user: UserId, id: SessionId) -> Result<bool, StoreError> {
        Ok(self.state().sessions.remove(&(user, id)).is_some())
    }

    async fn end_all(&self, user: UserId) -> Result<u64, StoreError> {
        let mut state = self.state();
        let before = state.sessions.len();
        state.sessions.retain(|(of, _), _| *of != user);
        Ok((before - state.sessions.len()) as u64)
    }
}
