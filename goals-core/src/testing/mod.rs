//! What tests of goals, and of programs that embed it, are built from (feature `test-support`).
//!
//! - [`ManualClock`] stands still until it is moved, [`SequentialIds`] counts.
//! - Mocks of every port, for what a real store will not do at will.
//! - [`conformance_suite!`](crate::conformance_suite): proves of a store that it keeps the rules of
//!   [`AccountStore`](crate::AccountStore) and [`GoalRepository`](crate::GoalRepository), the races included.

mod doubles;
mod fixtures;
pub mod suite;

pub use doubles::{ManualClock, PlainHasher, SequentialIds};
pub use fixtures::{PutGoals, event, goal, measures, now, purged, receipt, session, user};

pub use crate::api_token::MockApiTokenRepository;
pub use crate::limiter::MockRateLimiter;
pub use crate::mail::MockMailer;
pub use crate::password::MockPasswordHasher;
pub use crate::recovery::MockLinkRepository;
pub use crate::second_factor::{MockOneTimeCodes, MockSecondFactorRepository};
pub use crate::store::{MockCheckInRepository, MockGoalRepository, MockSessionRepository, MockUserRepository};
pub use crate::token::MockTokenCodec;
