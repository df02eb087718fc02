//! Every repository, kept in memory.

mod accounts;
mod api_tokens;
mod check_ins;
mod goals;
mod links;
mod second_factors;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::api_token::ApiToken;
use crate::checkin::CheckIn;
use crate::event::Event;
use crate::goal::Goal;
use crate::idempotency::{IdempotencyKey, Receipt};
use crate::ids::{ApiTokenId, CheckInId, GoalId, OwnerId, SessionId, UserId};
use crate::notice::Notices;
use crate::recovery::Link;
use crate::second_factor::{RecoveryCode, SecondFactor};
use crate::session::{Session, SessionSecret};
use crate::store::{Credentials, Document, DocumentKind};
use crate::ticket::TicketSecret;

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
    api_tokens: BTreeMap<(UserId, ApiTokenId), (ApiToken, TicketSecret)>,
    second_factors: BTreeMap<UserId, (SecondFactor, Vec<RecoveryCode>)>,
    links: Vec<Link>,
    goals: BTreeMap<(OwnerId, GoalId), Goal>,
    check_ins: BTreeMap<(OwnerId, GoalId, CheckInId), CheckIn>,
    logs: BTreeMap<OwnerId, Log>,
    documents: BTreeMap<(OwnerId, DocumentKind), Document>,
    receipts: BTreeMap<(OwnerId, IdempotencyKey), Receipt>,
    notices: Notices,
}

/// What happened to the goals of one owner.
#[derive(Debug, Clone, Default)]
struct Log {
    last_seq: u64,
    events: Vec<Event>,
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
        let store = Self::default();
        // Nobody writes here from elsewhere.
        store.state().notices.set_complete(true);
        store
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No method leaves the state half changed, so a panic elsewhere does no harm to it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
