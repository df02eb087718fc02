//! The API from outside: over memory without a socket, and over a real one where the socket is
//! what is tested.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

mod accounts;
mod api_tokens;
mod away;
mod bulk;
mod check_ins;
mod events;
mod faults;
mod forgeries;
mod goals;
mod harness;
mod hierarchy;
mod history;
mod hostile;
mod logs;
mod measures;
mod mounting;
mod once;
mod openapi;
mod own_users;
mod page;
mod recovery;
mod second_factor;
mod sessions;
mod table;
mod throttle;
mod transport;
mod views;
