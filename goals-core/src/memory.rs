//! Every repository, kept in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::duplicate::{DuplicatePolicy, Fingerprint};
use crate::goal::Goal;
use crate::ids::{GoalId, OwnerId, SessionId, UserId};
use crate::limits::LimitKind;
use crate::password::PasswordHash;
use crate::query::{Cursor, GoalQuery, Page};
use crate::session::{Session, SessionSecret};
use crate::store::{
    Credentials, DuplicateCheck, GoalRepository, Rotated, Rotation, SAME_TIME, SessionRepository, StoreError,
    UserRepository,
};
use crate::user::{LoginName, User};

/// A store for tests and trials: it keeps every rule of the repositories, and forgets everything
/// when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    users: BTreeMap<UserId, Credentials>,
    sessions: BTreeMap<(UserId, SessionId), Kept>,
    goals: BTreeMap<(OwnerId, GoalId), Goal>,
}

/// A session with its secrets.
#[derive(Debug)]
struct Kept {
    session: Session,
    current: SessionSecret,
    /// The spent secret, and when a secret was first spent.
    spent: Option<(SessionSecret, DateTime<Utc>)>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No method leaves the state half changed, so a panic elsewhere does no harm to it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check_names(&self, user: &User) -> Result<(), StoreError> {
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

    fn of_owner(&self, owner: OwnerId) -> impl Iterator<Item = &Goal> {
        self.goals.values().filter(move |goal| goal.owner == owner)
    }

    fn check_duplicate(&self, goal: &Goal, policy: DuplicatePolicy) -> Result<(), StoreError> {
        if policy == DuplicatePolicy::Allow || !goal.is_open() {
            return Ok(());
        }
        let said = Fingerprint::of(&goal.title);
        let says_the_same =
            |other: &&Goal| other.id != goal.id && other.is_open() && Fingerprint::of(&other.title) == said;
        match self.of_owner(goal.owner).find(says_the_same) {
            Some(other) => Err(StoreError::DuplicateGoal { existing: other.id }),
            None => Ok(()),
        }
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
        state.goals.retain(|(owner, _), _| *owner != OwnerId::from(id));
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

#[async_trait]
impl GoalRepository for MemoryStore {
    async fn insert(&self, goal: &Goal, duplicates: DuplicatePolicy, max: u64) -> Result<(), StoreError> {
        let mut state = self.state();
        let key = (goal.owner, goal.id);
        if state.goals.contains_key(&key) {
            return Err(StoreError::IdTaken);
        }
        state.check_duplicate(goal, duplicates)?;
        if state.of_owner(goal.owner).count() as u64 >= max {
            return Err(StoreError::LimitReached { limit: LimitKind::Goals, max });
        }
        state.goals.insert(key, goal.clone());
        Ok(())
    }

    async fn find(&self, owner: OwnerId, id: GoalId) -> Result<Option<Goal>, StoreError> {
        Ok(self.state().goals.get(&(owner, id)).cloned())
    }

    async fn list(&self, owner: OwnerId, query: &GoalQuery) -> Result<Page<Goal>, StoreError> {
        let state = self.state();
        let wanted = state.of_owner(owner).filter(|goal| query.matches(goal));
        let mut found: Vec<_> = wanted.map(|goal| (Cursor::of(goal, query.sort), goal)).collect();
        found.sort_unstable_by(|(a, _), (b, _)| query.sort.compare(a, b));
        if let Some(after) = &query.cursor {
            found.retain(|(position, _)| query.sort.compare(position, after).is_gt());
        }
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let has_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| has_more).map(|(position, _)| position.clone());
        Ok(Page { items: found.into_iter().map(|(_, goal)| goal.clone()).collect(), next })
    }

    async fn update(&self, goal: &Goal, expected: u64, check: DuplicateCheck) -> Result<bool, StoreError> {
        let mut state = self.state();
        let key = (goal.owner, goal.id);
        if state.goals.get(&key).is_none_or(|known| known.version != expected) {
            return Ok(false);
        }
        if let DuplicateCheck::Judge(policy) = check {
            state.check_duplicate(goal, policy)?;
        }
        state.goals.insert(key, goal.clone());
        Ok(true)
    }

    async fn purge(&self, owner: OwnerId, id: GoalId) -> Result<bool, StoreError> {
        Ok(self.state().goals.remove(&(owner, id)).is_some())
    }

    async fn purge_expired(&self, deleted_before: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut state = self.state();
        let before = state.goals.len();
        state.goals.retain(|_, goal| goal.deleted_at.is_none_or(|at| at >= deleted_before));
        Ok((before - state.goals.len()) as u64)
    }

    async fn count(&self, owner: OwnerId) -> Result<u64, StoreError> {
        Ok(self.state().of_owner(owner).count() as u64)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
